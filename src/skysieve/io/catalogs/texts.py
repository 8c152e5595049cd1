"""Texts and units in the form that FITS, VOTable and ECSV accept."""

import codecs
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from astropy import units

from skysieve.records import Catalog

_MARK = "catalog_format"
_ESCAPE = re.compile(r"\\(?:\\|n|r|t|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


def escape_text(text: str, *, ascii_only: bool = True) -> str:
    r"""Return a text without control characters and without blanks at its ends, undone by ``unescape_text``.

    Parameters
    ----------
    text : str
        Any text; a backslash is doubled.
    ascii_only : bool, optional
        Whether letters beyond ASCII are escaped too.

    Examples
    --------
    >>> print(escape_text("5 µm\n"))
    5 \xb5m\n
    """
    inner = "".join(c if _is_plain(c, ascii_only) else c.encode("unicode_escape").decode() for c in text)
    # Blanks at an end are taken for padding, several in a row are folded, a last & means that a FITS card goes on,
    # a first # that a line of ECSV is a comment.
    return re.sub(r"^[ #]|(?<= ) | $|&$", lambda match: f"\\x{ord(match[0]):02x}", inner)


def unescape_text(text: str) -> str:
    """Return the text that ``escape_text`` was given; a text without backslashes is returned as it is."""
    return _ESCAPE.sub(lambda match: codecs.decode(match[0].encode("ascii"), "unicode_escape"), text)


def find_unit(unit: str, meta: Mapping[str, str], *, form: str) -> str:
    """Return the spelling of a unit in a standard.

    Parameters
    ----------
    unit : str
        Unit of a column; ``"image"`` stands for the unit named by ``meta["flux_unit"]``.
    meta : mapping of str to str
        Metadata of the catalog.
    form : str
        ``"fits"`` or ``"vounit"``.

    Returns
    -------
    str
        "" when there is no unit or the standard does not know it.

    Examples
    --------
    >>> find_unit("image", {"flux_unit": "count / s"}, form="fits")
    'count / s'
    >>> find_unit("image", {"flux_unit": "furlong"}, form="fits")
    ''
    """
    text = meta.get("flux_unit", "") if unit == "image" else unit
    with warnings.catch_warnings():
        warnings.simplefilter("error", units.UnitsWarning)
        try:
            units.Unit(text, format=form)
        except (ValueError, TypeError, units.UnitsWarning):
            return _respell_unit(text, form)
    return text.strip()


def name_unit(unit: object) -> str:
    """Return the text of an astropy unit, "" for None, with pixels spelled out.

    Examples
    --------
    >>> name_unit(units.Unit("pix2"))
    'pixel2'
    """
    return "" if unit is None else re.sub(r"\bpix(?=\b|[0-9])", "pixel", str(unit))


def escape_catalog(catalog: Catalog, *, ascii_only: bool) -> Catalog:
    """Return a catalog with all its texts escaped, and a mark in the metadata that says so."""
    marked = replace(catalog, meta={_MARK: "1", **catalog.meta})
    return _map_texts(marked, lambda text: "" if text is None else escape_text(str(text), ascii_only=ascii_only))


def unescape_catalog(catalog: Catalog) -> Catalog:
    """Return a catalog as it was before ``escape_catalog``; one without the mark is returned as it is."""
    if catalog.meta.get(_MARK) != "1":
        return catalog
    plain = _map_texts(catalog, unescape_text)
    return replace(plain, meta={key: value for key, value in plain.meta.items() if key != _MARK})


def _respell_unit(text: str, form: str) -> str:
    """Return a unit of astropy's own spelling in that of a standard, or ""."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", units.UnitsWarning)
        try:
            return str(units.Unit(text).to_string(form))
        except (ValueError, TypeError, units.UnitsWarning):
            return ""


def _map_texts(catalog: Catalog, change: Callable[[str], str]) -> Catalog:
    """Apply a function to every text of a catalog: names, meanings, metadata and values."""
    schema = tuple(
        replace(c, name=change(c.name), unit=change(c.unit), description=change(c.description), ucd=change(c.ucd))
        for c in catalog.schema
    )
    columns = {new.name: catalog[old.name] for new, old in zip(schema, catalog.schema, strict=True)}
    for column in schema:
        if column.dtype == "str":
            changed = {text: change(text) for text in set(columns[column.name].tolist())}
            texts = np.empty(len(catalog), dtype=object)
            texts[:] = [changed[text] for text in columns[column.name]]
            columns[column.name] = texts
    return Catalog(schema, columns, {change(key): change(value) for key, value in catalog.meta.items()})


def _is_plain(letter: str, ascii_only: bool) -> bool:
    return letter != "\\" and letter.isprintable() and (letter.isascii() or not ascii_only)
