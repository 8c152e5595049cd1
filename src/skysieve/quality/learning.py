"""What the networks learn from: exposures simulated, looked at, and labeled by their truth; resumable."""

import functools
import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, Shaped

from skysieve.config import dump_recipe
from skysieve.execution import ExecutionRecipe, Outcome, Product, make_product, map_items, open_ledger
from skysieve.io.arrays import read_arrays, write_arrays
from skysieve.quality.camera import Usual
from skysieve.quality.detectors import list_features, view_detector
from skysieve.quality.fingerprint import SourceMap
from skysieve.quality.labels import EXCESS, choose_causes, measure_excess
from skysieve.quality.observing import draw_exposure
from skysieve.quality.recipe import LearningSet
from skysieve.records import Detector
from skysieve.simulate import ExposurePlan, make_detector, plan_exposure

BLOCK = 50
"""Exposures in one item of work."""

ZEROPOINT_ERROR = 0.03
"""Of an exposure's photometric calibration [mag]."""


@dataclass(frozen=True)
class Views:
    """What is seen of many detectors, and what is true of their exposures; one row a detector.

    ``label`` is the number of the cause in ``CAUSES``; ``excess`` the size of each fault over its limit, in the order
    of ``EXCESS``; ``exposure`` tells which detectors belong together.
    """

    cutouts: Shaped[np.ndarray, "row cluster y x"]
    hits: Int[np.ndarray, "row neuron"]
    stack: Shaped[np.ndarray, "row v u"]
    statistics: Float[np.ndarray, "row statistic"]
    label: Int[np.ndarray, " row"]
    excess: Float[np.ndarray, "row 4"]
    exposure: Int[np.ndarray, " row"]
    detector: Int[np.ndarray, " row"]
    dead: Shaped[np.ndarray, " row"]

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: np.ndarray) -> "Views":
        """Return the rows of a mask or an index array."""
        return Views(*(getattr(self, one.name)[rows] for one in fields(self)))


def make_views(
    recipe: LearningSet,
    *,
    out: Path,
    on_done: Callable[[Outcome], None],
    source_map: SourceMap | None = None,
    execution: ExecutionRecipe | None = None,
) -> tuple[Views, SourceMap]:
    """Simulate all exposures and look at them, or read what an earlier run has made.

    Parameters
    ----------
    recipe : LearningSet
        What is made.
    out : Path
        The run folder: ``sources/`` and ``map.safetensors`` (where no map is given), ``views/``.
    on_done : callable
        Gets the outcome of each block of exposures.
    source_map : SourceMap, optional
        To look through; by default one is trained on the first exposures.
    execution : ExecutionRecipe, optional
        Where the exposures are made.

    Raises
    ------
    ValueError
        If the folder holds another run.
    RuntimeError
        If a block could not be made.
    """
    out = out.resolve()
    execution = execution or ExecutionRecipe()
    if source_map is None:
        source_map = train_source_map(recipe, out=out, on_done=on_done, execution=execution)
    stage = functools.partial(_view_block, folder=out / "views", recipe=recipe, source_map=source_map)
    number = recipe.observing.number
    paths = _map_blocks(stage, recipe, out / "views", number=number, on_done=on_done, execution=execution)
    return _join([read_arrays(path) for path in paths]), source_map


def train_source_map(
    recipe: LearningSet, *, out: Path, on_done: Callable[[Outcome], None], execution: ExecutionRecipe
) -> SourceMap:
    """Train the map of sources on the first exposures and group its neurons; read it when it is there.

    Notes
    -----
    Neurons are grouped by K-means on features in units of their scatter (Teimoorinia et al. 2021, section 3.1).
    """
    path = out / "map.safetensors"
    if path.is_file():
        return read_source_map(path)
    stage = functools.partial(_list_block, folder=out / "sources", recipe=recipe)
    number = min(recipe.map.exposures, recipe.observing.number)
    blocks = _map_blocks(stage, recipe, out / "sources", number=number, on_done=on_done, execution=execution)
    found = fit_source_map(blocks, recipe)
    write_arrays(path, {one.name: getattr(found, one.name) for one in fields(found)})
    return found


def fit_source_map(blocks: Sequence[Path], recipe: LearningSet) -> SourceMap:
    """Train the map on the sources of blocks of exposures, and group its neurons."""
    from sklearn.cluster import KMeans  # noqa: PLC0415 -- takes seconds, which judging need not

    from skysieve.som import SOM  # noqa: PLC0415 -- as above

    features = np.concatenate([read_arrays(block)["features"] for block in blocks]).astype(np.float64)
    known = np.isfinite(features)
    count = np.maximum(known.sum(axis=0), 1)
    center = np.where(known, features, 0).sum(axis=0) / count
    spread = np.sqrt((np.where(known, features - center, 0) ** 2).sum(axis=0) / count)
    scale = np.where(spread > 0, spread, 1.0)
    # A feature that no source has (no stars for a PSF anywhere) says nothing, rather than nothing being known.
    features = np.where(known.any(axis=0), features, 0.0)
    trained = SOM((recipe.map.side, recipe.map.side), random_state=recipe.seed).fit((features - center) / scale)
    clusters = KMeans(recipe.map.clusters, n_init=10, random_state=recipe.seed).fit(trained.neurons_)
    return SourceMap(trained.neurons_, center, scale, clusters.labels_.astype(np.int64))


