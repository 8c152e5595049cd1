"""Stamps are cut image by image, then put together in the catalog's order: a cutout store."""

import functools
import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, Int64

from skysieve.config import dump_recipe
from skysieve.execution import ExecutionRecipe, Outcome, Product, make_product, map_items, open_ledger
from skysieve.extraction.cutting import CUTOUT_COLUMNS, CuttingPlan
from skysieve.extraction.stamps import CutoutFlag, Stamps, cut_stamps, find_corners
from skysieve.extraction.strips import can_strip, read_strips
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.cutouts import CutoutBatch, CutoutStore
from skysieve.io.exposures import InputRecipe, read_detector
from skysieve.io.pink import read_pink_images, write_pink_images
from skysieve.records import Catalog, Column, Detector, DetectorAddress

AT_ONCE = 1024
"""Stamps in memory at a time."""

MOST_PIXELS = 2**27
"""Images with more pixels are read in strips."""

OPEN_PARTS = 64
"""Part files held open while they are put together."""

FLAGS = Column("flags", "i8")
EMPTY = (CutoutFlag.OFF_IMAGE, CutoutFlag.NO_POSITION, CutoutFlag.UNREADABLE)
"""A row without a stamp has exactly one of these."""

_Part = tuple[Float32[np.ndarray, "row plane y x"], Int64[np.ndarray, " row"]]
"""Planes and flags of one image's stamps."""


@dataclass(frozen=True)
class CuttingResult:
    """What came of it: rows in the store, those with a stamp, how many carry each flag, and what was wrong in words."""

    path: Path
    n_rows: int
    n_cut: int
    n_flagged: dict[str, int]
    messages: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CuttingWork:
    """One image with the positions of its rows."""

    number: int
    address: DetectorAddress
    x: Float[np.ndarray, " row"]
    y: Float[np.ndarray, " row"]


def cut_catalog(
    plan: CuttingPlan,
    out: Path,
    *,
    inputs: InputRecipe,
    execution: ExecutionRecipe,
    on_done: Callable[[Outcome], None] = lambda _: None,
) -> CuttingResult:
    """Cut all stamps of a plan into a new store.

    Parameters
    ----------
    plan : CuttingPlan
        From ``plan_cutting``.
    out : Path
        The store, ``NAME.zarr``; it appears whole. What is done meanwhile lies in ``NAME.zarr.parts``, from which a
        killed run resumes, and which needs as much room as the uncompressed store.
    inputs : InputRecipe
        How images are read.
    execution : ExecutionRecipe
        Where to compute; an image is one item, and the memory of a process is that of one image, or of a strip of it
        where it has more than 2^27 pixels.
    on_done : callable
        Gets the Outcome of each image.

    Returns
    -------
    CuttingResult
        Every row of the catalog is in the store, in its order; those without a stamp are NaN and have a flag.

    Raises
    ------
    ValueError
        If the store exists already, the parts are those of other cutouts, or no image can be read.
    """
    if out.suffix.lower() != ".zarr":
        raise ValueError(f"{out.name}: a cutout store is wanted, NAME.zarr")
    if out.exists():
        raise ValueError(f"{out}: exists already; remove it or choose another name")
    folder = out.with_name(f"{out.name}.parts")
    work = _list_work(plan)
    stage = functools.partial(cut_image, folder=folder.resolve(), side=plan.header.shape[0], inputs=inputs)
    with open_ledger(folder, _identify(plan, inputs)) as ledger:
        keys = [f"{one.number:05d}-{one.address.stem}" for one in work]
        outcomes = map_items(stage, work, keys=keys, ledger=ledger, recipe=execution, on_done=on_done)
        if outcomes and all(outcome.product is None for outcome in outcomes):
            raise ValueError(outcomes[0].error)
        done = zip(work, outcomes, strict=True)
        parts = {one.number: _locate(folder, one) for one, outcome in done if outcome.product is not None}
        counts = _put_together(plan, parts, folder / "store.zarr")
        (folder / "store.zarr").rename(out)
    shutil.rmtree(folder)
    messages = [message for address in plan.detectors for message in address.messages if not address.bands]
    for outcome in outcomes:
        messages += [outcome.error] if outcome.product is None else outcome.product.facts["messages"]
    empty = sum(counts[str(flag.name).lower()] for flag in EMPTY)
    return CuttingResult(out, len(plan.catalog), len(plan.catalog) - empty, counts, tuple(messages))


