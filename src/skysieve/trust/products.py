"""From what the stages left to the files of a trust report."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import merge_catalogs, read_catalog, write_catalog
from skysieve.records import Catalog, ImageFlag, decode_flags, make_empty_catalog
from skysieve.report import read_preview
from skysieve.report.trustpage import TrustPicture, TrustSummary, write_trust_page
from skysieve.trust.counts import Counts, add_counts
from skysieve.trust.parts import ImagePart
from skysieve.trust.recipe import TrustRecipe
from skysieve.trust.rows import TRUTH, suffix
from skysieve.trust.stage import INJECTED, PREVIEW, find_injected, read_first_round
from skysieve.trust.summary import make_plain, summarize_method
from skysieve.trust.verdict import list_cautions, list_failures, state_verdict

PICTURES = 4
"""Images shown with their injected sources."""

RUN_FILES = {"report of the run": "report.html", "catalog": "catalog.parquet"}


def write_products(
    folder: Path, parts: Sequence[ImagePart], *, recipe: TrustRecipe, provenance: Mapping[str, Any]
) -> dict[str, Any]:
    """Write ``injected.parquet``, ``trust.json``, the provenance and ``trust.html``.

    Parameters
    ----------
    folder : Path
        Where to; a folder that holds a run already keeps its own ``provenance.json``, and gets
        ``trust.provenance.json`` beside it.
    parts : sequence of ImagePart
        What the stages left, image by image.
    recipe : TrustRecipe
        Bins and methods.
    provenance : mapping
        From ``describe_trust``.

    Returns
    -------
    dict
        The content of ``trust.json``.
    """
    rows = _merge_rows(folder, parts)
    content = make_content(parts, rows, recipe)
    beside_run = (folder / "catalog.parquet").exists()
    name = "trust.provenance.json" if beside_run else "provenance.json"
    _write_json(folder / "trust.json", content)
    _write_json(folder / name, provenance)
    links = {"scores": "trust.json", "injected sources": INJECTED, "provenance": name}
    links |= {words: target for words, target in RUN_FILES.items() if beside_run and (folder / target).exists()}
    pictures = [_make_picture(part, recipe) for part in parts if 0 in part.blocks][:PICTURES]
    write_trust_page(folder / "trust.html", TrustSummary(_name_run(parts), content, pictures, provenance, links))
    return content


def make_content(parts: Sequence[ImagePart], rows: Catalog, recipe: TrustRecipe) -> dict[str, Any]:
    """Return the content of ``trust.json``: methods over the whole run, images one by one, sentences."""
    images = [_describe_image(part, rows.take(rows["image"] == part.address.label), recipe) for part in parts]
    counts = {method: [part.counts[method] for part in parts if method in part.counts] for method in recipe.methods}
    bands = list(dict.fromkeys(band for part in parts for band in part.facts.get("bands", [])))
    methods = make_plain({
        method: summarize_method(
            rows, add_counts(counts[method]), method, recipe=recipe.binning, bands=bands if len(bands) > 1 else []
        )
        for method in recipe.methods
    })  # fmt: skip
    own = recipe.methods[0]
    calibrated = all(part.facts["conditions"]["calibrated"] for part in parts if part.facts)
    cautions = list_cautions(images)
    failures = [words for method in recipe.methods for words in list_failures(method, methods[method])]
    return {
        "verdict": state_verdict(own, methods[own], calibrated=calibrated),
        "cautions": [{"weight": weight, "text": words} for weight, words in cautions],
        "failures": failures,
        "calibrated": calibrated,
        "methods": methods,
        "images": images,
    }


def _describe_image(part: ImagePart, rows: Catalog, recipe: TrustRecipe) -> dict[str, Any]:
    """Facts and scores of one image."""
    methods = {
        method: summarize_method(rows, part.counts.get(method, Counts()), method, recipe=recipe.binning)
        for method in (part.counts if len(rows) else ())
    }
    flags = int(part.facts.get("flags", int(part.address.flags)))
    short = ("n", "bins", "purity", "purity_overall", "overall", "completeness50")
    return make_plain({
        "image": part.address.label, "flags": decode_flags(flags, ImageFlag), "messages": list(part.messages),
        "n": len(rows), "rounds": part.rounds, "facts": dict(part.facts),
        "methods": {name: {key: one[key] for key in short if key in one} for name, one in methods.items()},
    })  # fmt: skip


def _merge_rows(folder: Path, parts: Sequence[ImagePart]) -> Catalog:
    """Put the rows of all blocks below one another in ``injected.parquet``."""
    target = folder / INJECTED
    paths = [path for part in parts for path in find_injected(part.folder, list(part.blocks))]
    if paths:
        merge_catalogs(paths, target)
        return read_catalog(target)
    empty = make_empty_catalog(TRUTH)
    write_catalog(empty, target)
    return empty


def _make_picture(part: ImagePart, recipe: TrustRecipe) -> TrustPicture:
    """Return the first round of an image as a picture with its injected sources."""
    rows = read_first_round(part.folder)
    status = rows[f"status{suffix(recipe.methods[0])}"]
    preview = replace(read_preview(part.folder / PREVIEW), label=part.address.label)
    return TrustPicture(preview, rows["x"], rows["y"], rows["mag"], status)


def _name_run(parts: Sequence[ImagePart]) -> str:
    labels = ", ".join(part.address.label for part in parts)
    return labels if len(labels) < 80 else f"{len(parts)} images"


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    with write_whole(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
