"""Catalogs as Arrow tables, whose schemas carry units, meanings and metadata."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from skysieve.io.catalogs.columns import assemble_catalog, list_values, name_dtype
from skysieve.io.catalogs.votable import describe_in_votable
from skysieve.records import Catalog, Column

_VOTABLE = "IVOA.VOTable-Parquet.content"
_VOTABLE_VERSION = "IVOA.VOTable-Parquet.version"
_NOT_META = {_VOTABLE, _VOTABLE_VERSION, "ARROW:schema", "pandas", "table_meta_yaml"}


def make_arrow_table(catalog: Catalog, *, where: str) -> pa.Table:
    """Return a catalog as an Arrow table; ``where`` names it in messages.

    Raises
    ------
    ValueError
        If values do not fit the schema.
    """
    schema = make_arrow_schema(catalog.schema, catalog.meta)
    values = [array for _, array in list_values(catalog, where=where)]
    arrays = [pa.array(v, type=kind) for v, kind in zip(values, schema.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def read_arrow_table(table: pa.Table, *, where: str) -> Catalog:
    """Return an Arrow table of any origin as a catalog; ``where`` names it in messages.

    Structures become the columns ``parent.child``; lists of one length become ``name_0``, ``name_1``, ...; dates and
    times become text.

    Raises
    ------
    ValueError
        If a column is one that a catalog cannot hold.
    """
    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.flatten()
    columns = list_arrow_columns(table.schema)
    fields = [(column, _convert(table.column(k).combine_chunks())) for k, column in enumerate(columns)]
    return assemble_catalog(fields, read_arrow_meta(table.schema), where=where)


def make_arrow_schema(columns: Sequence[Column], meta: Mapping[str, str]) -> pa.Schema:
    """Return the Arrow schema of a catalog, with metadata for columns and table."""
    fields = [make_arrow_field(column) for column in columns]
    own = {_VOTABLE_VERSION: "1.0", _VOTABLE: describe_in_votable(columns, meta)}
    return pa.schema(fields, metadata={**meta, **own})


def make_arrow_field(column: Column) -> pa.Field:
    """Return the Arrow field of a column, with unit, description and UCD as its metadata."""
    kind = pa.string() if column.dtype == "str" else pa.from_numpy_dtype(np.dtype(column.dtype))
    return pa.field(
        column.name, kind, metadata={"unit": column.unit, "description": column.description, "ucd": column.ucd}
    )


def list_arrow_columns(schema: pa.Schema) -> list[Column]:
    """Return what an Arrow schema says of its columns; ``dtype`` is "" for types that a catalog does not have."""
    return [
        Column(field.name, _name_type(field.type), *(_text(field.metadata, k) for k in ("unit", "description", "ucd")))
        for field in schema
    ]


def read_arrow_meta(schema: pa.Schema) -> dict[str, str]:
    """Return the metadata of the table, without the entries that Arrow, pandas and the VOTable header use."""
    meta = {
        key.decode("utf-8", "replace"): value.decode("utf-8", "replace")
        for key, value in (schema.metadata or {}).items()
    }
    return {key: value for key, value in meta.items() if key not in _NOT_META}


def _text(metadata: Mapping[bytes, bytes] | None, key: str) -> str:
    return (metadata or {}).get(key.encode(), b"").decode("utf-8", "replace")


def _name_type(kind: pa.DataType) -> str:
    """Return the catalog's name of an Arrow type, or ""."""
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "str"
    plain = pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return name_dtype(np.dtype(kind.to_pandas_dtype())) if plain else ""


def _convert(array: pa.Array) -> np.ndarray:
    """Return the values of a column as a NumPy array, masked where they are null."""
    kind = array.type
    if pa.types.is_fixed_size_list(kind):
        return _convert(array.values).reshape(len(array), kind.list_size)
    if pa.types.is_list(kind) and len(set(array.value_lengths().to_pylist())) == 1:
        return _convert(array.flatten()).reshape(len(array), -1)
    plain = _simplify(array)
    if _name_type(plain.type) in {"", "str"}:
        objects = np.empty(len(plain), dtype=object)
        objects[:] = plain.to_pylist()
        return objects
    mask = plain.is_null().to_numpy(zero_copy_only=False)
    filled = plain.fill_null(pa.scalar(0).cast(plain.type))
    return np.ma.MaskedArray(filled.to_numpy(zero_copy_only=False), mask=mask)


def _simplify(array: pa.Array) -> pa.Array:
    """Decode dictionaries, turn decimals into f8, dates and times into text."""
    if pa.types.is_dictionary(array.type):
        return _simplify(array.dictionary_decode())
    if pa.types.is_decimal(array.type) or pa.types.is_null(array.type):
        return array.cast(pa.float64())
    return array.cast(pa.string()) if pa.types.is_temporal(array.type) else array
