"""Rows of a cutout store: Parquet part files that merge as they grow.

Parquet rather than one-dimensional Zarr arrays: text columns are part of its standard (variable-length text is not yet
one of Zarr v3), a column costs no file, and any table tool opens the parts. A part is merged with the ones before it as
long as those are not much larger, so small appends cost a logarithm each and leave few files; a part of
``PART_ROWS`` rows is not touched again. Row groups are small, so that one row can be read without its part.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Int64

from skysieve.io.atomic import write_whole
from skysieve.io.catalogs.arrow import make_arrow_field
from skysieve.records import Catalog, Column

PART_ROWS = 65536
GROUP_ROWS = 2048

Part = tuple[int, int]
"""First row and end of a part file."""


def append_part(folder: Path, parts: Sequence[Part], rows: Catalog) -> list[Part]:
    """Write rows behind the given parts, merged with the small ones at the end.

    Returns
    -------
    list of (int, int)
        The parts that now hold everything; merged ones stay on disk until ``drop_parts``.
    """
    kept = list(parts)
    end = kept[-1][1] if kept else 0
    start, stop = end, end + len(rows)
    while kept and kept[-1][1] - kept[-1][0] < min(PART_ROWS, 2 * (stop - start)):
        start = kept.pop()[0]
    tables = [pq.read_table(_locate(folder, part), use_threads=False) for part in parts[len(kept) :]]
    table = pa.concat_tables([*tables, _make_table(rows)])
    with write_whole(_locate(folder, (start, stop))) as temporary:
        pq.write_table(table, temporary, row_group_size=GROUP_ROWS, compression="zstd")
    return [*kept, (start, stop)]


def drop_parts(folder: Path, parts: Sequence[Part]) -> None:
    """Remove every file of the folder that is not one of the parts."""
    kept = {_locate(folder, part) for part in parts}
    for path in folder.iterdir():
        if path not in kept:
            path.unlink()


def read_parts(
    folder: Path, parts: Sequence[Part], wanted: Int64[np.ndarray, " pick"], *, schema: tuple[Column, ...]
) -> Catalog:
    """Read rows by their numbers, in the order asked for.

    Raises
    ------
    FileNotFoundError
        If a part is not there.
    ValueError
        If a part is not whole Parquet or lacks a column.
    """
    unique, inverse = np.unique(wanted, return_inverse=True)
    tables = []
    for start, stop in parts:
        inside = unique[(unique >= start) & (unique < stop)] - start
        if len(inside):
            tables.append(_read_part(_locate(folder, (start, stop)), inside, [c.name for c in schema]))
    if not tables:
        tables = [pa.schema([make_arrow_field(column) for column in schema]).empty_table()]
    table = pa.concat_tables(tables)
    return Catalog(schema, {c.name: _to_numpy(table.column(c.name), c)[inverse] for c in schema})


def _read_part(path: Path, inside: Int64[np.ndarray, " pick"], names: list[str]) -> pa.Table:
    """Read sorted rows of one part, touching only the row groups that hold them."""
    groups = np.unique(inside // GROUP_ROWS)
    try:
        with pq.ParquetFile(path) as file:
            table = file.read_row_groups(groups.tolist(), columns=names, use_threads=False).select(names)
        return table.take(np.searchsorted(groups, inside // GROUP_ROWS) * GROUP_ROWS + inside % GROUP_ROWS)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{path.parent.parent.name}/{path.parent.name}/{path.name}: unreadable ({reason})") from None


def _make_table(rows: Catalog) -> pa.Table:
    fields = [make_arrow_field(column) for column in rows.schema]
    arrays = [pa.array(rows[f.name], type=f.type) for f in fields]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _to_numpy(values: pa.ChunkedArray, column: Column) -> np.ndarray:
    if column.dtype == "str":
        texts = np.empty(len(values), dtype=object)
        texts[:] = values.to_pylist()
        return texts
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=column.dtype)


def _locate(folder: Path, part: Part) -> Path:
    return folder / f"{part[0]:012d}-{part[1]:012d}.parquet"
