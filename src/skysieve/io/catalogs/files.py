"""Any catalog file, chosen by its suffix."""

from collections.abc import Callable, Mapping
from pathlib import Path

from skysieve.io.atomic import write_whole
from skysieve.io.catalogs.fits import read_fits, write_fits
from skysieve.io.catalogs.parquet import read_parquet, write_parquet
from skysieve.io.catalogs.text import read_csv, read_ecsv, write_csv, write_csv_gz, write_ecsv
from skysieve.io.catalogs.votable import read_votable, write_votable
from skysieve.records import Catalog

Reader = Callable[[Path], Catalog]
Writer = Callable[[Catalog, Path], None]

_FORMATS: Mapping[str, tuple[Reader, Writer]] = {
    ".parquet": (read_parquet, write_parquet),
    ".fits": (read_fits, write_fits),
    ".fits.gz": (read_fits, write_fits),
    ".vot": (read_votable, write_votable),
    ".xml": (read_votable, write_votable),
    ".ecsv": (read_ecsv, write_ecsv),
    ".csv": (read_csv, write_csv),
    ".csv.gz": (read_csv, write_csv_gz),
}


def read_catalog(path: Path) -> Catalog:
    """Read a catalog of this package or of another tool.

    Parameters
    ----------
    path : Path
        A file that ends in ``.parquet``, ``.fits``, ``.fits.gz``, ``.vot``, ``.xml``, ``.ecsv``, ``.csv`` or
        ``.csv.gz``.

    Returns
    -------
    Catalog
        Values in native byte order. Masked values are NaN, "" or False, and integer columns that have some are f8;
        vector columns are split into ``name_0``, ``name_1``, ...; repeated names get ``_2``, ``_3``, ...

    Raises
    ------
    ValueError
        If the suffix is none of these, the file is not what the suffix says, or a column cannot be held.
    """
    return _find_format(path)[0](path)


def write_catalog(catalog: Catalog, path: Path) -> None:
    """Write a catalog, whole or not at all; equal catalogs become equal bytes.

    Parameters
    ----------
    catalog : Catalog
        At least one column, any number of rows.
    path : Path
        The file to write; its suffix chooses the format as in ``read_catalog``.

    Raises
    ------
    ValueError
        If the suffix is unknown, or the format cannot hold the catalog.

    Examples
    --------
    >>> import tempfile
    >>> from skysieve.records import Column, make_empty_catalog
    >>> path = Path(tempfile.mkdtemp(), "empty.parquet")
    >>> write_catalog(make_empty_catalog([Column("ra", "f8", "deg")]), path)
    >>> read_catalog(path).schema
    (Column(name='ra', dtype='f8', unit='deg', description='', ucd=''),)
    """
    write = _find_format(path)[1]
    with write_whole(path) as temporary:
        write(catalog, temporary)


def _find_format(path: Path) -> tuple[Reader, Writer]:
    """Return reader and writer of the longest suffix that fits."""
    name = path.name.lower()
    for suffix in sorted(_FORMATS, key=len, reverse=True):
        if name.endswith(suffix):
            return _FORMATS[suffix]
    raise ValueError(f"{path.name}: no catalog format has this suffix; use one of {', '.join(_FORMATS)}")
