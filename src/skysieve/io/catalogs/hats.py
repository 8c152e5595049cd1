"""Catalogs of survey size as HATS, partitioned by HEALPix, through LSDB."""

import importlib
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skysieve.io.catalogs.arrow import list_arrow_columns, make_arrow_table, read_arrow_meta, read_arrow_table
from skysieve.io.catalogs.reading import refuse_unreadable
from skysieve.records import Catalog

_SCHEMA = Path("dataset", "_common_metadata")


def read_hats(
    path: Path, columns: Sequence[str] | None = None, cone: tuple[float, float, float] | None = None
) -> Catalog:
    """Read a HATS catalog, or a cone and some columns of it, into memory.

    Parameters
    ----------
    path : Path
        Folder of the catalog.
    columns : sequence of str, optional
        Names of the columns to read; all by default.
    cone : tuple of float, optional
        Right ascension, declination and radius of a circle on the sky [deg].

    Returns
    -------
    Catalog
        Rows in the order of the HEALPix index; zero rows where the cone meets none.

    Raises
    ------
    ImportError
        If LSDB is not installed.
    ValueError
        If there is no HATS catalog, or a column is unknown.
    """
    lsdb = _import_lsdb()
    with refuse_unreadable(path / _SCHEMA, "HATS catalog"):
        schema = pq.read_schema(path / _SCHEMA)
    unknown = sorted(set(columns or ()) - set(schema.names))
    if unknown:
        raise ValueError(f"{path.name}: no column {unknown[0]}; there are {', '.join(schema.names)}")
    circle = None if cone is None else lsdb.ConeSearch(cone[0], cone[1], cone[2] * 3600)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened = lsdb.open_catalog(
            path, columns=None if columns is None else list(columns), search_filter=circle, error_empty_filter=False
        )
        frame = opened.compute(progress_bar=False)
    catalog = read_arrow_table(pa.Table.from_pandas(frame, preserve_index=False), where=path.name)
    return _restore_meanings(catalog, schema)


def write_hats(catalog: Catalog, path: Path) -> None:
    """Write a catalog as a HATS folder, whole or not at all.

    Parameters
    ----------
    catalog : Catalog
        At least one row; the columns ``ra`` and ``dec`` [deg] are finite in every row.
    path : Path
        A folder that does not exist yet.

    Raises
    ------
    ImportError
        If LSDB is not installed.
    ValueError
        If the folder exists, there are no rows, or rows lack coordinates.
    """
    lsdb = _import_lsdb()
    _check_positions(catalog, path)
    table = make_arrow_table(catalog, where=path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(temporary, path.name)
        partitioned = lsdb.from_dataframe(
            table.to_pandas(), ra_column="ra", dec_column="dec", catalog_name=path.name, margin_threshold=None
        )
        partitioned.write_catalog(folder, as_collection=False, progress_bar=False)
        _add_meanings(folder / _SCHEMA, table.schema)
        folder.rename(path)


def _import_lsdb() -> Any:
    """Import LSDB only where it is used: it is large and optional."""
    try:
        return importlib.import_module("lsdb")
    except ImportError as error:
        raise ImportError("HATS catalogs need LSDB, which is not installed; pip install skysieve[hats]") from error


def _check_positions(catalog: Catalog, path: Path) -> None:
    """Refuse what cannot be placed on the sky."""
    if path.exists():
        raise ValueError(f"{path}: exists already; remove it or choose another folder")
    if not {"ra", "dec"} <= set(catalog.names):
        raise ValueError(f"{path.name}: there are no columns ra and dec; a HATS catalog needs both")
    if not len(catalog):
        raise ValueError(f"{path.name}: the catalog has no rows; write it to Parquet instead")
    lost = int((~(np.isfinite(catalog["ra"]) & np.isfinite(catalog["dec"]))).sum())
    if lost:
        raise ValueError(f"{path.name}: {lost} of {len(catalog)} rows have no ra and dec; take them out first")


def _add_meanings(file: Path, schema: pa.Schema) -> None:
    """Write units, meanings and metadata into the schema that all partitions share."""
    shared = pq.read_schema(file)
    for index, field in enumerate(shared):
        if field.name in schema.names:
            shared = shared.set(index, field.with_metadata(schema.field(field.name).metadata))
    pq.write_metadata(shared.with_metadata({**(shared.metadata or {}), **schema.metadata}), file)


def _restore_meanings(catalog: Catalog, schema: pa.Schema) -> Catalog:
    """Give the columns of a catalog the units and meanings of the shared schema."""
    known = {column.name: column for column in list_arrow_columns(schema)}
    columns = tuple(replace(known.get(c.name, c), dtype=c.dtype) for c in catalog.schema)
    return replace(catalog, schema=columns, meta=read_arrow_meta(schema))
