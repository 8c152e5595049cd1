"""What headers and overrides tell of a band's numbers: unit, zeropoint, gain, exposure time, saturation."""

import math
from collections.abc import Sequence

from astropy import units as u
from astropy.io.fits import Header

from skysieve.io.exposures.headers import find_positive, find_text, parse_number
from skysieve.io.exposures.recipe import InputRecipe
from skysieve.io.exposures.units import find_zeropoint, parse_unit
from skysieve.records import Calibration, ImageFlag

EXPTIME = ("EXPTIME", "EXPOSURE", "EXP_TIME", "XPOSURE", "EFFEXPTM", "ITIME")
GAIN = ("GAIN", "EGAIN", "CCDGAIN", "ATODGAIN", "GAINA", "ARAWGAIN")
SATURATION = ("SATURATE", "SATURAT", "SATLEVEL", "SATURATA")
ZEROPOINT = ("MAGZERO", "MAGZPT", "MAGZP", "MAGZEROP", "ZEROPT", "ZPAB", "PHOTZP", "PHOT_ZP", "ZP")


def read_calibration(
    headers: Sequence[Header], recipe: InputRecipe, *, top: float
) -> tuple[Calibration, ImageFlag, tuple[str, ...]]:
    """Gather the calibration of one band.

    Parameters
    ----------
    headers : sequence of Header
        The image's header, then the primary one, which lends what the first leaves out.
    recipe : InputRecipe
        Its overrides win over the headers.
    top : float
        Largest value that the pixels can take [image unit], the saturation where no header tells; NaN if unknown.

    Returns
    -------
    tuple of Calibration, ImageFlag and tuple of str
        What is known (NaN or "" where nothing is), the flags, and a clause for each thing that is wrong.
    """
    text = find_text(headers, ("BUNIT",))
    unit = parse_unit(text)
    exptime, flags, messages = _find_exptime(headers, recipe)
    if text and unit is None:
        flags |= ImageFlag.BAD_UNIT
        messages = (*messages, f"BUNIT = {text!r} is not a known unit; fluxes are in that unit as it stands")
    zeropoint = _find_zeropoint(headers, unit, exptime) if recipe.zeropoint is None else recipe.zeropoint
    if not math.isfinite(zeropoint):
        flags |= ImageFlag.NO_ZEROPOINT
    gain = _find_gain(headers, unit, exptime) if recipe.gain is None else recipe.gain
    saturation = find_positive(headers, SATURATION) if recipe.saturation is None else recipe.saturation
    saturation = top if math.isnan(saturation) else saturation
    return Calibration(text, zeropoint, gain, exptime, saturation), flags, messages


def _find_exptime(headers: Sequence[Header], recipe: InputRecipe) -> tuple[float, ImageFlag, tuple[str, ...]]:
    """Exposure time [s]; old plate scans that say minutes are believed."""
    if recipe.exptime is not None:
        return recipe.exptime, ImageFlag(0), ()
    present = [(key, header) for key in EXPTIME for header in headers if key in header]
    for key, header in present:
        value = parse_number(header[key])
        if math.isfinite(value) and value > 0:
            return value * (60 if "minute" in header.comments[key].lower() else 1), ImageFlag(0), ()
    if not present:
        return math.nan, ImageFlag.NO_EXPTIME, ("EXPTIME is missing; repair the header or pass --exptime SECONDS",)
    key, header = present[0]
    found = f"{key} = {header[key]} is not a positive number; repair the header or pass --exptime SECONDS"
    return math.nan, ImageFlag.BAD_EXPTIME, (found,)


def _find_gain(headers: Sequence[Header], unit: u.UnitBase | None, exptime: float) -> float:
    """Electrons an image unit; NaN for flux units, whose headers speak of the raw counts."""
    second = exptime if unit is not None and _is_rate(unit) else 1.0
    if unit is not None and unit.is_equivalent(u.electron * (u.s**-1 if _is_rate(unit) else u.one)):
        return second
    if unit is not None and not unit.is_equivalent(u.adu * (u.s**-1 if _is_rate(unit) else u.one)):
        return math.nan
    halves = find_positive(headers, ("GAINA",)), find_positive(headers, ("GAINB",))
    if all(math.isfinite(half) for half in halves) and math.isnan(find_positive(headers, GAIN[:4])):
        return sum(halves) / 2 * second
    return find_positive(headers, GAIN) * second


def _find_zeropoint(headers: Sequence[Header], unit: u.UnitBase | None, exptime: float) -> float:
    """AB magnitude of one image unit: named outright, from a calibrated flux, or from the unit itself."""
    rate = 0.0 if unit is not None and _is_rate(unit) else 2.5 * math.log10(exptime)
    for key in ZEROPOINT:
        value = find_positive(headers, (key,))
        if math.isfinite(value) and _is_per_second(headers, key):
            value += rate
        if math.isfinite(value):
            return value
    fluxmag0 = find_positive(headers, ("FLUXMAG0",))
    photflam, photplam = find_positive(headers, ("PHOTFLAM",)), find_positive(headers, ("PHOTPLAM",))
    steradian = find_positive(headers, ("PIXAR_SR",))
    if math.isfinite(fluxmag0):
        return 2.5 * math.log10(fluxmag0)
    if math.isfinite(photflam + photplam):
        return -2.5 * math.log10(photflam) - 5 * math.log10(photplam) - 2.408 + rate
    if unit is not None and unit.is_equivalent(u.Jy / u.sr) and math.isfinite(steradian):
        return find_zeropoint(u.Unit(unit * steradian * u.sr))
    return find_zeropoint(unit)


def _is_rate(unit: u.UnitBase) -> bool:
    """Tell whether counts or electrons are given per second."""
    return bool(unit.is_equivalent(u.adu / u.s) or unit.is_equivalent(u.electron / u.s))


def _is_per_second(headers: Sequence[Header], keyword: str) -> bool:
    """Tell whether a zeropoint's comment says that it belongs to one second of exposure (as DECam's MAGZPT does)."""
    comments = " ".join(header.comments[keyword].lower() for header in headers if keyword in header)
    return "per sec" in comments or "1 sec" in comments or "1s" in comments.split()
