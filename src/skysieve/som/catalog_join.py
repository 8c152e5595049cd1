"""The columns of a catalog for the rows of a mapping."""

from pathlib import Path

import numpy as np

from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.records import Catalog, make_empty_column
from skysieve.som.image_data import ImageSource


def check_catalog(catalog: Catalog, images: ImageSource) -> None:
    """Refuse a catalog that cannot be joined to images.

    Raises
    ------
    ValueError
        If the images have ids and the catalog has none, or some twice; or the images have none, and there are not as
        many rows as images.
    """
    if images.numbered:
        if len(catalog) != images.length:
            raise ValueError(
                f"the catalog has {len(catalog)} rows for {images.length} images without ids; "
                "give one row for each, in their order"
            )
        return
    if "id" not in catalog.names:
        raise ValueError(f"the catalog has no column id, by which {images.name} names its images; add it")
    if len(np.unique(catalog["id"])) < len(catalog):
        raise ValueError("the catalog has some ids twice; give one row for each")


def attach_catalog(table: Path, catalog: Catalog, *, start: int, numbered: bool) -> Path:
    """Write the rows of a part again with the columns of a catalog behind their own.

    Parameters
    ----------
    table
        Rows of a part of a mapping.
    catalog
        Checked by `check_catalog`. Columns that the rows have already, and those that begin with ``som_``, are left
        out; ids that it lacks get unknown values.
    start
        First row of the part.
    numbered
        Whether ids are but positions: then the catalog is joined row by row, and its ``id`` replaces them.

    Returns
    -------
    Path
        The new file, beside the other.
    """
    rows = read_catalog(table)
    places = np.arange(start, start + len(rows)) if numbered else _find_rows(catalog, rows)
    for column in catalog.schema:
        own = column.name in rows.names and not (numbered and column.name == "id")
        if not own and not column.name.startswith("som_"):
            values = make_empty_column(column.dtype, len(rows))
            values[places >= 0] = catalog[column.name][places[places >= 0]]
            rows = rows.with_column(column, values)
    joined = table.with_suffix(".joined.parquet")
    write_catalog(rows, joined)
    return joined


def _find_rows(catalog: Catalog, rows: Catalog) -> np.ndarray:
    """Return the row of the catalog for each id, -1 where it has none."""
    order = np.argsort(catalog["id"], kind="stable")
    ids = catalog["id"][order]
    place = np.minimum(np.searchsorted(ids, rows["id"]), max(len(ids) - 1, 0))
    if not len(ids):
        return np.full(len(rows), -1)
    return np.where(ids[place] == rows["id"], order[place], -1)
