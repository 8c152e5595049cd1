"""Image units as cameras and surveys write them."""

import math
import re

from astropy import units as u

from skysieve.io.exposures.headers import ignore_warnings

MAGGY = u.def_unit("maggy", 10 ** (8.9 / 2.5) * u.Jy)
ELECTRON = re.compile(r"(e|e-|els?|elec|electrons?|photo-?electrons?)", re.IGNORECASE)
COUNT = re.compile(r"(adus?|dns?|du|counts?|cnts?|cts?|data ?numbers?|photons?|ph)", re.IGNORECASE)
PER_SECOND = re.compile(r"\s*(/\s*s(ec|econds?)?|\s(s(ec)?\^?-1|per s(ec(ond)?)?)|\*\*?\s*s\*\*-1)$", re.IGNORECASE)
MAGGIES = re.compile(r"(n|nano|u|micro|m|milli)?[ -]?(maggy|maggies|mgys?)", re.IGNORECASE)
PREFIXES = {"": 1.0, "n": 1e-9, "nano": 1e-9, "u": 1e-6, "micro": 1e-6, "m": 1e-3, "milli": 1e-3}


def parse_unit(text: str) -> u.UnitBase | None:
    """Parse a BUNIT, forgiving case, plurals and the many names of counts.

    Parameters
    ----------
    text : str
        The header's text.

    Returns
    -------
    Unit or None
        Electrons as ``electron``, counts, ADU and DN all as ``adu``, either per second where so written; maggies in
        terms of Jy; None for what no unit is, and for nothing.

    Examples
    --------
    >>> print(parse_unit("ELECTRONS/S"), parse_unit("DN"), parse_unit("furlong per night"))
    electron / s adu None
    """
    clean = text.strip().strip("[]").strip()
    base = PER_SECOND.sub("", clean)
    rate = u.one if base == clean else u.s**-1
    if clean.lower() == "cps":
        return u.adu / u.s
    if ELECTRON.fullmatch(base):
        return u.electron * rate
    if COUNT.fullmatch(base):
        return u.adu * rate
    if match := MAGGIES.fullmatch(base):
        return u.Unit(PREFIXES[(match[1] or "").lower()] * MAGGY) * rate
    return _parse_astropy(clean)


def find_zeropoint(unit: u.UnitBase | None) -> float:
    """AB magnitude of one unit of flux density [mag]; NaN where the unit is not one.

    Examples
    --------
    >>> round(find_zeropoint(parse_unit("nanomaggy")), 6), round(find_zeropoint(parse_unit("uJy")), 6)
    (22.5, 23.9)
    """
    if unit is None or not unit.is_equivalent(u.Jy):
        return math.nan
    return float(8.9 - 2.5 * math.log10(unit.to(u.Jy)))


def _parse_astropy(text: str) -> u.UnitBase | None:
    """Ask astropy, first as written, then in the case that upper-case headers mean."""
    for candidate in (text, text.lower(), re.sub(r"(?i)\bjy\b", "Jy", text.lower())):
        with ignore_warnings():
            try:
                unit = u.Unit(re.sub(r"(?i)angstroms?", "Angstrom", candidate))
            except (ValueError, TypeError, ZeroDivisionError):
                continue
            if isinstance(unit, u.UnitBase) and candidate.strip():
                return unit
    return None
