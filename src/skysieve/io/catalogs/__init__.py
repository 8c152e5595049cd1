"""Tables on disk: Parquet, FITS, VOTable, ECSV and CSV files, and HATS catalogs of survey size."""

from skysieve.io.catalogs.files import read_catalog, write_catalog
from skysieve.io.catalogs.hats import read_hats, write_hats
from skysieve.io.catalogs.parquet import merge_catalogs

__all__ = ["merge_catalogs", "read_catalog", "read_hats", "write_catalog", "write_hats"]
