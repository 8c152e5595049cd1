"""Catalogs as FITS binary tables."""

import gzip
import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning

from skysieve.io.catalogs.columns import Field, assemble_catalog, list_values, make_unique_names, widen_integers
from skysieve.io.catalogs.reading import refuse_unreadable
from skysieve.io.catalogs.texts import escape_catalog, find_unit, unescape_catalog
from skysieve.records import Catalog, Column, concatenate_catalogs

_CODES = {"bool": "L", "u1": "B", "i2": "I", "i4": "J", "i8": "K", "f4": "E", "f8": "D"}


def write_fits(catalog: Catalog, path: Path) -> None:
    """Write a catalog as the first extension of a FITS file, without a date.

    Letters beyond ASCII are escaped as in a Python string, which ``read_fits`` undoes. A path that ends in
    ``.gz`` is compressed.

    Raises
    ------
    ValueError
        If values do not fit the schema, are integers beyond 2^63, or there are more than 999 columns.
    """
    plain = escape_catalog(catalog, ascii_only=True)
    fields = [widen_integers(field, where=path.name) for field in list_values(plain, where=path.name)]
    if len(fields) > 999:
        raise ValueError(f"{path.name}: {len(fields)} columns are more than FITS can hold (999); write Parquet instead")
    with warnings.catch_warnings():
        # Names beyond letters and digits are legal; astropy warns of them.
        warnings.simplefilter("ignore", VerifyWarning)
        columns = fits.ColDefs([_make_column(field, plain.meta) for field in fields])
        table = fits.BinTableHDU.from_columns(columns, nrows=len(catalog), name="CATALOG")
    _describe_columns(table.header, [column for column, _ in fields])
    _write_meta(table.header, plain.meta)
    hdus = fits.HDUList([fits.PrimaryHDU(), table])
    with path.open("wb") as file:
        if path.suffix.lower() == ".gz":
            # The header of a gzip file holds a time and a name unless told otherwise.
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as compressed:
                hdus.writeto(compressed)
        else:
            hdus.writeto(file)


def read_fits(path: Path) -> Catalog:
    """Read the first table of a FITS file, and the tables of the same EXTNAME below it.

    SExtractor's ``LDAC_IMHEAD`` tables are passed over, so that a FITS_LDAC catalog of a mosaic is read whole.

    Raises
    ------
    ValueError
        If the file is not whole FITS, has no table, or a column that a catalog cannot hold.
    """
    with refuse_unreadable(path, "FITS file"), fits.open(_read_content(path)) as hdus:
        tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)]
        tables = [hdu for hdu in tables if hdu.name != "LDAC_IMHEAD"]
        tables = [hdu for hdu in tables if hdu is tables[0] or (hdu.name and hdu.name == tables[0].name)]
        _check_length(hdus)
        parts = [(_read_fields(hdu), _read_meta(hdu.header)) for hdu in tables]
    if not parts:
        raise ValueError(f"{path.name}: is a FITS file without a table; give a catalog")
    return concatenate_catalogs(_make_part(*part, where=path.name) for part in parts)


def _make_column(field: Field, meta: Mapping[str, str]) -> fits.Column:
    """Return the FITS column of a catalog column."""
    column, values = field
    if column.dtype == "str":
        values = values.astype("S")
        code = f"{max(values.dtype.itemsize, 1)}A"
    else:
        code = _CODES[column.dtype]
    unit = find_unit(column.unit, meta, form="fits") or ("" if column.unit == "image" else column.unit)
    return fits.Column(name=column.name, format=code, unit=unit or None, array=values)


def _describe_columns(header: fits.Header, schema: list[Column]) -> None:
    """Add the cards that TOPCAT reads as description and UCD."""
    for number, column in enumerate(schema, start=1):
        if column.description:
            header[f"TCOMM{number}"] = column.description
        if column.ucd:
            header[f"TUCD{number}"] = column.ucd


def _write_meta(header: fits.Header, meta: Mapping[str, str]) -> None:
    """Add one pair of cards, key and value, for each entry of the metadata."""
    header["MCOUNT"] = (len(meta), "entries of metadata: MKEYn, MVALn")
    for number, (key, value) in enumerate(meta.items(), start=1):
        header[f"MKEY{number}"] = key
        header[f"MVAL{number}"] = value


def _read_meta(header: fits.Header) -> dict[str, str]:
    numbers = range(1, int(header.get("MCOUNT", 0)) + 1)
    return {header[f"MKEY{n}"]: header[f"MVAL{n}"] for n in numbers}


def _read_fields(hdu: Any) -> list[Field]:
    """Return columns and values of a table; integers equal to TNULL are masked."""
    fields: list[Field] = []
    _separate_names(hdu.header)
    for number, column in enumerate(hdu.columns):
        text, ucd = (str(hdu.header.get(f"{key}{number + 1}", "")) for key in ("TCOMM", "TUCD"))
        about = Column(str(column.name or "").strip(), "", str(column.unit or ""), text, ucd)
        raw = hdu.data.view(np.ndarray)[hdu.data.dtype.names[number]]
        is_text = raw.dtype.kind == "S" and isinstance(hdu, fits.BinTableHDU)
        values = raw if is_text else np.asarray(hdu.data.field(number))
        null = column.null if raw.dtype.kind in "iu" else None
        fields.append((about, values if null is None else np.ma.MaskedArray(values, mask=raw == null)))
    return fields


def _separate_names(header: fits.Header) -> None:
    """Make column names distinct before astropy reads the columns, which it refuses to do otherwise."""
    cards = [f"TTYPE{number}" for number in range(1, int(header["TFIELDS"]) + 1)]
    names = [str(header.get(card, "")).strip() for card in cards]
    for card, old, new in zip(cards, names, make_unique_names(names), strict=True):
        if old != new:
            header[card] = new


def _make_part(fields: list[Field], meta: Mapping[str, str], *, where: str) -> Catalog:
    """Return the catalog of one table, its texts without padding."""
    catalog = assemble_catalog(fields, meta, where=where)
    for column in catalog.schema:
        if column.dtype == "str":
            catalog[column.name][:] = [text.rstrip("\0 ") for text in catalog[column.name]]
    return unescape_catalog(catalog)


def _read_content(path: Path) -> io.BytesIO:
    """Return the bytes of a file, unpacked here because astropy overlooks that the end of a gzip file is missing."""
    content = path.read_bytes()
    return io.BytesIO(gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content)


def _check_length(hdus: fits.HDUList) -> None:
    """Refuse a file that ends before its last extension does."""
    info = hdus[-1].fileinfo()
    if info["file"].size < info["datLoc"] + info["datSpan"]:
        raise ValueError("it ends before its rows do")
