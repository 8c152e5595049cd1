"""Prepared images read by row: a cutout store or a binary of PINK as it lies, other forms by way of a store."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int

from skysieve.io.catalogs import read_catalog
from skysieve.io.checksums import checksum_file
from skysieve.io.cutouts import CutoutBatch, CutoutStore, convert_cutouts
from skysieve.io.pink import read_pink_images
from skysieve.records import Catalog, Column

ID = Column("id", "i8", description="unique number of the source", ucd="meta.id;meta.main")
COPY = "images.zarr"
"""Name of the store that is made of cutouts which cannot be read by row."""


@dataclass(frozen=True, eq=False)
class ImageSource:
    """Square images of one size that are read by row, wherever they lie.

    Attributes
    ----------
    name
        For messages.
    length, channels, side
        Number of images, channels of each, and side [pixel].
    read
        Gives the images of some rows, float32 of shape (row, channel, y, x), in the order asked for. Bad pixels and
        those that are not finite are NaN.
    read_catalog
        Gives the columns of some rows; ``id`` is among them.
    numbered
        True where the ids are but positions, since nobody gave others.
    bands
        Names of the channels, empty when unknown.
    preparation
        How the images were prepared, as plain values, where the store says it.
    """

    name: str
    length: int
    channels: int
    side: int
    read: Callable[[np.ndarray], np.ndarray]
    read_catalog: Callable[[np.ndarray], Catalog]
    numbered: bool = True
    bands: tuple[str, ...] = ()
    preparation: Mapping[str, Any] = field(default_factory=dict)


def wrap_images(
    images: Float[np.ndarray, "image y x"] | Float[np.ndarray, "image channel y x"], *, name: str = "images"
) -> ImageSource:
    """Make a source of images in memory, or mapped into it.

    Parameters
    ----------
    images
        Square ones; NaN and infinite pixels are bad.

    Raises
    ------
    ValueError
        If they are not square, or smaller than 2x2 pixels.
    """
    cubes = images[:, None] if images.ndim == 3 else images
    length, channels, *sides = cubes.shape
    if cubes.ndim != 4 or sides[0] != sides[1] or sides[0] < 2:
        raise ValueError(
            f"{name}: images of shape {images.shape[1:]}; wanted are square ones, (y, x) or (channel, y, x)"
        )
    return ImageSource(
        name, length, channels, sides[0], lambda rows: _mark_bad(np.array(cubes[rows], np.float32)), _number_rows
    )


def select_images(source: ImageSource, rows: Int[np.ndarray, " chosen"]) -> ImageSource:
    """Make a source of some rows of another one."""
    return replace(
        source,
        length=len(rows),
        read=lambda wanted: source.read(rows[wanted]),
        read_catalog=lambda wanted: source.read_catalog(rows[wanted]),
    )


def open_images(path: Path, *, scratch: Path) -> ImageSource:
    """Open images to read them by row, in bounded memory.

    Parameters
    ----------
    path
        A cutout store, an HDF5 file or a folder of cutouts, or a binary of images of PINK with or without its rows.
    scratch
        Folder for ``images.zarr``, the copy that is made of HDF5 files and folders, which cannot be read by row. A copy
        that is there already is used.

    Raises
    ------
    ValueError
        If there is nothing, it is none of these, the images are not square, or rows beside a binary are not as many.
    """
    _check_exists(path)
    if (path / "committed.json").is_file():
        return _open_store(path)
    if path.is_dir() or path.suffix.lower() in {".h5", ".hdf5"}:
        if not (scratch / COPY).exists():
            scratch.mkdir(parents=True, exist_ok=True)
            convert_cutouts(path, scratch / COPY)
        return replace(_open_store(scratch / COPY), name=path.name)
    images = read_pink_images(path).images
    if images.ndim < 3:
        raise ValueError(f"{path.name}: holds vectors of {images.shape[1]} features; wanted are images")
    source = wrap_images(images, name=path.name)
    return _add_rows(source, name_rows(path)) if name_rows(path).is_file() else source


def name_rows(path: Path) -> Path:
    """Return where the rows of a binary of images lie: ``NAME.rows.parquet`` beside ``NAME.bin``."""
    return path.with_name(f"{path.stem}.rows.parquet")


def checksum_images(path: Path) -> str:
    """Return a SHA-256 that tells these images from others: of the file, or of all files of the folder.

    Raises
    ------
    ValueError
        If there is nothing.
    """
    _check_exists(path)
    if path.is_file() and not name_rows(path).is_file():
        return checksum_file(path)
    if path.is_file():
        both = f"{checksum_file(path)} {checksum_file(name_rows(path))}"
        return hashlib.sha256(both.encode()).hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file() and file.name != "writer.lock")
    lines = (f"{file.relative_to(path).as_posix()} {checksum_file(file)}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _check_exists(path: Path) -> None:
    if not path.exists():
        raise ValueError(f"{path}: there is no such file or folder; give a cutout store or a binary of PINK")


def _open_store(path: Path) -> ImageSource:
    store = CutoutStore.open(path)
    y, x = store.header.shape
    if y != x or y < 2:
        raise ValueError(f"{path.name}: cutouts of {y}x{x} pixels; wanted are square ones, cut them again")

    def read(rows: np.ndarray) -> np.ndarray:
        return _mark_bad(hide_bad(store.read(rows)))

    bands = store.header.bands
    preparation = json.loads(store.header.meta.get("preparation", "{}"))
    return ImageSource(
        path.name, len(store), len(bands), y, read, store.read_catalog, numbered=False, bands=bands,
        preparation=preparation,
    )  # fmt: skip


def _add_rows(source: ImageSource, path: Path) -> ImageSource:
    rows = read_catalog(path)
    if len(rows) != source.length:
        raise ValueError(f"{path.name}: has {len(rows)} rows for {source.length} images; write both again")
    if "id" not in rows.names:
        rows = rows.with_column(ID, np.arange(len(rows)))
    bands = tuple(json.loads(rows.meta.get("bands", "[]")))
    preparation = json.loads(rows.meta.get("preparation", "{}"))
    return replace(source, read_catalog=rows.take, numbered=False, bands=bands, preparation=preparation)


def hide_bad(batch: CutoutBatch) -> Float32[np.ndarray, "row band y x"]:
    """Return a batch's pixels with NaN where they are bad.

    A pixel marked as bad whose value is finite in every band is bad in all of them; else the values tell in which.
    """
    hidden = batch.bad & np.isfinite(batch.image).all(axis=1)
    return np.where(hidden[:, None], np.float32(np.nan), batch.image)


def _mark_bad(images: Float32[np.ndarray, "image channel y x"]) -> Float32[np.ndarray, "image channel y x"]:
    images[~np.isfinite(images)] = np.nan
    return images


def _number_rows(rows: np.ndarray) -> Catalog:
    return Catalog((ID,), {"id": np.asarray(rows, np.int64)})
