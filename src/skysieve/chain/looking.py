"""The stages of a run that come before the detectors are measured: its cameras, a look at each detector, verdicts."""

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from skysieve.chain.exposures import Judgment, group_exposures
from skysieve.chain.plan import RunPlan
from skysieve.chain.stage import PARTS
from skysieve.config import dump_recipe, parse_recipe
from skysieve.execution import Ledger, Outcome, Product, limit_threads, make_product, map_items
from skysieve.io.arrays import read_arrays, write_arrays
from skysieve.io.exposures import InputRecipe
from skysieve.io.overrule import Overrule
from skysieve.quality.assess_recipe import AssessRecipe, UsualRecipe
from skysieve.quality.assess_run import overrule_verdicts
from skysieve.quality.assessing import (
    DETECTOR_COLUMNS,
    EXPOSURE_COLUMNS,
    describe_exposure,
    describe_judging,
    make_table,
)
from skysieve.quality.cameras import Camera, Learned, find_camera, learn_cameras
from skysieve.quality.census import Census, take_census
from skysieve.quality.detectors import DetectorRecipe, DetectorView
from skysieve.quality.exposures import Glimpse, see_detector
from skysieve.quality.fingerprint import SourceMap
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.gathering import gather_exposure
from skysieve.quality.model import Model, read_model
from skysieve.records import DetectorAddress

VIEW = "view.safetensors"
CAMERAS = "quality/cameras"


@dataclass(frozen=True)
class Look:
    """One detector to look at: the folder of its part, what is usual for its camera, the seed of its choices."""

    part: str
    address: DetectorAddress
    usual: UsualRecipe
    seed: int


@dataclass(frozen=True)
class Sitting:
    """One exposure of the run: its name, its detectors with the keys of their items, its headers, its camera."""

    name: str
    keys: tuple[str, ...]
    addresses: tuple[DetectorAddress, ...]
    census: Census
    camera: Camera


def judge_exposures(
    plan: RunPlan,
    folder: Path,
    *,
    ledger: Ledger,
    overrules: Sequence[Overrule],
    on_done: Callable[[Outcome], None],
) -> Judgment:
    """Look at all detectors of a run and give the verdicts on their exposures.

    Parameters
    ----------
    plan : RunPlan
        What is run.
    folder : Path
        The run folder; what is seen of a detector goes to ``parts/<key>/view.safetensors``.
    ledger : Ledger
        Of the run; what it holds is not looked at again.
    overrules : sequence of Overrule
        Verdicts to replace.
    on_done : callable
        Gets the outcome of each item: the cameras, then every detector.

    Raises
    ------
    ValueError
        If the weights or a file of layouts are unusable, or an overrule names an exposure that there is not.
    """
    recipe = plan.recipe
    model = read_model(recipe.quality.model)
    settings: AssessRecipe = replace(recipe.quality, input=recipe.input, seed=recipe.seed)
    run_items = functools.partial(map_items, ledger=ledger, recipe=recipe.execution, on_done=on_done)
    learned = _learn(plan, settings, run_items, folder=folder)
    sittings = _list_sittings(plan, settings, learned)
    looks = [
        Look(key, address, one.camera.usual, settings.seed + place)
        for one in sittings
        for place, (key, address) in enumerate(zip(one.keys, one.addresses, strict=True))
    ]
    stage = functools.partial(
        look_at_detector, folder=folder, source_map=model.source_map, recipe=model.recipe.learning.detector,
        inputs=settings.input,
    )  # fmt: skip
    outcomes = run_items(stage, looks, keys=[f"quality/{look.part}" for look in looks])
    seen = dict(zip((look.part for look in looks), outcomes, strict=True))
    with limit_threads(recipe.execution.threads_per_worker):
        judged = [_judge(one, seen, model, settings, folder=folder) for one in sittings]
    meta = describe_judging(model, settings, learned)
    table = make_table(EXPOSURE_COLUMNS, [row for row, _ in judged], meta)
    table = overrule_verdicts(table, list(overrules))
    rows = [row for _, found in judged for row in found]
    return Judgment(table, make_table(DETECTOR_COLUMNS, rows, meta), json.loads(table.meta.get("overruled", "[]")))


