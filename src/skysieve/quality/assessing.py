"""Exposures in, a table of verdicts out; and one of their detectors."""

import importlib.metadata
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import skysieve
from skysieve.config import dump_recipe
from skysieve.io.exposures.naming import shorten_paths
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.cameras import Learned, learn_cameras
from skysieve.quality.cuts import apply_cuts
from skysieve.quality.exposures import Glimpse, Seen
from skysieve.quality.flags import EXPOSURE_FLAG_SENTENCES, CutFlag, ExposureFlag
from skysieve.quality.gathering import gather_exposure, look_at_detectors, survey_exposure
from skysieve.quality.labels import CAUSES, CLASSES
from skysieve.quality.learning import Views
from skysieve.quality.model import Judged, Model, judge_views, read_model
from skysieve.quality.statistics import STATISTICS
from skysieve.quality.verdict import Verdict, give_verdict
from skysieve.records import Catalog, Column

LOSSES = ("seeing", "tracking", "transparency", "sky")

LEAST_SOURCES = 5

PEDESTAL = 0.85
"""Noise of the sky over what its brightness explains, below which something was added to the sky."""

DECIDING = ("numpy", "scipy", "astropy", "sep", "torch")
"""Packages whose version can change a verdict."""

CHANCES = tuple(
    Column(f"p_{name}", "f4", "", f"probability of the class {name}", "stat.probability") for name in CLASSES
)

EXPOSURE_COLUMNS = (
    Column("exposure", "str", "", "file of the exposure", "meta.id;meta.file"),
    Column("camera", "str", "", "INSTRUME of the header", "meta.id;instr"),
    Column("verdict", "str", "", "good, acceptable, hole or bad", "meta.code.qual"),
    Column("cause", "str", "", f"what ruins it: {', '.join(CAUSES)}", "meta.code"),
    *CHANCES,
    Column("causes95", "str", "", "causes, of which one is the true one with the promised probability", "meta.code"),
    Column("seconds_lost", "f4", "s", "effective exposure time lost; NaN where it was not measured", "time.duration"),
    *(
        Column(f"seconds_lost_{name}", "f4", "s", f"of that, by {name}; NaN where not measured", "time.duration")
        for name in LOSSES
    ),
    Column("n_ccd", "i4", "", "detectors that could be read", "meta.number"),
    Column("n_failed_ccd", "i4", "", "detectors that fail", "meta.number"),
    Column("n_dead_ccd", "i4", "", "detectors without light, or that could not be read", "meta.number"),
    Column("ood", "bool", "", "unlike anything that the judge was trained on", "meta.code.qual"),
    Column("flags", "i8", "", "bit flags; the dictionary is in the metadata", "meta.code.qual"),
    Column("cuts", "i8", "", "bits of the camera's cuts that it fails; the dictionary is in the metadata", "meta.code"),
    Column("message", "str", "", "what was wrong, in words", "meta.note"),
)

DETECTOR_COLUMNS = (
    Column("exposure", "str", "", "file of the exposure", "meta.id;meta.file"),
    Column("ccd", "str", "", "detector: its extension number", "meta.id;instr.det"),
    Column("cause", "str", "", "what ruins it", "meta.code"),
    *CHANCES,
    Column("n_sources", "i4", "", "usable sources", "meta.number"),
    Column("no_light", "bool", "", "holds no light", "meta.code.qual"),
    Column("distance", "f4", "", "to the training set; above 1 it is unlike anything in it", "stat.value"),
    *(Column(name, "f4", "", "see the explanation of the statistics", "stat.value") for name in STATISTICS),
)


