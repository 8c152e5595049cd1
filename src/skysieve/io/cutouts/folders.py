"""Folders of cutouts, one FITS file or PNG picture each.

A folder that was written here has ``index.csv`` (file names in order, then the columns of the rows) and
``cutouts.json`` (the header). A folder of another origin is read in the order of its file names, or of its own
``index.csv`` when there is one with the column ``file``.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np

from skysieve.io.atomic import resolve_inside
from skysieve.io.cutouts.batch import (
    ID,
    CutoutBatch,
    CutoutHeader,
    CutoutStream,
    conform_batch,
    dump_header,
    parse_header,
)
from skysieve.io.cutouts.files import Cutout, read_fits_cutout, read_png_cutout, write_fits_cutout, write_png_cutout
from skysieve.io.cutouts.whole import write_whole_folder
from skysieve.records import Catalog, Column

Entry = Mapping[str, str]
"""A line of the index: ``file``, and the columns as text."""

_PICTURES = {".png"}
_SUFFIXES = {".fits", ".fit", ".fz", ".gz", *_PICTURES}


def write_cutouts_folder(
    path: Path,
    stream: CutoutStream,
    *,
    suffix: Literal[".fits", ".png"] = ".fits",
    limits: tuple[float, float] = (0.0, 255.0),
) -> None:
    """Write each cutout to a file of its own; the folder appears whole or not at all.

    Parameters
    ----------
    path : Path
        A folder that does not exist yet.
    stream : CutoutStream
        The cutouts.
    suffix : str, optional
        ``".fits"`` keeps everything; ``".png"`` keeps one or three bands in 8 bits and no variance.
    limits : tuple of float, optional
        Pixel values [image unit] that become 0 and 255 in a picture; values beyond are clipped, NaN becomes 0.

    Raises
    ------
    ValueError
        If the folder exists, a batch does not fit the header, or the bands do not make a picture.
    """
    if not limits[0] < limits[1]:
        raise ValueError(f"{path.name}: limits are {limits}; give the lower value first")
    header = stream.header if suffix == ".fits" else replace(stream.header, variance=False)
    with write_whole_folder(path) as folder, (folder / "index.csv").open("w", newline="", encoding="utf-8") as table:
        lines = csv.writer(table)
        lines.writerow(["file", *(column.name for column in header.schema)])
        number = 0
        for batch in stream.batches:
            fitting = conform_batch(batch, stream.header, where=path.name)
            for index in range(len(fitting)):
                name = f"{number:09d}{suffix}"
                _write_one(folder / name, fitting, index, header=header, limits=limits)
                lines.writerow([name, *(str(value) for value in fitting.rows.row(index).values())])
                number += 1
        (folder / "cutouts.json").write_text(json.dumps(dump_header(header), indent=2) + "\n", encoding="utf-8")


def read_cutouts_folder(path: Path, *, batch_rows: int = 256) -> CutoutStream:
    """Open a folder of FITS or PNG cutouts as a stream.

    Parameters
    ----------
    path : Path
        The folder. Without ``cutouts.json`` the first file gives bands and shape, and columns are numbers where all
        their entries are; without the column ``id`` the position is the id.
    batch_rows : int, optional
        Cutouts in memory at a time.

    Raises
    ------
    ValueError
        If there are no cutouts, the index names files outside the folder, or the first file cannot be read; damage
        further on is raised when its file is reached.
    """
    if batch_rows < 1:
        raise ValueError(f"{path.name}: batch_rows is {batch_rows}; give a positive number")
    if not path.is_dir():
        raise ValueError(f"{path.name}: not a folder of cutouts")
    entries = _list_entries(path)
    if (path / "cutouts.json").is_file():
        header = _read_header(path)
    elif entries:
        header = _guess_header(path, entries)
    else:
        raise ValueError(f"{path.name}: there is no FITS file or PNG picture in it")
    missing = [column.name for column in header.schema if entries and column.name not in entries[0]]
    if missing and missing != ["id"]:
        raise ValueError(f"{path.name}/index.csv: the column {missing[0]} is missing")
    return CutoutStream(header, len(entries), _iterate(path, entries, batch_rows, header=header))


def _write_one(
    path: Path, batch: CutoutBatch, index: int, *, header: CutoutHeader, limits: tuple[float, float]
) -> None:
    variance = None if batch.variance is None else batch.variance[index]
    cutout = Cutout(batch.image[index], batch.bad[index], variance, header.bands)
    if path.suffix == ".png":
        write_png_cutout(path, cutout, limits)
    else:
        write_fits_cutout(path, cutout, batch.rows.row(index))


def _list_entries(path: Path) -> list[Entry]:
    index = path / "index.csv"
    if not index.is_file():
        return [{"file": p.name} for p in sorted(path.iterdir()) if p.suffix.lower() in _SUFFIXES and p.is_file()]
    try:
        with index.open(newline="", encoding="utf-8") as table:
            reader = csv.DictReader(table, restval=None, strict=True)
            entries: list[Entry] = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path.name}/index.csv: not a table in CSV ({error})") from None
    if "file" not in (reader.fieldnames or ()):
        raise ValueError(f"{path.name}/index.csv: the column file is missing")
    uneven = [number for number, entry in enumerate(entries, 2) if None in entry or None in entry.values()]
    if uneven:
        raise ValueError(f"{path.name}/index.csv: line {uneven[0]} has another number of cells than the first")
    return entries


def _read_header(path: Path) -> CutoutHeader:
    try:
        plain = json.loads((path / "cutouts.json").read_bytes())
    except ValueError as error:
        raise ValueError(f"{path.name}/cutouts.json: not JSON ({error})") from None
    return parse_header(plain, where=f"{path.name}/cutouts.json")


def _guess_header(path: Path, entries: Sequence[Entry]) -> CutoutHeader:
    first = _read_one(path, entries[0]["file"])
    bands = first.bands or tuple(f"band{number}" for number in range(len(first.image)))
    names = [name for name in entries[0] if name not in {"file", "id"}]
    schema = (ID, *(Column(name, _guess_type([entry[name] for entry in entries])) for name in names))
    return CutoutHeader(bands, first.image.shape[1:], variance=first.variance is not None, schema=schema)


def _guess_type(texts: Sequence[str]) -> str:
    for dtype in ("i8", "f8"):
        try:
            np.array(texts, dtype=object).astype(dtype)
        except (ValueError, OverflowError):
            continue
        return dtype
    return "str"


def _iterate(path: Path, entries: Sequence[Entry], step: int, *, header: CutoutHeader) -> Iterator[CutoutBatch]:
    numbered = iter(enumerate(entries))
    while chunk := list(islice(numbered, step)):
        cutouts = [_read_checked(path, entry["file"], header) for _, entry in chunk]
        rows = [{"id": str(number), **entry} for number, entry in chunk]
        variance = np.stack([c.variance for c in cutouts if c.variance is not None]) if header.variance else None
        columns = {c.name: _parse(path, [row[c.name] for row in rows], c) for c in header.schema}
        image, bad = np.stack([c.image for c in cutouts]), np.stack([c.bad for c in cutouts])
        yield CutoutBatch(image, bad, variance, Catalog(header.schema, columns, header.meta))


def _read_checked(path: Path, name: str, header: CutoutHeader) -> Cutout:
    cutout = _read_one(path, name)
    wanted = (len(header.bands), *header.shape)
    if cutout.image.shape != wanted:
        raise ValueError(f"{path.name}/{name}: has shape {cutout.image.shape}, the others {wanted}; cutouts of a "
                         "collection have one shape")  # fmt: skip
    if header.variance and cutout.variance is None:
        raise ValueError(f"{path.name}/{name}: has no variance, the others have")
    return cutout


def _read_one(path: Path, name: str) -> Cutout:
    file = resolve_inside(path, name)
    return read_png_cutout(file) if file.suffix.lower() in _PICTURES else read_fits_cutout(file)


def _parse(path: Path, texts: Sequence[str], column: Column) -> np.ndarray:
    """Turn the texts of a column into its type."""
    values = np.empty(len(texts), dtype=object)
    values[:] = list(texts)
    if column.dtype == "str":
        return values
    if column.dtype == "bool":
        return np.array([text == "True" for text in texts], dtype=bool)
    try:
        return values.astype(column.dtype)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{path.name}/index.csv: column {column.name} is not {column.dtype} ({error})") from None