def cut_image(work: CuttingWork, *, folder: Path, side: int, inputs: InputRecipe) -> Product:
    """Cut the stamps of one image, whose rows go upward, into a part file: image planes, then variance planes.

    An image of more than 2^27 pixels is read in strips, where ``can_strip`` says so.
    """
    height, width = work.address.shape
    known = all(band.weight is not None for band in work.address.bands)
    messages: list[str] = []
    flags: list[Int64[np.ndarray, " source"]] = []

    def cut_blocks() -> Iterator[Float32[np.ndarray, "source plane row column"]]:
        if height * width > MOST_PIXELS and can_strip(work.address):
            found = _cut_strips(work, inputs, side=side)
        else:
            detector = read_detector(work.address, inputs)
            messages.extend(detector.messages)
            found = _cut_window(detector, work.x, work.y, side=side)
        for stamps in found:
            flags.append(stamps.flags)
            yield stamps.image if stamps.variance is None else np.concatenate([stamps.image, stamps.variance], axis=1)

    path = _locate(folder, work)
    write_pink_images(path, cut_blocks(), shape=(len(work.address.bands) * (2 if known else 1), side, side))
    write_catalog(Catalog((FLAGS,), {"flags": np.concatenate(flags)}), path.with_suffix(".parquet"))
    return make_product(folder, [path, path.with_suffix(".parquet")], facts={"messages": messages})


