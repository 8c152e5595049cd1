"""Arrays of any origin become catalog columns: native byte order, one value a row, unknown values instead of masks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skysieve.records import Catalog, Column

Field = tuple[Column, np.ndarray]
"""A column as a file gave it (its ``dtype`` is not read) and its values, perhaps masked, perhaps vectors."""


def assemble_catalog(fields: Iterable[Field], meta: Mapping[str, str], *, where: str) -> Catalog:
    """Make a catalog of the columns of a file.

    Parameters
    ----------
    fields : iterable of (Column, ndarray)
        Values of shape (row, ...): vectors become the columns ``name_0``, ``name_1``, ...; masked values become NaN,
        "" or False, and integers with masked values become float64.
    meta : mapping of str to str
        Metadata of the table.
    where : str
        Name of the file, for messages.

    Raises
    ------
    ValueError
        If a column holds complex numbers or lists of varying length.
    """
    flat = [part for column, values in fields for part in _split_vectors(column, values)]
    names = make_unique_names([column.name for column, _ in flat])
    schema, columns = [], {}
    for name, (column, values) in zip(names, flat, strict=True):
        plain = _drop_mask(values, where=f"{where}: column {name}")
        columns[name] = plain
        schema.append(replace(column, name=name, dtype=name_dtype(plain.dtype)))
    return Catalog(tuple(schema), columns, dict(meta))


def name_dtype(dtype: np.dtype[Any]) -> str:
    """Return the type string of a catalog column: ``"f8"``, ``"i4"``, ``"bool"``, ``"str"``."""
    kinds = {"b": "bool", "O": "str", "U": "str", "S": "str"}
    return kinds.get(dtype.kind, f"{dtype.kind}{dtype.itemsize}")


def make_unique_names(names: Sequence[str]) -> list[str]:
    """Return printable, distinct names: blank ones become ``columnN``, repeated ones get ``_2``, ``_3``, ...

    Examples
    --------
    >>> make_unique_names(["ra", "ra", ""])
    ['ra', 'ra_2', 'column3']
    """
    taken = set(names)
    unique: list[str] = []
    for number, name in enumerate(names, start=1):
        stem = "".join(letter if letter.isprintable() else "_" for letter in name).strip() or f"column{number}"
        choice, count = stem, 1
        while choice in unique or (choice != name and choice in taken):
            count += 1
            choice = f"{stem}_{count}"
        unique.append(choice)
    return unique


def list_values(catalog: Catalog, *, where: str) -> list[Field]:
    """Return the columns of a catalog in schema order, each array in the type that the schema promises.

    Raises
    ------
    ValueError
        If there are no columns, or one holds vectors or values that its type cannot hold.
    """
    if not catalog.schema:
        raise ValueError(f"{where}: a catalog without columns cannot be written; give it at least one")
    return [(column, _cast(catalog[column.name], column, where)) for column in catalog.schema]


def widen_integers(field: Field, *, where: str) -> Field:
    """Return a column in a type that FITS and VOTable have: i1 becomes i2, u2 i4, u4 and u8 i8, f2 f4.

    Raises
    ------
    ValueError
        If a u8 column holds values beyond the largest i8.
    """
    column, values = field
    wider = {"i1": "i2", "u2": "i4", "u4": "i8", "u8": "i8", "f2": "f4"}.get(column.dtype)
    if wider is None:
        return field
    if column.dtype == "u8" and len(values) and values.max() > np.iinfo("i8").max:
        raise ValueError(f"{where}: column {column.name} holds integers beyond 2^63; write it to Parquet instead")
    return replace(column, dtype=wider), values.astype(wider)


def _cast(values: np.ndarray, column: Column, where: str) -> np.ndarray:
    """Turn an array into the type of its column."""
    if values.ndim != 1:
        raise ValueError(f"{where}: column {column.name} has {values.ndim} dimensions; give one value a row")
    if column.dtype == "str":
        return _make_strings(values)
    if column.dtype[0] in "iu" and values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError(f"{where}: column {column.name} is {column.dtype} but holds NaN or infinity; declare it f8")
    return values.astype(np.dtype(column.dtype))


def _split_vectors(column: Column, values: np.ndarray) -> list[Field]:
    """Turn an array of shape (row, ...) into one column an element."""
    if values.ndim == 1:
        return [(column, values)]
    size = int(np.prod(values.shape[1:]))
    flat = values.reshape(len(values), size)
    return [(replace(column, name=f"{column.name}_{k}"), flat[:, k]) for k in range(size)]


def _drop_mask(values: np.ndarray, *, where: str) -> np.ndarray:
    """Replace masked values by unknown ones, in native byte order."""
    mask = np.ma.getmaskarray(values)
    plain = np.ma.getdata(values)
    if plain.dtype.kind == "c":
        raise ValueError(f"{where} holds complex numbers; split it into real columns")
    if plain.dtype.kind in "OSUMm":
        return _make_strings(plain, mask, where)
    if plain.dtype.kind in "iu" and mask.any():
        plain = plain.astype("f8")
    if plain.dtype.kind == "f":
        plain = plain.astype("f8" if plain.dtype.itemsize > 4 else "f4")
    return np.where(mask, np.nan if plain.dtype.kind == "f" else 0, plain).astype(plain.dtype.newbyteorder("="))


def _make_strings(values: np.ndarray, mask: np.ndarray | None = None, where: str = "catalog") -> np.ndarray:
    """Return an object array of Python str; None and masked values are ""."""
    texts = np.full(len(values), "", dtype=object)
    for row, value in enumerate(values.astype(str) if values.dtype.kind in "Mm" else values):
        if isinstance(value, list | tuple | dict | np.ndarray):
            raise ValueError(f"{where} holds lists of varying length; remove it")  # noqa: TRY004
        if value is not None and value is not np.ma.masked and (mask is None or not mask[row]):
            texts[row] = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return texts
