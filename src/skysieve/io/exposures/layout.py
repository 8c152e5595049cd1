"""Where the detectors of an exposure lie, and when it began: from headers alone."""

import math
import re
from pathlib import Path

import numpy as np
from astropy.io.fits import Header
from astropy.time import Time
from jaxtyping import Float

from skysieve.io.exposures.hdus import Hdu, scan_hdus
from skysieve.io.exposures.headers import find_positive, find_text, ignore_warnings
from skysieve.io.exposures.streams import DAMAGE, recognize_file
from skysieve.io.exposures.worldcoords import pixel_to_sky, read_wcs

SECTION = re.compile(r"\[\s*(\d+)\s*:\s*(\d+)\s*,\s*(\d+)\s*:\s*(\d+)\s*\]")
TIMES = ("TIME-OBS", "UTC-OBS", "UT", "UTSTART", "UTC", "TIME")


def read_layout(path: Path) -> tuple[dict[str, Float[np.ndarray, "4 2"]], str]:
    """Read the corners of the detectors of an exposure.

    Parameters
    ----------
    path : Path
        A FITS file.

    Returns
    -------
    tuple of dict and str
        Corners by extension number as text, y upward, and where they are from: ``DETSEC`` [pixel of the focal plane],
        ``WCS`` [deg on the sky from its middle, north up and east to the left], or ``""`` and nothing where some
        detector tells neither, or two lie at one place.
    """
    units = _list_images(path)
    for source, found in (
        ("DETSEC", [_find_section(unit.header) for unit in units]),
        ("WCS", _place_on_sky(path, units)),
    ):
        known = [one for one in found if one is not None]
        middles = {tuple(one.mean(axis=0).round(6).tolist()) for one in known}
        if units and len(middles) == len(units):
            return {str(unit.index): one for unit, one in zip(units, known, strict=True)}, source
    return {}, ""


def read_start(path: Path) -> float:
    """Read when an exposure began [MJD]; NaN where its headers do not say."""
    headers = [unit.header for unit in _scan(path)[:2]]
    time = find_positive(headers, ("MJD-OBS", "MJD_OBS", "MJD"))
    if math.isfinite(time):
        return time
    text = find_text(headers, ("DATE-OBS", "DATEOBS"))
    text = text if "T" in text else f"{text}T{find_text(headers, TIMES)}"
    try:
        with ignore_warnings():
            return float(Time(text, format="isot", scale="utc").mjd)
    except ValueError:
        return math.nan


def _scan(path: Path) -> list[Hdu]:
    """Return the units of a FITS file; none of anything else."""
    try:
        return scan_hdus(path) if recognize_file(path) == "fits" else []
    except (*DAMAGE, ValueError):
        return []


def _list_images(path: Path) -> list[Hdu]:
    return [unit for unit in _scan(path) if len(unit.shape) == 2 and unit.complete]


def _find_section(header: Header) -> Float[np.ndarray, "4 2"] | None:
    """Return the corners that DETSEC says; sections run backward where a detector is read from its other side."""
    match = SECTION.search(str(header.get("DETSEC", "")))
    if match is None:
        return None
    first, last, bottom, top = (float(text) for text in match.groups())
    x, y = sorted((first, last)), sorted((bottom, top))
    return np.array([[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]])


def _place_on_sky(path: Path, units: list[Hdu]) -> list[Float[np.ndarray, "4 2"] | None]:
    """Return the corners of detectors around the middle of them all, in a tangential plane."""
    corners = [_find_corners(path, unit, units[0]) for unit in units]
    known = [one for one in corners if one is not None]
    if not known:
        return []
    ra, dec = np.radians(np.array(known)).transpose(2, 0, 1)
    mean = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)]).mean(axis=(1, 2))
    middle = np.arctan2(mean[1], mean[0]), np.arctan2(mean[2], np.hypot(mean[0], mean[1]))
    return [None if one is None else _project(one, middle) for one in corners]


def _find_corners(path: Path, unit: Hdu, primary: Hdu) -> Float[np.ndarray, "4 2"] | None:
    shape = unit.shape[0], unit.shape[1]
    wcs, _, _ = read_wcs(path, [unit.header, primary.header], shape)
    if wcs is None:
        return None
    x = np.array([0, shape[1] - 1, shape[1] - 1, 0], float)
    y = np.array([0, 0, shape[0] - 1, shape[0] - 1], float)
    with ignore_warnings():
        sky = np.stack(pixel_to_sky(wcs, x, y), axis=1)
    return sky if np.isfinite(sky).all() else None


def _project(sky: Float[np.ndarray, "4 2"], middle: tuple[float, float]) -> Float[np.ndarray, "4 2"]:
    """Project positions [deg] onto the tangential plane at a point [radian], east to the left [deg]."""
    ra, dec = np.radians(sky).T
    turn = ra - middle[0]
    depth = np.sin(middle[1]) * np.sin(dec) + np.cos(middle[1]) * np.cos(dec) * np.cos(turn)
    east = np.cos(dec) * np.sin(turn) / depth
    north = (np.cos(middle[1]) * np.sin(dec) - np.sin(middle[1]) * np.cos(dec) * np.cos(turn)) / depth
    return np.degrees(np.stack([-east, north], axis=1))