def _cut_window(
    detector: Detector, x: Float[np.ndarray, " row"], y: Float[np.ndarray, " row"], *, side: int
) -> Iterator[Stamps]:
    """Cut stamps out of what is in memory, some at a time."""
    for start in range(0, len(x), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        yield cut_stamps(detector, x[rows], y[rows], side=side)


def _cut_strips(work: CuttingWork, inputs: InputRecipe, *, side: int) -> Iterator[Stamps]:
    """Cut each stamp out of the strip in which its uppermost row comes along."""
    _, bottom = find_corners(work.x, work.y, side=side)
    top = np.minimum(bottom + side, work.address.shape[0])
    done = 0
    for first, strip in read_strips(work.address, inputs, overlap=side):
        end = int(np.searchsorted(top, first + strip.shape[0], side="right"))
        yield from _cut_window(strip, work.x[done:end], work.y[done:end] - first, side=side)
        done = max(done, end)


def _put_together(plan: CuttingPlan, parts: dict[int, Path], target: Path) -> dict[str, int]:
    """Write the store in catalog order, from where an interrupted call left it, and count its flags."""
    open_part = functools.lru_cache(maxsize=OPEN_PARTS)(lambda number: _open_part(parts[number]))
    place = _rank_rows(plan)
    store = CutoutStore.open(target, append=True) if target.exists() else CutoutStore.create(target, plan.header)
    with store:
        for start in range(len(store), len(plan.catalog), store.batch_rows):
            rows = np.arange(start, min(start + store.batch_rows, len(plan.catalog)))
            store.append(_gather(plan, rows, place=place[rows], open_part=open_part, read=set(parts)))
        flags = store.read_catalog()["cutout_flags"]
    return {str(flag.name).lower(): int(np.count_nonzero(flags & int(flag))) for flag in CutoutFlag}


def _gather(
    plan: CuttingPlan,
    rows: Int64[np.ndarray, " row"],
    *,
    place: Int64[np.ndarray, " row"],
    open_part: Callable[[int], _Part],
    read: set[int],
) -> CutoutBatch:
    """Take the stamps of rows from their images' parts."""
    side, n_bands = plan.header.shape[0], len(plan.header.bands)
    planes = np.full((len(rows), n_bands * (2 if plan.header.variance else 1), side, side), np.nan, np.float32)
    images = plan.assignment.image[rows]
    flags = np.where(images < 0, int(CutoutFlag.OFF_IMAGE), int(CutoutFlag.UNREADABLE))
    for number in sorted(read & set(images.tolist())):
        own = images == number
        stored, known = open_part(number)
        planes[own], flags[own] = stored[place[own]], known[place[own]]
    x, y = plan.assignment.x[rows], plan.assignment.y[rows]
    first = find_corners(np.nan_to_num(x), np.nan_to_num(y), side=side)
    dx, dy = (axis - corner - (side - 1) / 2 for axis, corner in zip((x, y), first, strict=True))
    labels = np.array([plan.detectors[number].label if number >= 0 else "" for number in images], dtype=object)
    catalog = plan.catalog.take(rows)
    flags = np.where((images < 0) & ~plan.assignment.known[rows], int(CutoutFlag.NO_POSITION), flags)
    values = (labels, x, y, dx.astype(np.float32), dy.astype(np.float32), flags.astype(np.int32))
    for column, one in zip(CUTOUT_COLUMNS, values, strict=True):
        catalog = catalog.with_column(column, one)
    image, variance = planes[:, :n_bands], planes[:, n_bands:] if plan.header.variance else None
    return CutoutBatch(image, np.asarray(np.isnan(image).any(axis=1)), variance, catalog)


def _list_work(plan: CuttingPlan) -> list[CuttingWork]:
    """List the images that have rows, the rows of each from the bottom up."""
    image, x, y = plan.assignment.image, plan.assignment.x, plan.assignment.y
    order = np.lexsort((y, image))
    numbers, starts = np.unique(image[order], return_index=True)
    ends = [*starts[1:].tolist(), len(order)][: len(starts)]
    runs = [(number, order[a:b]) for number, a, b in zip(numbers.tolist(), starts.tolist(), ends, strict=True)]
    return [CuttingWork(number, plan.detectors[number], x[rows], y[rows]) for number, rows in runs if number >= 0]


def _rank_rows(plan: CuttingPlan) -> Int64[np.ndarray, " row"]:
    """Return the place of each row among those of its image, as ``_list_work`` orders them."""
    image = plan.assignment.image
    order = np.lexsort((plan.assignment.y, image))
    _, starts, sizes = np.unique(image[order], return_index=True, return_counts=True)
    place = np.empty(len(image), np.int64)
    place[order] = np.arange(len(image)) - np.repeat(starts, sizes)
    return place


def _open_part(path: Path) -> _Part:
    flags: Int64[np.ndarray, " row"] = read_catalog(path.with_suffix(".parquet"))["flags"]
    return read_pink_images(path).images, flags


def _identify(plan: CuttingPlan, inputs: InputRecipe) -> str:
    """Return a checksum of all that decides the store: rows, positions, files as they are now, settings."""
    digest = hashlib.sha256(repr((plan.header, dump_recipe(inputs))).encode())
    for values in (*plan.catalog.columns.values(), plan.assignment.image, plan.assignment.x, plan.assignment.y):
        digest.update("\0".join(values).encode() if values.dtype == object else np.ascontiguousarray(values).tobytes())
    for address in plan.detectors:
        for band in address.bands:
            for plane in filter(None, (band.image, band.mask, band.weight)):
                state = plane.path.stat()
                digest.update(f"{plane.path} {plane} {state.st_size} {state.st_mtime_ns}".encode())
    return digest.hexdigest()


def _locate(folder: Path, work: CuttingWork) -> Path:
    return folder / f"{work.number:05d}.bin"
