"""The columns of a mapping beside those of the catalog that the images came from."""

import numpy as np

from skysieve.records import Catalog, make_empty_column


def join_mapping(catalog: Catalog, mapped: Catalog, *, key: str = "id") -> Catalog:
    """Give each row of a catalog the columns of the mapping; rows without an image keep unknown values.

    Parameters
    ----------
    catalog
        The original one, with rows whose images failed.
    mapped
        ``mapping.parquet``: its columns that begin with ``som_`` are joined. Rows that the catalog lacks are dropped.
    key
        The column that names a source in both.

    Returns
    -------
    Catalog
        The rows of `catalog` in their order. Unknown values are -1 for integers, NaN for numbers, False.

    Raises
    ------
    ValueError
        If one has no such column, or the key is repeated in the mapping.
    """
    for name, table in (("catalog", catalog), ("mapping", mapped)):
        if key not in table.names:
            raise ValueError(f"{name}: there is no column {key!r} to join by; there are {', '.join(table.names)}")
    rows = {value: row for row, value in enumerate(mapped[key].tolist())}
    if len(rows) < len(mapped):
        raise ValueError(f"mapping: {len(mapped) - len(rows)} values of {key!r} are repeated; join by a unique column")
    places = np.array([rows.get(value, -1) for value in catalog[key].tolist()], np.int64)
    joined = catalog
    for column in mapped.schema:
        if column.name.startswith("som_"):
            joined = joined.with_column(column, _spread(mapped[column.name], places, dtype=column.dtype))
    return joined


def _spread(values: np.ndarray, places: np.ndarray, *, dtype: str) -> np.ndarray:
    """Values at places, unknown where that is -1."""
    spread = make_empty_column(dtype, len(places))
    if np.issubdtype(spread.dtype, np.signedinteger):
        spread[:] = -1
    known = places >= 0
    spread[known] = values[places[known]]
    return spread
