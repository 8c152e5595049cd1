"""Whole sets of cutouts are prepared: block by block, then written as a store or a file of PINK's."""

import functools
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from skysieve.config import dump_recipe
from skysieve.execution import ExecutionRecipe, Outcome, Product, make_product, map_items, open_ledger
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.cutouts import CutoutBatch, CutoutHeader
from skysieve.io.pink import read_pink_images, write_pink_images
from skysieve.morphology.imagesets import ImageSet, check_target, open_images, write_images
from skysieve.morphology.preparation import prepare_image, resolve_channels
from skysieve.morphology.preparation_recipe import PreparationRecipe
from skysieve.morphology.preprocessing import balance_channels
from skysieve.morphology.rescaling import measure_factors
from skysieve.morphology.steps import PREPARATION_FLAG_SENTENCES, UNUSABLE, PreparationFlag
from skysieve.records import Catalog, Column
from skysieve.som.image_data import hide_bad

ROW = Column("row", "i8", "", "number of the cutout that the image was prepared from", "meta.id")
FLAGS = Column(
    "preparation_flags", "i4", "", "what happened on the way; the dictionary is in the metadata", "meta.code"
)


@dataclass(frozen=True)
class PreparationResult:
    """What came of it: cutouts read, images written, how many carry each flag, and the recipe with its weights."""

    path: Path
    n_read: int
    n_written: int
    n_flagged: dict[str, int]
    recipe: PreparationRecipe


def prepare_cutouts(
    source: Path,
    out: Path,
    *,
    recipe: PreparationRecipe,
    execution: ExecutionRecipe,
    drop: bool = False,
    on_plan: Callable[[int], None] = lambda _: None,
    on_done: Callable[[Outcome], None] = lambda _: None,
) -> PreparationResult:
    """Prepare all cutouts of a store.

    Parameters
    ----------
    source : Path
        A cutout store, or images in PINK's format.
    out : Path
        ``NAME.zarr``, or ``NAME.bin`` for a file of PINK's with ``NAME.rows.parquet`` beside. It appears whole; what is
        done meanwhile lies in ``OUT.parts``, from which a killed run resumes.
    recipe : PreparationRecipe
        What to do.
    execution : ExecutionRecipe
        Where to compute; memory is that of a block of 64 MB a process.
    drop : bool
        Leave out images that are unusable. Otherwise they are images of zeros with a flag.
    on_plan, on_done : callable
        Called with the number of blocks, and with the Outcome of each.

    Returns
    -------
    PreparationResult
        The rows have the columns ``row`` (number of the cutout), ``preparation_flags`` and the sum of each channel;
        the recipe, its weights resolved, is in the metadata ``preparation``.

    Raises
    ------
    ValueError
        If the recipe does not fit the cutouts, or the output exists already.
    RuntimeError
        If a block cannot be prepared (a damaged store).
    """
    images = open_images(source)
    header = _plan_header(images, recipe, out)
    folder, step = out.with_name(f"{out.name}.parts"), images.count_at_once()
    starts = range(0, images.length, step)
    on_plan(len(starts))
    stage = functools.partial(prepare_block, folder=folder.resolve(), source=source.resolve(), step=step, recipe=recipe)
    with open_ledger(folder, _identify(source, images, recipe)) as ledger:
        keys = [f"{start:09d}" for start in starts]
        outcomes = map_items(stage, starts, keys=keys, ledger=ledger, recipe=execution, on_done=on_done)
        if failed := [outcome.error for outcome in outcomes if outcome.product is None]:
            raise RuntimeError(failed[0])
        parts = [folder / f"{key}.bin" for key in keys]
        final = _resolve_weights(recipe, parts, header.bands)
        meta = {**header.meta, "preparation": json.dumps(dump_recipe(final))}
        flagged, written = _write(replace(header, meta=meta), parts, out, weights=_relate(recipe, final), drop=drop)
    shutil.rmtree(folder)
    return PreparationResult(out, images.length, written, flagged, final)


def prepare_block(start: int, *, folder: Path, source: Path, step: int, recipe: PreparationRecipe) -> Product:
    """Prepare the cutouts from ``start`` on into a part: images in PINK's format, and their rows."""
    images = open_images(source)
    batch = images.read(slice(start, min(start + step, images.length)))
    pixels, bands = hide_bad(batch), images.header.bands
    factors, flags = np.ones(len(batch)), [PreparationFlag(0)] * len(batch)
    if recipe.rescale is not None:
        factors, flags = measure_factors(batch.rows, recipe.rescale)
    done = [prepare_image(one, recipe, bands=bands, factor=float(f)) for one, f in zip(pixels, factors, strict=True)]
    prepared = np.stack([one.image for one in done])
    values = np.array([int(one.flags | flag) for one, flag in zip(done, flags, strict=True)], np.int32)
    rows = batch.rows.with_column(ROW, np.arange(start, start + len(batch))).with_column(FLAGS, values)
    for column, sums in zip(list_sums(bands), _sum_channels(prepared).T, strict=True):
        rows = rows.with_column(column, sums)
    path = folder / f"{start:09d}.bin"
    write_pink_images(path, [prepared], shape=prepared.shape[1:])
    write_catalog(rows, path.with_suffix(".parquet"))
    return make_product(folder, [path, path.with_suffix(".parquet")], facts={})


