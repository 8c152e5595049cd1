"""Images with their rows, from a cutout store or a file of PINK's, a slice at a time."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from skysieve.config import parse_recipe
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.cutouts import CutoutBatch, CutoutHeader, CutoutStore, CutoutStream, write_cutouts_store
from skysieve.io.pink import read_pink_images, write_pink_images
from skysieve.morphology.preparation_recipe import PreparationRecipe
from skysieve.records import Catalog, Column, concatenate_catalogs, make_empty_catalog
from skysieve.som.image_data import name_rows

ROW_NUMBER = Column("id", "i8", "", "number of the row", "meta.id;meta.main")


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images of one shape: what they have in common, how many there are, and how a slice of them is read."""

    header: CutoutHeader
    length: int
    read: Callable[[slice], CutoutBatch]
    read_rows: Callable[[slice], Catalog]

    @property
    def preparation(self) -> PreparationRecipe | None:
        """The recipe by which the images were prepared; None for cutouts as they are."""
        text = self.header.meta.get("preparation", "")
        return parse_recipe(PreparationRecipe, json.loads(text)) if text else None

    def count_at_once(self, n_bytes: int = 2**26) -> int:
        """Return how many images fill so many bytes."""
        rows, columns = self.header.shape
        return int(np.clip(n_bytes // (4 * len(self.header.bands) * rows * columns), 1, 8192))


def open_images(path: Path) -> ImageSet:
    """Open a cutout store, ``NAME.zarr``, or images in PINK's format with the rows that lie beside them.

    Parameters
    ----------
    path : Path
        For a file of PINK's, ``NAME.rows.parquet`` beside it holds the rows; without it they are numbered.

    Raises
    ------
    ValueError
        If it is neither, or the rows are not as many as the images.
    """
    if path.suffix.lower() == ".zarr":
        store = CutoutStore.open(path)
        return ImageSet(store.header, len(store), store.read, store.read_catalog)
    if path.is_dir() or path.suffix.lower() in {".h5", ".hdf5"}:
        raise ValueError(
            f"{path}: cutouts in another form than a store; make one with: skysieve convert {path} NAME.zarr"
        )
    return _open_pink(path)


def check_target(out: Path) -> None:
    """Refuse to write images where something is, or in a form that is none.

    Raises
    ------
    ValueError
        If the name ends in neither ``.zarr`` nor ``.bin``, or exists.
    """
    if out.suffix.lower() not in {".zarr", ".bin"}:
        raise ValueError(f"{out.name}: is neither NAME.zarr nor NAME.bin")
    if out.exists():
        raise ValueError(f"{out}: exists already; remove it or choose another name")


def write_images(out: Path, header: CutoutHeader, batches: Iterable[CutoutBatch]) -> int:
    """Write images with their rows as a store, or as a file of PINK's with ``NAME.rows.parquet`` beside it.

    Parameters
    ----------
    out : Path
        ``NAME.zarr`` or ``NAME.bin``; it appears whole.
    header : CutoutHeader
        What they have in common, without variance.
    batches : iterable of CutoutBatch
        One is in memory at a time, and all rows are where a file of PINK's is written.

    Returns
    -------
    int
        The number of images.
    """
    check_target(out)
    written: list[int] = []

    def count() -> Iterator[CutoutBatch]:
        for batch in batches:
            written.append(len(batch))
            yield batch

    if out.suffix.lower() == ".zarr":
        write_cutouts_store(out, CutoutStream(header, 0, count()))
    else:
        _write_pink(out, header, count())
    return sum(written)


def _write_pink(out: Path, header: CutoutHeader, batches: Iterable[CutoutBatch]) -> None:
    """Write images, then rows, then let the images appear."""
    tables = [make_empty_catalog(header.schema, header.meta)]
    shape = header.shape if len(header.bands) == 1 else (len(header.bands), *header.shape)
    hidden = out.with_name(f".{out.name}")

    def take_images() -> Iterator[Float32[np.ndarray, "row ..."]]:
        for batch in batches:
            tables.append(batch.rows)
            yield batch.image[:, 0] if len(header.bands) == 1 else batch.image

    write_pink_images(hidden, take_images(), shape=shape)
    rows = concatenate_catalogs(tables)
    meta = {**header.meta, "bands": json.dumps(header.bands), "pixel_scale": repr(float(header.pixel_scale))}
    write_catalog(Catalog(rows.schema, rows.columns, meta), name_rows(out))
    hidden.replace(out)


def _open_pink(path: Path) -> ImageSet:
    images = read_pink_images(path).images
    if images.ndim not in {3, 4}:
        raise ValueError(f"{path.name}: holds vectors; images are wanted")
    planes = images if images.ndim == 4 else images[:, None]
    beside = name_rows(path)
    count = len(planes)
    rows = read_catalog(beside) if beside.is_file() else Catalog((ROW_NUMBER,), {"id": np.arange(count)})
    if len(rows) != count:
        raise ValueError(f"{beside.name}: has {len(rows)} rows, {path.name} {count} images; write both again")
    bands = tuple(json.loads(rows.meta.get("bands", "[]"))) or tuple(str(number) for number in range(planes.shape[1]))
    scale = float(rows.meta.get("pixel_scale", "nan"))
    header = CutoutHeader(bands, (planes.shape[2], planes.shape[3]), scale, schema=rows.schema, meta=rows.meta)

    def read(wanted: slice) -> CutoutBatch:
        image = np.ascontiguousarray(planes[wanted])
        return CutoutBatch(image, np.asarray(np.isnan(image).any(axis=1)), None, rows.take(wanted))

    return ImageSet(header, count, read, rows.take)