def read_source_map(path: Path) -> SourceMap:
    """Read a map of sources."""
    return SourceMap(**read_arrays(path))


def plan_learning(recipe: LearningSet, index: int) -> ExposurePlan:
    """Plan one exposure of the set."""
    return plan_exposure(draw_exposure(recipe.observing, index), seed=recipe.observing.seed * 1_000_000 + index)


def find_usual(plan: ExposurePlan, *, hidden: float) -> Usual:
    """Return what is usual for the camera of an exposure: the survey's seeing, its dark sky, its clear zeropoint.

    Parameters
    ----------
    hidden : float
        Share of the exposures whose usual sky is not known, and, drawn apart, whose usual zeropoint is not: NaN.
    """
    band, time = plan.survey.bands[plan.band], plan.recipe.exptime
    no_sky, no_zeropoint = np.random.default_rng([plan.seed, 32]).uniform(size=2) < hidden
    clear = plan.stack.calibration.zeropoint - 2.5 * math.log10(time)
    dark = plan.stack.level / plan.stack.gain / time
    return Usual(
        band.seeing / plan.survey.pixel_scale, math.nan if no_sky else dark, math.nan if no_zeropoint else clear
    )


def calibrate_detector(detector: Detector, plan: ExposurePlan) -> Detector:
    """Write the zeropoint that a photometric calibration would find: the clear one less the clouds, and its error."""
    error = np.random.default_rng([plan.seed, 31]).normal(0, ZEROPOINT_ERROR)
    shift = 2.5 * math.log10(plan.truth.transparency) + error
    bands = [
        replace(band, calibration=replace(band.calibration, zeropoint=band.calibration.zeropoint + shift))
        for band in detector.bands
    ]
    return replace(detector, bands=tuple(bands))


def label_exposure(plan: ExposurePlan, recipe: LearningSet) -> tuple[int, Float[np.ndarray, "4"]]:
    """Return the number of the cause that ruins an exposure, and the size of each fault over its limit."""
    noise = math.sqrt(plan.stack.level * plan.truth.sky + plan.stack.read) / plan.stack.level
    excess = measure_excess(plan.truth, recipe.limits, noise=noise)
    sizes = np.array([excess[one] for one in EXCESS])
    return int(choose_causes(sizes[None], recipe.limits)[0]), sizes


def _map_blocks(
    stage: Callable[[Sequence[int]], Product], recipe: LearningSet, folder: Path, *, number: int,
    on_done: Callable[[Outcome], None], execution: ExecutionRecipe,
) -> list[Path]:  # fmt: skip
    """Run a stage on blocks of exposures and return the files, in order."""
    blocks = [range(start, min(start + BLOCK, number)) for start in range(0, number, BLOCK)]
    keys = [f"{block.start:06d}" for block in blocks]
    plain = dump_recipe(recipe)
    plain["observing"] = {**plain["observing"], "number": 0}
    identity = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    with open_ledger(folder, identity) as ledger:
        outcomes = map_items(stage, blocks, keys=keys, ledger=ledger, recipe=execution, on_done=on_done)
    failed = [one for one in outcomes if one.product is None]
    if failed:
        raise RuntimeError(f"{failed[0].key}: {failed[0].error}")
    return [folder / f"{key}.safetensors" for key in keys]


def _list_block(block: Sequence[int], *, folder: Path, recipe: LearningSet) -> Product:
    """Write the features of the sources of some exposures."""
    found = []
    for index in block:
        plan = plan_learning(recipe, index)
        usual = find_usual(plan, hidden=recipe.hidden)
        for number in range(plan.recipe.n_detectors):
            _, features = list_features(make_detector(plan, number), recipe.detector, usual=usual)
            found.append(features[np.isfinite(features[:, 0])])
    path = folder / f"{block[0]:06d}.safetensors"
    write_arrays(path, {"features": np.concatenate(found).astype(np.float32)})
    return make_product(folder, [path], facts={"sources": sum(map(len, found))})


def _view_block(block: Sequence[int], *, folder: Path, recipe: LearningSet, source_map: SourceMap) -> Product:
    """Write what is seen of some exposures."""
    rows: dict[str, list[np.ndarray]] = {one.name: [] for one in fields(Views)}
    for index in block:
        plan = plan_learning(recipe, index)
        label, excess = label_exposure(plan, recipe)
        usual = find_usual(plan, hidden=recipe.hidden)
        for number in range(plan.recipe.n_detectors):
            view = view_detector(
                calibrate_detector(make_detector(plan, number), plan), source_map, recipe.detector,
                usual=usual, seed=recipe.seed + index * 1000 + number,
            )  # fmt: skip
            values = (view.cutouts.astype(np.float16), view.hits.astype(np.int32), view.stack.astype(np.float16),
                      view.statistics.astype(np.float32), label, excess.astype(np.float32), index, number,
                      view.dead)  # fmt: skip
            for one, value in zip(rows, values, strict=True):
                rows[one].append(np.asarray(value))
    path = folder / f"{block[0]:06d}.safetensors"
    write_arrays(path, {name: np.stack(values) for name, values in rows.items()})
    return make_product(folder, [path], facts={"rows": len(rows["label"])})


def _join(blocks: Sequence[dict[str, np.ndarray]]) -> Views:
    return join_views([Views(**{one.name: block[one.name] for one in fields(Views)}) for block in blocks])


def join_views(parts: Sequence[Views]) -> Views:
    """Put views one after the other."""
    return Views(**{one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Views)})