def assess_exposures(
    paths: Sequence[Path], recipe: AssessRecipe, *, on_done: Callable[[str], None]
) -> tuple[Catalog, Catalog]:
    """Judge exposures.

    Parameters
    ----------
    paths : sequence of Path
        Files, each an exposure of one detector or of many.
    recipe : AssessRecipe
        How. Where the camera's usual seeing or sky is not given, three exposures or more tell it themselves.
    on_done : callable
        Gets the name of each exposure that is judged.

    Returns
    -------
    tuple of Catalog
        A row an exposure; a row a detector. Exposures that cannot be read are there, too: bad, of another cause, with
        a flag and one sentence.

    Raises
    ------
    ValueError
        If the weights are unusable.

    Notes
    -----
    One detector is in memory at a time.
    """
    model = read_model(recipe.model)
    learned = learn_cameras(paths, recipe)
    exposures: list[dict[str, Any]] = []
    detectors: list[dict[str, Any]] = []
    for path, name in name_exposures(paths).items():
        row, rows = judge_exposure(path, model, recipe, learned=learned, name=name)
        exposures.append(row)
        detectors += rows
        on_done(name)
    meta = describe_judging(model, recipe, learned)
    return make_table(EXPOSURE_COLUMNS, exposures, meta), make_table(DETECTOR_COLUMNS, detectors, meta)


def name_exposures(paths: Sequence[Path]) -> dict[Path, str]:
    """Return a name for each exposure: its file's, with as many folders as tell it from the others.

    Raises
    ------
    ValueError
        If one is given twice, or is a store of fingerprints.
    """
    store = next((path for path in paths if path.suffix == ".zarr"), None)
    if store is not None:
        raise ValueError(f"{store}: holds fingerprints, not pixels; judge them with skysieve quality apply")
    twice = next((path for number, path in enumerate(paths) if path in paths[:number]), None)
    if twice is not None:
        raise ValueError(f"{twice} is given twice; name each exposure once")
    return shorten_paths(paths)


