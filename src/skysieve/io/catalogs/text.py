"""Catalogs as text: ECSV, which keeps everything, and CSV, which keeps names and values."""

import csv
import gzip
import re
from io import TextIOWrapper
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from astropy.table import Column as TableColumn
from astropy.table import Table

from skysieve.io.catalogs.columns import assemble_catalog, list_values
from skysieve.io.catalogs.reading import refuse_unreadable
from skysieve.io.catalogs.texts import escape_catalog, name_unit, unescape_catalog
from skysieve.records import Catalog, Column

_UNKNOWN = ["", "nan", "na", "n/a", "null", "none"]
_INTEGER = r"^[+-]?(0|[1-9][0-9]*)$"
_FLOAT = r"^[+-]?((0|[1-9][0-9]*|[0-9]+\.[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|inf(inity)?)$"
_TRUTH = r"^(true|false)$"


def write_ecsv(catalog: Catalog, path: Path) -> None:
    """Write a catalog as ECSV.

    Raises
    ------
    ValueError
        If values do not fit the schema.
    """
    plain = escape_catalog(catalog, ascii_only=False)
    table = Table(meta=dict(plain.meta))
    for column, values in list_values(plain, where=path.name):
        table[column.name] = TableColumn(
            values.astype(str) if column.dtype == "str" else values,
            unit=column.unit or None,
            description=column.description or None,
            meta={"ucd": column.ucd} if column.ucd else None,
        )
    table.write(str(path), format="ascii.ecsv")


def read_ecsv(path: Path) -> Catalog:
    """Read an ECSV table of any origin.

    Raises
    ------
    ValueError
        If the file is not whole ECSV or has a column that a catalog cannot hold.
    """
    with refuse_unreadable(path, "ECSV table"):
        table = Table.read(str(path), format="ascii.ecsv")
        fields = [(_describe(table[name]), table[name]) for name in table.colnames]
    meta = {str(key): str(value) for key, value in table.meta.items()}
    return unescape_catalog(assemble_catalog(fields, meta, where=path.name))


def write_csv(catalog: Catalog, path: Path) -> None:
    """Write names and values as CSV; types, units, descriptions and metadata are lost, NaN becomes an empty cell.

    Raises
    ------
    ValueError
        If values do not fit the schema.
    """
    fields = list_values(catalog, where=path.name)
    arrays = [pa.array(values, type=pa.string() if column.dtype == "str" else None) for column, values in fields]
    table = pa.Table.from_arrays(arrays, names=[column.name for column, _ in fields])
    pyarrow.csv.write_csv(table, str(path))


def write_csv_gz(catalog: Catalog, path: Path) -> None:
    """Write a CSV table compressed by gzip, the same bytes each time; see ``write_csv``."""
    plain = path.with_name(f"{path.name}.csv")
    try:
        write_csv(catalog, plain)
        path.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    finally:
        plain.unlink(missing_ok=True)


def read_csv(path: Path) -> Catalog:
    """Read a CSV table with a header line; lines above it that start with ``#`` are passed over.

    A file whose name ends in ``.gz`` is decompressed as it is read.

    A column is bool, i8, u8 or f8 when all its cells are, else text; empty cells, ``nan`` and ``null`` count as
    unknown numbers. Integers with leading zeros, or too long for 64 bits, stay text: they are names.

    Raises
    ------
    ValueError
        If the file is not CSV in UTF-8, has no header, or its rows differ in length.
    """
    with refuse_unreadable(path, "CSV table"):
        names, skip = _read_header(path)
        kinds = {f"f{number}": pa.string() for number in range(len(names))}
        table = pyarrow.csv.read_csv(
            str(path),
            read_options=pyarrow.csv.ReadOptions(skip_rows=skip, autogenerate_column_names=True),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(column_types=kinds),
        ).slice(1)
        columns = [column.combine_chunks() for column in table.columns]
        fields = [(Column(name, ""), _infer_values(texts)) for name, texts in zip(names, columns, strict=True)]
    return assemble_catalog(fields, {}, where=path.name)


def _describe(column: TableColumn) -> Column:
    """Return what an ECSV header says of a column."""
    ucd = str(column.meta.get("ucd", ""))
    return Column(str(column.name), "", name_unit(column.unit), column.description or "", ucd)


def _read_header(path: Path) -> tuple[list[str], int]:
    """Return the column names of a CSV file and the number of lines above them."""
    with _open_text(path) as file:
        skip, line = 0, file.readline()
        while line.startswith("#"):
            skip, line = skip + 1, file.readline()
        names = next(csv.reader(chain([line], file)), [])
    if not names:
        raise ValueError("there is no line of column names")
    numbers = [name for name in names if re.search(_FLOAT, name.strip().lower())]
    if numbers:
        raise ValueError(f"the first line holds the number {numbers[0].strip()} where a column name is wanted")
    return names, skip


def _open_text(path: Path) -> TextIOWrapper:
    """Open a text file, or one that gzip has compressed."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _infer_values(texts: pa.StringArray) -> np.ndarray:
    """Turn the cells of one column into numbers or truth values where all of them are such."""
    words = pc.utf8_lower(pc.utf8_trim_whitespace(texts))
    unknown = pc.is_in(words, value_set=pa.array(_UNKNOWN)).to_numpy(zero_copy_only=False)
    known = words.filter(pa.array(~unknown))
    plain = pc.replace_substring_regex(known, r"^\+", "")
    objects = texts.to_numpy(zero_copy_only=False)
    if len(known) and _all_match(known, _INTEGER):
        integers = _cast_integers(plain)
        return objects if integers is None else _spread(integers, unknown)
    if _all_match(known, _FLOAT):
        return _spread(plain.cast(pa.float64()), unknown)
    return _spread(plain.cast(pa.bool_()), unknown) if _all_match(known, _TRUTH) else objects


def _all_match(words: pa.StringArray, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(words, pattern), min_count=0).as_py())


def _cast_integers(words: pa.StringArray) -> pa.Array | None:
    """Return 64-bit integers, or None where they are longer."""
    for kind in (pa.int64(), pa.uint64()):
        try:
            return words.cast(kind)
        except pa.ArrowInvalid:
            continue
    return None


def _spread(known: pa.Array, unknown: np.ndarray) -> np.ma.MaskedArray:
    """Return known values in their rows and the other rows masked."""
    values = known.to_numpy(zero_copy_only=False)
    spread = np.zeros(len(unknown), dtype=values.dtype)
    spread[~unknown] = values
    return np.ma.MaskedArray(spread, mask=unknown)
