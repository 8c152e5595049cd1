"""Real good frames made worse by faults of known size: what the networks also learn from, and what tests them."""

import functools
import hashlib
import json
import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from skysieve.config import STRICT, dump_recipe, read_recipe
from skysieve.execution import ExecutionRecipe, Outcome, Product, make_product, map_items, open_ledger
from skysieve.io.arrays import read_arrays, write_arrays
from skysieve.quality.camera import Usual
from skysieve.quality.detectors import DetectorView, view_detector
from skysieve.quality.fingerprint import SourceMap
from skysieve.quality.frames import GoodFrame, RealFrame, open_frame
from skysieve.quality.learning import ZEROPOINT_ERROR, Views
from skysieve.quality.realfaults import DegradeRecipe, draw_faults, label_faults, list_draws
from skysieve.quality.recipe import TrainRecipe
from skysieve.simulate import FaultRecipe
from skysieve.simulate.degrading import degrade_detector

STORED = {"cutouts": np.float16, "stack": np.float16, "hits": np.int32, "statistics": np.float32}
"""Types in which what is seen is kept."""

REAL = 1_000_000_000
"""Numbers of exposures begin here, far above those of simulated ones."""


@dataclass(frozen=True)
class FrameList:
    """The file ``frames.toml`` of a folder of real good frames."""

    __pydantic_config__ = STRICT

    frames: tuple[RealFrame, ...] = ()


def read_frames(folder: Path) -> list[RealFrame]:
    """Read which frames of a folder are good, and what is known of them.

    Raises
    ------
    ValueError
        If ``frames.toml`` is missing or names no frame.
    """
    listed = read_recipe(FrameList, folder / "frames.toml").frames
    if not listed:
        raise ValueError(f"{folder / 'frames.toml'}: names no frame; write a table [[frames]] for each")
    return [
        replace(one, path=str(folder / one.path), mask=str(folder / one.mask) if one.mask else None) for one in listed
    ]


def learn_from_real(
    recipe: TrainRecipe, source_map: SourceMap, *, out: Path, on_done: Callable[[Outcome], None]
) -> Views | None:
    """Make worse what real frames the recipe names, for the training of a judge; None where it names none."""
    if recipe.real.folder is None:
        return None
    degrading = DegradeRecipe(
        draws=recipe.real.draws, good=recipe.real.good, sizes=recipe.real.sizes, hidden=recipe.learning.hidden,
        limits=recipe.learning.limits, detector=recipe.learning.detector, seed=recipe.learning.seed,
    )  # fmt: skip
    frames = read_frames(Path(recipe.real.folder))
    return make_real_views(
        frames, degrading, out=out / "real", source_map=source_map, on_done=on_done, execution=recipe.execution
    )


def make_real_views(
    frames: Sequence[RealFrame],
    recipe: DegradeRecipe,
    *,
    out: Path,
    source_map: SourceMap,
    on_done: Callable[[Outcome], None],
    execution: ExecutionRecipe | None = None,
) -> Views:
    """Degrade real frames and look at them, or read what an earlier run has made.

    Parameters
    ----------
    frames : sequence of RealFrame
        Good ones, of different names.
    out : Path
        Folder of the blocks, one a frame.
    source_map : SourceMap
        To look through.
    on_done : callable
        Gets the outcome of each frame.

    Returns
    -------
    Views
        Labeled by what was put in. ``exposure`` is the same for all that comes from one parent (`number_parent`), so
        that no split parts them; ``detector`` counts the draws from each frame.

    Raises
    ------
    ValueError
        If the folder holds another run, or there is no frame.
    RuntimeError
        If a frame could not be read or degraded.
    """
    if not frames:
        raise ValueError("no real frame is given; name at least one")
    folder = out.resolve()
    stage = functools.partial(_view_frame, folder=folder, recipe=recipe, source_map=source_map)
    keys = [_name_block(frame) for frame in frames]
    with open_ledger(folder, _identify(recipe, source_map)) as ledger:
        outcomes = map_items(
            stage, frames, keys=keys, ledger=ledger, recipe=execution or ExecutionRecipe(), on_done=on_done
        )
    failed = [one for one in outcomes if one.product is None]
    if failed:
        raise RuntimeError(f"{failed[0].key}: {failed[0].error}")
    blocks = [read_arrays(folder / f"{key}.safetensors") for key in keys]
    return Views(**{one.name: np.concatenate([block[one.name] for block in blocks]) for one in fields(Views)})


