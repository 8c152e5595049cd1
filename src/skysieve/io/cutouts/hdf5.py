"""Cutouts in one HDF5 file: the project's own layout, or a bare dataset of images.

Layout: datasets ``image`` (row, band, y, x; float32), ``bad`` (row, y, x; bool), perhaps ``variance`` (as ``image``), a
group ``columns`` with one dataset a column (text as UTF-8), and the attribute ``cutouts`` of the file, which is the
header as JSON.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np

from skysieve.io.atomic import write_whole
from skysieve.io.cutouts.batch import (
    ID,
    CutoutBatch,
    CutoutHeader,
    CutoutStream,
    conform_batch,
    dump_header,
    number_rows,
    parse_header,
)
from skysieve.io.weights import refuse_pickle
from skysieve.records import Catalog

Axes = Literal["row y x", "row band y x", "row y x band"]
"""Order of the axes of a bare dataset."""

_CHUNK_BYTES = 2**18


def write_cutouts_hdf5(path: Path, stream: CutoutStream) -> None:
    """Write a stream of cutouts as one HDF5 file, whole or not at all.

    Parameters
    ----------
    path : Path
        The file; an older one is replaced.
    stream : CutoutStream
        Is walked through, one batch in memory at a time; without cutouts the datasets have no rows.

    Raises
    ------
    ValueError
        If a batch does not fit the stream's header.
    """
    with write_whole(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["cutouts"] = json.dumps(dump_header(stream.header))
        _create_datasets(file, stream.header)
        for batch in stream.batches:
            _append(file, conform_batch(batch, stream.header, where=path.name))


def read_cutouts_hdf5(
    path: Path, *, dataset: str | None = None, axes: Axes = "row y x", batch_rows: int = 1024
) -> CutoutStream:
    """Open an HDF5 file of cutouts as a stream.

    Parameters
    ----------
    path : Path
        The file.
    dataset : str, optional
        A bare dataset of images in a file of another layout. Its cutouts get their position as id; pixels that are
        not finite are marked bad. None reads the project's layout.
    axes : str, optional
        Order of the axes of ``dataset``.
    batch_rows : int, optional
        Cutouts in memory at a time.

    Raises
    ------
    ValueError
        If the file is not whole HDF5, or datasets are missing or of the wrong shape. Damage further inside is
        raised when its batch is reached.
    """
    if batch_rows < 1:
        raise ValueError(f"{path.name}: batch_rows is {batch_rows}; give a positive number")
    with _open(path) as file:
        if dataset is not None:
            length, header = _describe_bare(path, _get_dataset(path, file, dataset), dataset, axes=axes)
            return CutoutStream(header, length, _iterate_bare(path, dataset, batch_rows, axes=axes, header=header))
        header = _read_header(path, file)
        length = _check_datasets(path, file, header)
    return CutoutStream(header, length, _iterate(path, length, batch_rows, header=header))


def _open(path: Path) -> h5py.File:
    refuse_pickle(path)
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path.name}: not a whole HDF5 file ({error})") from None


def _create_datasets(file: h5py.File, header: CutoutHeader) -> None:
    cube = (len(header.bands), *header.shape)
    rows = max(1, _CHUNK_BYTES // (4 * int(np.prod(cube))))
    planes: dict[str, tuple[tuple[int, ...], str]] = {"image": (cube, "f4"), "bad": (header.shape, "bool")}
    if header.variance:
        planes["variance"] = (cube, "f4")
    for name, (shape, dtype) in planes.items():
        file.create_dataset(name, (0, *shape), dtype, maxshape=(None, *shape), chunks=(rows, *shape),
                            compression="gzip", compression_opts=1, shuffle=True)  # fmt: skip
    columns = file.create_group("columns")
    for column in header.schema:
        kind: Any = h5py.string_dtype() if column.dtype == "str" else np.dtype(column.dtype)
        columns.create_dataset(column.name, (0,), kind, maxshape=(None,), chunks=(4096,))


def _append(file: h5py.File, batch: CutoutBatch) -> None:
    planes: dict[str, Any] = {"image": batch.image, "bad": batch.bad}
    if batch.variance is not None:
        planes["variance"] = batch.variance
    planes |= {f"columns/{name}": batch.rows[name] for name in batch.rows.names}
    for name, values in planes.items():
        start = len(file[name])
        file[name].resize(start + len(values), axis=0)
        file[name][start:] = values


def _read_header(path: Path, file: h5py.File) -> CutoutHeader:
    text = file.attrs.get("cutouts")
    if text is None:
        found = ", ".join(file) or "nothing"
        raise ValueError(f"{path.name}: has no header of cutouts, but {found}; name the dataset that holds the images")
    try:
        plain = json.loads(text)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path.name}: the header of the cutouts is not JSON ({error})") from None
    return parse_header(plain, where=path.name)


def _check_datasets(path: Path, file: h5py.File, header: CutoutHeader) -> int:
    """Return the number of cutouts after checking that every dataset has them."""
    cube = (len(header.bands), *header.shape)
    wanted: dict[str, tuple[int, ...]] = {"image": cube, "bad": header.shape}
    wanted |= {"variance": cube} if header.variance else {}
    wanted |= {f"columns/{column.name}": () for column in header.schema}
    lengths = set()
    for name, shape in wanted.items():
        found = _get_dataset(path, file, name)
        if len(found.shape) != len(shape) + 1 or found.shape[1:] != shape:
            raise ValueError(f"{path.name}: {name} has shape {found.shape}, wanted is (row, *{shape})")
        lengths.add(found.shape[0])
    if len(lengths) > 1:
        raise ValueError(f"{path.name}: datasets of unequal length {sorted(lengths)}")
    return int(lengths.pop())


def _get_dataset(path: Path, file: h5py.File, name: str) -> h5py.Dataset:
    found = file.get(name)
    if isinstance(found, h5py.Dataset):
        return found
    raise ValueError(f"{path.name}: the dataset {name} is missing; there are {', '.join(file) or 'none'}")


def _iterate(path: Path, length: int, step: int, *, header: CutoutHeader) -> Iterator[CutoutBatch]:
    with _open(path) as file:
        for start in range(0, length, step):
            part = slice(start, start + step)
            try:
                columns = {c.name: _read_column(file[f"columns/{c.name}"], part, c.dtype) for c in header.schema}
                variance = file["variance"][part].astype("f4") if header.variance else None
                image, bad = file["image"][part].astype("f4"), file["bad"][part].astype(bool)
            except (OSError, ValueError, TypeError) as error:
                raise ValueError(f"{path.name}: rows from {start} on cannot be read ({error})") from None
            yield CutoutBatch(image, bad, variance, Catalog(header.schema, columns, header.meta))


def _read_column(dataset: h5py.Dataset, part: slice, dtype: str) -> np.ndarray:
    if dtype != "str":
        return np.asarray(dataset[part]).astype(dtype)
    texts = np.empty(len(range(*part.indices(len(dataset)))), dtype=object)
    texts[:] = list(dataset.asstr()[part])
    return texts


def _describe_bare(path: Path, found: h5py.Dataset, name: str, *, axes: Axes) -> tuple[int, CutoutHeader]:
    if len(found.shape) != len(axes.split()) or found.dtype.kind not in "iuf":
        raise ValueError(f"{path.name}: {name} is {found.dtype} of shape {found.shape}, wanted are numbers ({axes})")
    size = dict(zip(axes.split(), found.shape, strict=True))
    bands = tuple(f"band{number}" for number in range(size.get("band", 1)))
    return size["row"], CutoutHeader(bands, (size["y"], size["x"]))


def _iterate_bare(path: Path, name: str, step: int, *, axes: Axes, header: CutoutHeader) -> Iterator[CutoutBatch]:
    with _open(path) as file:
        for start in range(0, len(file[name]), step):
            try:
                pixels = file[name][start : start + step]
            except OSError as error:
                raise ValueError(f"{path.name}: rows from {start} on cannot be read ({error})") from None
            if axes == "row y x band":
                pixels = np.moveaxis(pixels, -1, 1)
            with np.errstate(over="ignore"):
                image = np.ascontiguousarray(pixels, dtype=np.float32).reshape(-1, len(header.bands), *header.shape)
            ids = number_rows(start, start + len(image))
            bad = ~np.asarray(np.isfinite(image).all(axis=1))
            yield CutoutBatch(image, bad, None, Catalog((ID,), {"id": ids}))
