"""Catalogs as Parquet, where units and meanings travel in the schema."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from skysieve.io.atomic import write_whole
from skysieve.io.catalogs.arrow import (
    list_arrow_columns,
    make_arrow_schema,
    make_arrow_table,
    read_arrow_meta,
    read_arrow_table,
)
from skysieve.io.catalogs.reading import refuse_unreadable
from skysieve.records import Catalog, merge_schemas

ROW_GROUP = 65536
"""Rows of a row group: the same wherever the rows came from, so that equal tables are equal files."""


def write_parquet(catalog: Catalog, path: Path) -> None:
    """Write a catalog as Parquet compressed with zstd.

    Raises
    ------
    ValueError
        If values do not fit the schema.
    """
    table = make_arrow_table(catalog, where=path.name)
    _write_groups(table.schema, iter([table]), path)


def read_parquet(path: Path) -> Catalog:
    """Read a Parquet file of any origin.

    Its columns are converted as ``read_arrow_table`` says.

    Raises
    ------
    ValueError
        If the file is not whole Parquet or has a column that a catalog cannot hold.
    """
    with refuse_unreadable(path, "Parquet file"), pq.ParquetFile(path) as file:
        table = file.read()
    return read_arrow_table(table, where=path.name)


def merge_catalogs(parts: Iterable[Path], target: Path) -> None:
    """Stack Parquet catalogs below one another in one Parquet file, holding few rows in memory at a time.

    The result is the same file, byte for byte, as if the rows had been written at once.

    Parameters
    ----------
    parts : iterable of Path
        Catalogs that ``write_catalog`` wrote, in the order wanted. Columns that some lack are filled with unknown
        values (NaN, 0, False, ""); the metadata are the first one's.
    target : Path
        The file to write.

    Raises
    ------
    ValueError
        If there are no parts, one is not a whole Parquet file, or a column holds text here and numbers there.
    """
    paths = list(parts)
    if not paths:
        raise ValueError(f"{target.name}: there is nothing to merge; give at least one catalog")
    schemas = [_read_schema(path) for path in paths]
    union = merge_schemas(list_arrow_columns(schema) for schema in schemas)
    schema = make_arrow_schema(union, read_arrow_meta(schemas[0]))
    with write_whole(target) as temporary:
        _write_groups(schema, (_fill(batch, schema) for path in paths for batch in _read_batches(path)), temporary)


def _write_groups(schema: pa.Schema, tables: Iterator[pa.Table], path: Path) -> None:
    """Write tables as row groups of ROW_GROUP rows each, wherever one table ends."""
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting = schema.empty_table()
        for table in tables:
            waiting = pa.concat_tables([waiting, table])
            full = len(waiting) - len(waiting) % ROW_GROUP
            for start in range(0, full, ROW_GROUP):
                writer.write_table(waiting.slice(start, ROW_GROUP).combine_chunks(), row_group_size=ROW_GROUP)
            waiting = waiting.slice(full)
        if len(waiting):
            writer.write_table(waiting.combine_chunks(), row_group_size=ROW_GROUP)


def _read_schema(path: Path) -> pa.Schema:
    with refuse_unreadable(path, "Parquet file"):
        schema = pq.read_schema(path)
    odd = [column.name for column in list_arrow_columns(schema) if not column.dtype]
    if odd:
        raise ValueError(
            f"{path.name}: column {odd[0]} is of a type that cannot be merged; read and write the catalog first"
        )
    return schema


def _read_batches(path: Path) -> Iterator[pa.Table]:
    """Yield the rows of a file a few thousand at a time."""
    with pq.ParquetFile(path) as file:
        batches = file.iter_batches(batch_size=ROW_GROUP // 4)
        while True:
            with refuse_unreadable(path, "Parquet file"):
                batch = next(batches, None)
            if batch is None:
                return
            yield pa.Table.from_batches([batch])


def _fill(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Bring a table to a wider schema, unknown values in place of what it lacks."""
    arrays = []
    for field in schema:
        unknown = "" if pa.types.is_string(field.type) else np.nan if pa.types.is_floating(field.type) else 0
        value = pa.scalar(unknown).cast(field.type)
        if field.name in table.column_names:
            arrays.append(pc.fill_null(table.column(field.name).cast(field.type, safe=False), value))
        else:
            arrays.append(pa.chunked_array([pa.repeat(value, len(table))], type=field.type))
    return pa.Table.from_arrays(arrays, schema=schema)
