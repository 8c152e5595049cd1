"""From the parts that the items left to the files of the run folder."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from skysieve.chain.exposures import Judgment, add_to_images, add_to_sources
from skysieve.chain.images import make_image_table
from skysieve.chain.plan import RunPlan, find_exposure_stem
from skysieve.chain.provenance import describe_run
from skysieve.chain.stage import CATALOG, PARTS, PREVIEW, PSF, SEGMENTATION
from skysieve.execution import Outcome
from skysieve.extraction import list_catalog_columns
from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import merge_catalogs, read_catalog, write_catalog
from skysieve.io.overrule import Overrule, apply_overrules
from skysieve.io.products import join_segmentations, write_regions
from skysieve.records import Catalog, make_empty_catalog
from skysieve.report import RunSummary, read_preview, write_report

VERDICTS, CCDS = "verdicts.parquet", "ccds.parquet"
"""Tables of `Judgment`, as ``skysieve quality assess`` writes them."""

LINKS = {
    "catalog (Parquet)": "catalog.parquet",
    "catalog (FITS)": "catalog.fits",
    "images": "images.parquet",
    "verdicts on exposures": VERDICTS,
    "verdicts on detectors": CCDS,
    "provenance": "provenance.json",
    "log": "run.log",
    "trust report": "trust.html",
}


def write_products(
    folder: Path,
    plan: RunPlan,
    outcomes: list[Outcome],
    *,
    overrules: list[Overrule],
    judgment: Judgment | None = None,
) -> Catalog:
    """Write catalog, images table, verdicts, segmentation maps, regions, PSFs, provenance and report.

    Parameters
    ----------
    folder : Path
        The run folder, which holds ``parts/``.
    plan : RunPlan
        What was run.
    outcomes : list of Outcome
        How each item ended, in run order.
    overrules : list of Overrule
        Values of sources to replace.
    judgment : Judgment, optional
        The verdicts on the exposures, where the run gives them.

    Returns
    -------
    Catalog
        The table of images.
    """
    done = [
        (key, outcome)
        for key, outcome in zip(plan.keys, outcomes, strict=True)
        if outcome.product is not None and outcome.product.files
    ]
    keys = [key for key, _ in done]
    images = make_image_table(plan.detectors, outcomes)
    catalog = _name_unit(_merge(folder, plan, keys), images)
    if judgment is not None:
        images, catalog = add_to_images(images, plan, judgment), add_to_sources(catalog, plan, judgment)
        write_catalog(judgment.exposures, folder / VERDICTS)
        write_catalog(judgment.detectors, folder / CCDS)
    catalog, replaced = apply_overrules(catalog, overrules)
    write_catalog(catalog, folder / "catalog.parquet")
    write_catalog(catalog, folder / "catalog.fits")
    write_catalog(images, folder / "images.parquet")
    _write_by_stem(folder, plan, keys, catalog=catalog)
    provenance = describe_run(plan, [*replaced, *([] if judgment is None else judgment.overruled)])
    write_json(folder / "provenance.json", provenance)
    previews = (read_preview(folder / PARTS / key / PREVIEW) for key in keys)
    title = ", ".join(dict.fromkeys(find_exposure_stem(address) for address in plan.detectors))
    title = title if len(title) < 80 else f"{len(plan.detectors)} images"
    links = {text: name for text, name in LINKS.items() if (folder / name).exists()}
    write_report(folder / "report.html", RunSummary(title, images, catalog, previews, provenance, links))
    return images


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write nested plain values as JSON, whole or not at all."""
    with write_whole(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _merge(folder: Path, plan: RunPlan, keys: list[str]) -> Catalog:
    """Put the catalogs of all items below one another; without any, the empty catalog of the schema."""
    if not keys:
        return make_empty_catalog(list_catalog_columns([], plan.recipe.extraction.photometry.diameters))
    target = folder / PARTS / CATALOG
    merge_catalogs([folder / PARTS / key / CATALOG for key in keys], target)
    return read_catalog(target)


def _name_unit(catalog: Catalog, images: Catalog) -> Catalog:
    """Give flux columns the unit that all images share; images of different units leave it open, per image."""
    shared = {str(unit) for unit, count in zip(images["unit"], images["n_sources"], strict=True) if count}
    unit = shared.pop() if len(shared) == 1 else ""
    schema = tuple(replace(column, unit=unit) if column.unit == "image" else column for column in catalog.schema)
    return replace(catalog, schema=schema, meta={**catalog.meta, "flux_unit": unit})


def _write_by_stem(folder: Path, plan: RunPlan, keys: list[str], *, catalog: Catalog) -> None:
    """Write one segmentation map an exposure, one region file and one PSF file a detector."""
    exposures: dict[str, list[Path]] = {}
    for key, address in zip(plan.keys, plan.detectors, strict=True):
        if key not in keys:
            continue
        part = folder / PARTS / key
        exposures.setdefault(find_exposure_stem(address), []).append(part / SEGMENTATION)
        rows = catalog.take(catalog["image"] == address.label)
        write_regions(folder / f"{address.stem}.reg", rows, sky=bool(np.isfinite(rows["ra"]).all()) and len(rows) > 0)
        if (part / PSF).exists():
            with write_whole(folder / f"{address.stem}.psf.fits") as temporary:
                shutil.copyfile(part / PSF, temporary)
    for stem, maps in exposures.items():
        join_segmentations(maps, folder / f"{stem}.segmentation.fits")