def number_parent(parent: str) -> int:
    """Return the number that stands for a parent frame in ``Views.exposure``.

    Examples
    --------
    >>> number_parent("night1") == number_parent("night1") >= REAL
    True
    """
    return REAL + zlib.crc32(parent.encode())


def _view_frame(frame: RealFrame, *, folder: Path, recipe: DegradeRecipe, source_map: SourceMap) -> Product:
    """Write what is seen of a frame, degraded in all ways."""
    good, first = open_frame(frame), zlib.crc32(frame.name.encode())
    rows: dict[str, list[Any]] = {one.name: [] for one in fields(Views)}
    for number, (kind, size) in enumerate(list_draws(np.random.default_rng([recipe.seed, first]), recipe)):
        seed = (recipe.seed * 1000 + first) * 1000 + number
        rng = np.random.default_rng([seed, 51])
        faults = FaultRecipe()
        if size > 0:
            faults = draw_faults(rng, kind, size, frame=good, seed=seed, limits=recipe.limits)
        label, excess = label_faults(kind, faults, good, seed=seed, limits=recipe.limits)
        view = _view(good, faults, source_map, recipe=recipe, seed=seed)
        own = {"label": label, "excess": excess, "exposure": number_parent(frame.parent or frame.name),
               "detector": number}  # fmt: skip
        for name, values in rows.items():
            value = np.asarray(own[name] if name in own else getattr(view, name))
            values.append(value.astype(STORED.get(name, value.dtype)))
    path = folder / f"{_name_block(frame)}.safetensors"
    write_arrays(path, {name: np.stack(values) for name, values in rows.items()})
    return make_product(folder, [path], facts={"rows": len(rows["label"])})


def _name_block(frame: RealFrame) -> str:
    """Return the name of a frame's file: another one for the same name with other settings."""
    return f"{frame.name}-{zlib.crc32(repr(frame).encode()):08x}"


def _identify(recipe: DegradeRecipe, source_map: SourceMap) -> str:
    """Return a checksum of all that decides what is seen of a frame."""
    text = json.dumps(dump_recipe(recipe), sort_keys=True).encode()
    arrays = b"".join(np.ascontiguousarray(getattr(source_map, one.name)).tobytes() for one in fields(source_map))
    return hashlib.sha256(text + arrays).hexdigest()


def _view(
    frame: GoodFrame, faults: FaultRecipe, source_map: SourceMap, *, recipe: DegradeRecipe, seed: int
) -> DetectorView:
    """Look at a frame after faults were put in, as compared to what it was."""
    detector, _ = degrade_detector(frame.detector, faults, fwhm=frame.fwhm, seed=seed, sky=frame.sky.brightness)
    error = float(np.random.default_rng([seed, 31]).normal(0, ZEROPOINT_ERROR))
    known = detector.bands[0].calibration
    band = replace(detector.bands[0], calibration=replace(known, zeropoint=known.zeropoint + error))
    time, clear = known.exptime, frame.detector.bands[0].calibration.zeropoint
    no_sky, no_zeropoint = np.random.default_rng([seed, 32]).uniform(size=2) < recipe.hidden
    dark = math.nan if no_sky else frame.sky.brightness / time
    usual = Usual(frame.fwhm, dark, math.nan if no_zeropoint else clear - 2.5 * math.log10(time))
    return view_detector(replace(detector, bands=(band,)), source_map, recipe.detector, usual=usual, seed=seed % 2**32)