def learn_from_exposures(paths: tuple[Path, ...], *, folder: Path, recipe: AssessRecipe) -> Product:
    """Learn what is usual for the cameras of a run; the facts are plain values of `Learned`."""
    return make_product(folder, [], facts=dump_recipe(learn_cameras(paths, recipe)))


def look_at_detector(
    look: Look, *, folder: Path, source_map: SourceMap, recipe: DetectorRecipe, inputs: InputRecipe
) -> Product:
    """Look at one detector and write what is seen of it."""
    glimpse = see_detector(look.address, source_map, recipe=recipe, inputs=inputs, usual=look.usual, seed=look.seed)
    facts = {
        "flags": int(glimpse.flags), "message": glimpse.message, "checksum": glimpse.checksum,
        "zeropoint": glimpse.zeropoint if np.isfinite(glimpse.zeropoint) else None,
    }  # fmt: skip
    if glimpse.view is None:
        return make_product(folder, [], facts=facts)
    path = folder / PARTS / look.part / VIEW
    write_arrays(path, {one.name: np.asarray(getattr(glimpse.view, one.name)) for one in fields(glimpse.view)})
    return make_product(folder, [path], facts=facts)


def read_glimpse(outcome: Outcome, folder: Path) -> Glimpse:
    """Return what `look_at_detector` wrote; a detector on which it failed could not be read."""
    if outcome.product is None:
        return Glimpse(None, ExposureFlag.UNREADABLE, f"{outcome.key.removeprefix('quality/')}: {outcome.error}")
    facts: Mapping[str, Any] = outcome.product.facts
    flags, zeropoint = ExposureFlag(facts["flags"]), facts["zeropoint"]
    view = None
    for file in outcome.product.files:
        arrays: dict[str, Any] = read_arrays(folder / file.path)
        view = DetectorView(**{**arrays, "dead": bool(arrays["dead"])})
    return Glimpse(view, flags, facts["message"], facts["checksum"], np.nan if zeropoint is None else zeropoint)


def _learn(plan: RunPlan, recipe: AssessRecipe, run_items: Callable[..., list[Outcome]], *, folder: Path) -> Learned:
    """Learn about the cameras, or read what an earlier run of the same has learned."""
    readable = [address for address in plan.detectors if address.bands]
    paths = tuple(dict.fromkeys(address.bands[0].image.path for address in readable))
    stage = functools.partial(learn_from_exposures, folder=folder, recipe=recipe)
    outcome = run_items(stage, [paths], keys=[CAMERAS])[0]
    if outcome.product is None:
        raise ValueError(f"quality: {outcome.error}")
    return parse_recipe(Learned, outcome.product.facts)


def _list_sittings(plan: RunPlan, recipe: AssessRecipe, learned: Learned) -> list[Sitting]:
    """Put the detectors of each exposure together with what is known of its camera."""
    keys, sittings = plan.keys, []
    for name, numbers in group_exposures(plan).items():
        addresses = tuple(plan.detectors[number] for number in numbers)
        census = take_census(addresses)
        camera = find_camera(census, recipe, learned)
        sittings.append(Sitting(name, tuple(keys[number] for number in numbers), addresses, census, camera))
    return sittings


def _judge(
    sitting: Sitting, looks: Mapping[str, Outcome], model: Model, recipe: AssessRecipe, *, folder: Path
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the row of an exposure, and those of its detectors."""
    glimpses = [read_glimpse(looks[key], folder) for key in sitting.keys]
    seen = gather_exposure(sitting.name, sitting.addresses, glimpses, census=sitting.census, camera=sitting.camera)
    row, rows = describe_exposure(seen, model, replace(recipe, cuts=sitting.camera.cuts))
    return {**row, "camera": sitting.census.camera}, rows