def list_sums(bands: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns that hold the sums of the channels' pixels."""
    return tuple(Column(f"sum_{band}", "f8", "", f"sum of the prepared pixels of channel {band}") for band in bands)


def _sum_channels(images: Float32[np.ndarray, "row channel y x"]) -> Float[np.ndarray, "row channel"]:
    return np.asarray(np.nansum(images, axis=(2, 3), dtype=np.float64))


def _plan_header(images: ImageSet, recipe: PreparationRecipe, out: Path) -> CutoutHeader:
    """Return what the prepared images have in common, after a look at whether they can be made."""
    header = images.header
    check_target(out)
    resolve_channels(recipe, header.bands, shape=(len(header.bands), *header.shape))
    shape = header.shape if recipe.side is None else (recipe.side, recipe.side)
    if shape[0] != shape[1]:
        raise ValueError(f"cutouts of {shape[1]}x{shape[0]} pixels: images of a map are square; give the recipe a side")
    if recipe.rescale is not None:
        measure_factors(images.read_rows(slice(0, 1)), recipe.rescale)
    added = (ROW, FLAGS, *list_sums(header.bands))
    schema = (*(c for c in header.schema if c.name not in {one.name for one in added}), *added)
    flags = {str(flag.name).lower(): (int(flag), text) for flag, text in PREPARATION_FLAG_SENTENCES.items()}
    meta = {**header.meta, "preparation_flags": json.dumps(flags)}
    scale = header.pixel_scale if recipe.rescale is None else float("nan")
    return CutoutHeader(header.bands, shape, scale, schema=schema, meta=meta)


def _resolve_weights(recipe: PreparationRecipe, parts: Sequence[Path], bands: Sequence[str]) -> PreparationRecipe:
    """Turn the shares that the channels are to have into weights, from the sums of all usable images."""
    if not recipe.shares:
        return recipe
    names = [column.name for column in list_sums(bands)]
    tables = [read_catalog(part.with_suffix(".parquet")) for part in parts]
    sums = np.concatenate([np.stack([t[n] for n in names], axis=1)[_find_usable(t)] for t in tables])
    return replace(recipe, shares=(), weights=balance_channels(sums, shares=recipe.shares))


def _relate(recipe: PreparationRecipe, final: PreparationRecipe) -> Float32[np.ndarray, " channel"] | None:
    """Return what the parts are still to be multiplied with."""
    return None if final is recipe else np.asarray(final.weights, np.float32)


def _find_usable(rows: Catalog) -> np.ndarray:
    return (rows[FLAGS.name] & int(UNUSABLE)) == 0


def _write(
    header: CutoutHeader,
    parts: Sequence[Path],
    out: Path,
    *,
    weights: Float32[np.ndarray, " channel"] | None,
    drop: bool,
) -> tuple[dict[str, int], int]:
    """Write the parts one behind the other; return how many images carry each flag, and how many were written."""
    counts = {str(flag.name).lower(): 0 for flag in PreparationFlag}

    def read_parts() -> Iterator[CutoutBatch]:
        for part in parts:
            batch = _read_part(part, header, weights)
            for flag in PreparationFlag:
                counts[str(flag.name).lower()] += int(np.count_nonzero(batch.rows[FLAGS.name] & int(flag)))
            chosen = _find_usable(batch.rows) if drop else np.ones(len(batch), bool)
            yield CutoutBatch(batch.image[chosen], batch.bad[chosen], None, batch.rows.take(chosen))

    written = write_images(out, header, read_parts())
    return counts, written


def _read_part(path: Path, header: CutoutHeader, weights: Float32[np.ndarray, " channel"] | None) -> CutoutBatch:
    """Read the images of a part and their rows, multiplied with the weights that were measured on all of them."""
    image, rows = read_pink_images(path).images, read_catalog(path.with_suffix(".parquet"))
    image = np.ascontiguousarray(image) if weights is None else image * weights[:, None, None]
    if weights is not None:
        for column, sums in zip(list_sums(header.bands), _sum_channels(image).T, strict=True):
            rows = rows.with_column(column, sums)
    return CutoutBatch(image, np.asarray(np.isnan(image).any(axis=1)), None, rows)


def _identify(source: Path, images: ImageSet, recipe: PreparationRecipe) -> str:
    """Return a checksum of what decides the result: the recipe, and the source as it is now."""
    newest = source / "committed.json" if source.is_dir() else source
    state = newest.stat()
    plain = [dump_recipe(recipe), str(source.resolve()), images.length, state.st_size, state.st_mtime_ns]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