def judge_exposure(
    path: Path, model: Model, recipe: AssessRecipe, *, learned: Learned, name: str,
    glimpses: Sequence[Glimpse] | None = None,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:  # fmt: skip
    """Judge one exposure by what is known of its camera.

    Parameters
    ----------
    path : Path
        Its file.
    model : Model
        The judge.
    recipe : AssessRecipe
        How.
    learned : Learned
        What exposures told of their cameras.
    name : str
        Of the exposure in the table.
    glimpses : sequence of Glimpse, optional
        What was seen of its detectors, where they were looked at already; unless that is all of them, they are looked
        at again.

    Returns
    -------
    tuple of dict and list of dict
        The row of the exposure, and those of its detectors.
    """
    survey = survey_exposure(path, recipe, learned)
    addresses, census, camera = survey.addresses, survey.census, survey.camera
    if glimpses is None or len(glimpses) != len(addresses):
        glimpses = look_at_detectors([*enumerate(addresses)], model, recipe, usual=camera.usual)
    seen = gather_exposure(name, addresses, glimpses, census=census, camera=camera)
    row, rows = describe_exposure(seen, model, replace(recipe, cuts=camera.cuts))
    return {**row, "camera": census.camera}, rows


def describe_judging(model: Model, recipe: AssessRecipe, learned: Learned) -> dict[str, str]:
    """Return what is true of all verdicts of a table: with what they were made, and what their bits mean."""
    versions = {"skysieve": skysieve.__version__, "python": platform.python_version()}
    versions |= {name: importlib.metadata.version(name) for name in DECIDING}
    return {
        "quality_model": f"{model.card.name} {model.card.version} {model.card.sha256}",
        "exposure_flags": json.dumps(
            {str(one.name).lower(): (int(one), EXPOSURE_FLAG_SENTENCES[one]) for one in ExposureFlag}
        ),
        "cut_flags": json.dumps({str(one.name).lower(): int(one) for one in CutFlag}),
        "coverage": str(model.promises[0].coverage),
        "recipe": json.dumps(dump_recipe(recipe)),
        "versions": json.dumps(versions),
        "usual": json.dumps(dump_recipe(learned)["usual"]),
    }


def describe_failure(name: str, error: str) -> dict[str, Any]:
    """Return the row of an exposure on which judging failed."""
    return {
        "exposure": name, "verdict": "bad", "cause": "other", "causes95": ",".join(CAUSES), "ood": True,
        "flags": int(ExposureFlag.FAILED | ExposureFlag.OUT_OF_DOMAIN), "message": f"{name}: {error}",
    }  # fmt: skip


def describe_exposure(seen: Seen, model: Model, recipe: AssessRecipe) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the row of an exposure, and those of its detectors."""
    if seen.views is None:
        row = {"exposure": seen.name, "verdict": "bad", "cause": "other", "causes95": ",".join(CAUSES), "n_ccd": 0,
               "n_failed_ccd": 0, "n_dead_ccd": seen.unread, "ood": True, "cuts": 0,
               "flags": int(seen.flags | ExposureFlag.OUT_OF_DOMAIN), "message": " ".join(seen.messages)}  # fmt: skip
        return row, []
    judged = judge_views(model, seen.views)
    verdict = give_verdict(judged, seen.views, model=model, recipe=recipe.verdict)
    lost = verdict.seconds_lost
    lit = seen.views.statistics[~seen.views.dead.astype(bool)]
    row = {
        "exposure": seen.name, "verdict": verdict.verdict, "cause": verdict.cause,
        **_list_chances(verdict.probability),
        "causes95": ",".join(verdict.causes),
        "seconds_lost": sum(lost.values()) if lost else None,
        **{f"seconds_lost_{name}": lost.get(name) for name in LOSSES},
        "n_ccd": len(seen.views), "n_failed_ccd": int(verdict.failed.sum()),
        "n_dead_ccd": verdict.n_dead + seen.unread,
        "ood": verdict.ood, "flags": int(seen.flags | _find_flags(seen.views, verdict, unread=seen.unread)),
        "cuts": int(apply_cuts(
            lit, recipe.cuts, dead=verdict.n_dead + seen.unread, zeropoint=seen.zeropoint, astrometry=seen.scatter
        )),
        "message": " ".join(seen.messages),
    }  # fmt: skip
    return row, _describe_detectors(seen, seen.views, judged, verdict)


def _describe_detectors(seen: Seen, views: Views, judged: Judged, verdict: Verdict) -> list[dict[str, Any]]:
    return [
        {
            "exposure": seen.name, "ccd": address.extension or "0", "cause": verdict.found[number],
            **_list_chances(judged.probability[number]),
            "n_sources": int(views.hits[number].sum()), "no_light": bool(views.dead[number]),
            "distance": judged.distance[number],
            **dict(zip(STATISTICS, views.statistics[number].tolist(), strict=True)),
        }
        for number, address in enumerate(seen.addresses)
    ]  # fmt: skip


def _find_flags(views: Views, verdict: Verdict, *, unread: int) -> ExposureFlag:
    """Return what is known of an exposure only when it has been judged."""
    excess = views.statistics[:, STATISTICS.index("noise_excess")]
    found = {
        ExposureFlag.OUT_OF_DOMAIN: verdict.ood,
        ExposureFlag.DEAD_DETECTORS: verdict.n_dead + unread > 0,
        ExposureFlag.FEW_SOURCES: float(np.median(views.hits.sum(axis=1))) < LEAST_SOURCES,
        ExposureFlag.PEDESTAL: bool(np.isfinite(excess).any()) and float(np.nanmedian(excess)) < PEDESTAL,
    }
    return ExposureFlag(sum(int(flag) for flag, true in found.items() if true))


def _list_chances(probability: np.ndarray) -> dict[str, float]:
    return {f"p_{name}": float(value) for name, value in zip(CLASSES, probability, strict=True)}


def make_table(columns: tuple[Column, ...], rows: Sequence[Mapping[str, Any]], meta: Mapping[str, str]) -> Catalog:
    """Return rows as a table; what a row leaves out is unknown."""
    filled = {column.name: _make_column(column, [row.get(column.name) for row in rows]) for column in columns}
    return Catalog(columns, filled, meta)


def _make_column(column: Column, values: list[Any]) -> np.ndarray:
    if column.dtype == "str":
        return np.array([value or "" for value in values], dtype=object)
    if column.dtype.startswith("f"):
        return np.array([np.nan if value is None else value for value in values], dtype=column.dtype)
    return np.array([value or 0 for value in values], dtype=column.dtype)
