"""A table in memory: named columns, their units and descriptions, and the metadata that travel with them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Column:
    """What one column means.

    ``dtype`` is a NumPy type string (``"f8"``, ``"i8"``, ``"bool"``, ``"str"``), ``unit`` an astropy unit string
    (empty when dimensionless, ``"image"`` for the flux unit of the image), ``ucd`` an IVOA UCD1+ string.
    """

    name: str
    dtype: str
    unit: str = ""
    description: str = ""
    ucd: str = ""


@dataclass(frozen=True)
class Catalog:
    """Rows of equal length under a schema; the only form in which tables pass between rooms.

    Parameters
    ----------
    schema : tuple of Column
        The columns, in order.
    columns : mapping of str to ndarray, shape (row,)
        One array a column of the schema, no more and no fewer. Unknown numbers are NaN, unknown strings "".
    meta : mapping of str to str
        What is true of the whole table (schema version, engine, flag dictionary as JSON).

    Raises
    ------
    ValueError
        If names do not match the schema or the lengths differ.
    """

    schema: tuple[Column, ...]
    columns: Mapping[str, np.ndarray]
    meta: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [column.name for column in self.schema]
        if sorted(names) != sorted(self.columns):
            odd = sorted(set(names) ^ set(self.columns)) or names
            raise ValueError(f"catalog: columns and schema differ in {odd}")
        if len({len(values) for values in self.columns.values()}) > 1:
            raise ValueError(f"catalog: columns of unequal length { {n: len(v) for n, v in self.columns.items()} }")

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.columns:
            raise KeyError(f"catalog: no column {name!r}; there are {', '.join(self.names)}")
        return self.columns[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in schema order."""
        return tuple(column.name for column in self.schema)

    def take(self, rows: np.ndarray | slice) -> "Catalog":
        """Return the rows of a boolean mask, an index array or a slice, in that order."""
        return replace(self, columns={name: values[rows] for name, values in self.columns.items()})

    def with_column(self, column: Column, values: np.ndarray) -> "Catalog":
        """Return a catalog with one column added, or replaced where the name exists already."""
        schema = tuple(column if old.name == column.name else old for old in self.schema)
        if column.name not in self.names:
            schema = (*schema, column)
        return replace(self, schema=schema, columns={**self.columns, column.name: values})

    def row(self, index: int) -> dict[str, Any]:
        """Return one row as plain Python values, in schema order."""
        return {
            name: self.columns[name][index].item() if self.columns[name].dtype != object else self.columns[name][index]
            for name in self.names
        }


def make_empty_column(dtype: str, length: int) -> np.ndarray:
    """Return a column of unknown values.

    Parameters
    ----------
    dtype : str
        Type as in ``Column``.
    length : int
        Number of rows.

    Returns
    -------
    ndarray, shape (length,)
        NaN, 0, False or "" by type.
    """
    if dtype == "str":
        return np.full(length, "", dtype=object)
    return np.full(length, np.nan if dtype.startswith("f") else 0, dtype=np.dtype(dtype))


def make_empty_catalog(schema: Sequence[Column], meta: Mapping[str, str] | None = None) -> Catalog:
    """Return a catalog of zero rows: the form of "nothing found".

    Parameters
    ----------
    schema : sequence of Column
        Its columns.
    meta : mapping of str to str, optional
        Its metadata, none by default.
    """
    return Catalog(tuple(schema), {c.name: make_empty_column(c.dtype, 0) for c in schema}, dict(meta or {}))


def merge_schemas(schemas: Iterable[Sequence[Column]]) -> tuple[Column, ...]:
    """Return the union of schemas, in order of first appearance.

    Parameters
    ----------
    schemas : iterable of sequence of Column
        The first one that has a column gives its unit and meaning; the type is wide enough for all.

    Raises
    ------
    ValueError
        If a column holds text in one schema and numbers in another.

    Examples
    --------
    >>> [c.dtype for c in merge_schemas([[Column("x", "i4")], [Column("x", "f8"), Column("y", "f4")]])]
    ['f8', 'f4']
    """
    union: dict[str, Column] = {}
    for column in (column for schema in schemas for column in schema):
        first = union.setdefault(column.name, column)
        if first.dtype != column.dtype:
            union[column.name] = replace(first, dtype=_widen_type(first, column))
    return tuple(union.values())


def concatenate_catalogs(catalogs: Iterable[Catalog]) -> Catalog:
    """Stack catalogs below one another; columns that some lack are filled with unknown values.

    Parameters
    ----------
    catalogs : iterable of Catalog
        At least one. The schema is the union in order of first appearance, the metadata are the first one's.

    Raises
    ------
    ValueError
        If there is no catalog at all, or a column holds text in one catalog and numbers in another.
    """
    parts = list(catalogs)
    if not parts:
        raise ValueError("concatenate_catalogs: there is no catalog")
    schema = merge_schemas(part.schema for part in parts)
    columns = {
        c.name: np.concatenate([part.columns.get(c.name, make_empty_column(c.dtype, len(part))) for part in parts])
        for c in schema
    }
    return Catalog(schema, columns, parts[0].meta)


def _widen_type(first: Column, second: Column) -> str:
    """Return the smallest type that holds the values of two columns of one name."""
    types = {first.dtype, second.dtype}
    if "str" in types:
        raise ValueError(
            f"catalog: column {first.name} is {first.dtype} in one part and {second.dtype} in another; "
            "convert one of them"
        )
    wide = np.result_type(*types)
    return "bool" if wide.kind == "b" else f"{wide.kind}{wide.itemsize}"
