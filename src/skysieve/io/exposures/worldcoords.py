"""From pixels to the sky: celestial world coordinates with their distortions, and the local scale."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame
from astropy.wcs.wcs import WcsError
from jaxtyping import Float

from skysieve.io.exposures.headers import COMMENTARY, ignore_warnings, parse_number
from skysieve.records import ImageFlag

FRAME_KEYWORDS = ("RADESYS", "RADECSYS", "EQUINOX", "EPOCH", "MJD-OBS", "DATE-OBS")
LINEAR = re.compile(r"(CRVAL|CRPIX|CDELT|CROTA)\d|(CD|PC)\d_\d")
FAILURES = (WcsError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, MemoryError, RuntimeError)
"""What astropy raises for coordinates that cannot be: it has no common base class for them."""


def read_wcs(path: Path, headers: Sequence[fits.Header], shape: tuple[int, int]) -> tuple[WCS | None, ImageFlag, str]:
    """Read the celestial coordinates of an image with distortions (SIP, TPV, DSS, lookup tables).

    Parameters
    ----------
    path : Path
        The FITS file, opened again only where the header refers to lookup tables.
    headers : sequence of Header
        The image's header, then the primary one, which lends the frame and, if the first has none, everything.
    shape : tuple of int
        Rows and columns: the center must have a position.

    Returns
    -------
    tuple of WCS or None, ImageFlag and str
        None with NO_WCS where there are no celestial axes, None with BAD_WCS and a clause where they are unusable.
    """
    header = _merge(headers)
    if "AMDX1" not in header and not any(str(header.get(f"CTYPE{axis}", "")).strip() for axis in range(1, 5)):
        return None, ImageFlag.NO_WCS, ""
    try:
        with ignore_warnings():
            wcs = _build(path, header)
            if wcs is None:
                return None, ImageFlag.NO_WCS, ""
            center = (np.array([(shape[1] - 1) / 2]), np.array([(shape[0] - 1) / 2]))
            scale = measure_local_scale(wcs, *center)[0]
    except FAILURES as error:
        reason = str(error).strip().splitlines()[-1].strip() if str(error).strip() else type(error).__name__
        return None, ImageFlag.BAD_WCS, f"the world coordinates cannot be used ({reason}); ra and dec will be unknown"
    if not (np.isfinite(scale) and scale > 0):
        return None, ImageFlag.BAD_WCS, "the world coordinates are singular or give no position at the image center"
    return wcs, ImageFlag(0), ""


def pixel_to_sky(
    wcs: WCS, x: Float[np.ndarray, " source"], y: Float[np.ndarray, " source"]
) -> tuple[Float[np.ndarray, " source"], Float[np.ndarray, " source"]]:
    """Convert pixel positions to ICRS.

    Parameters
    ----------
    wcs : WCS
        Celestial, two-dimensional; FK4, FK5, galactic and ICRS frames are converted.
    x, y : ndarray, shape (source,)
        0-based pixel centers [pixel].

    Returns
    -------
    tuple of ndarray, shape (source,)
        ra, dec [deg]; NaN where the input is NaN or the projection fails.
    """
    ra, dec = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    good = np.isfinite(x) & np.isfinite(y)
    if not good.any():
        return ra, dec
    with ignore_warnings():
        try:
            first, second = wcs.all_pix2world(x[good].astype(float), y[good].astype(float), 0)
            longitude, latitude = (second, first) if wcs.wcs.lng == 1 else (first, second)
            ra[good], dec[good] = _to_icrs(wcs, longitude, latitude)
        except FAILURES:
            return ra, dec
    return ra, dec


def sky_to_pixel(
    wcs: WCS, ra: Float[np.ndarray, " source"], dec: Float[np.ndarray, " source"]
) -> tuple[Float[np.ndarray, " source"], Float[np.ndarray, " source"]]:
    """Convert ICRS positions to pixels.

    Parameters
    ----------
    wcs : WCS
        Celestial, two-dimensional.
    ra, dec : ndarray, shape (source,)
        ICRS [deg].

    Returns
    -------
    tuple of ndarray, shape (source,)
        x, y, 0-based pixel centers [pixel]; NaN where the input is NaN or lies on the far side of the sky.
    """
    x, y = np.full(ra.shape, np.nan), np.full(ra.shape, np.nan)
    good = np.isfinite(ra) & np.isfinite(dec) & (np.abs(dec) <= 90)
    if not good.any():
        return x, y
    with ignore_warnings():
        try:
            sky = SkyCoord(ra[good], dec[good], unit="deg", frame="icrs").transform_to(wcs_to_celestial_frame(wcs))
            angles = sky.spherical.lon.deg, sky.spherical.lat.deg
            first, second = angles[::-1] if wcs.wcs.lng == 1 else angles
            x[good], y[good] = wcs.all_world2pix(first, second, 0, quiet=True)
        except FAILURES:
            return x, y
    return x, y


def measure_local_scale(
    wcs: WCS, x: Float[np.ndarray, " source"], y: Float[np.ndarray, " source"]
) -> Float[np.ndarray, " source"]:
    """Measure the side of a square that covers as much sky as the pixel does.

    Parameters
    ----------
    wcs : WCS
        Celestial, two-dimensional.
    x, y : ndarray, shape (source,)
        0-based pixel centers [pixel].

    Returns
    -------
    ndarray, shape (source,)
        Scale [arcsec/pixel], the square root of the pixel's area from central differences half a pixel to each side;
        NaN where the projection fails.
    """
    along_x = _point(wcs, x + 0.5, y) - _point(wcs, x - 0.5, y)
    along_y = _point(wcs, x, y + 0.5) - _point(wcs, x, y - 0.5)
    area = np.linalg.norm(np.cross(along_x, along_y), axis=-1)
    scale: Float[np.ndarray, " source"] = np.degrees(np.sqrt(area)) * 3600
    return scale


def _point(wcs: WCS, x: Float[np.ndarray, " source"], y: Float[np.ndarray, " source"]) -> Float[np.ndarray, "source 3"]:
    """Return the unit vectors toward pixel positions."""
    ra, dec = (np.radians(angle) for angle in pixel_to_sky(wcs, x, y))
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def _to_icrs(
    wcs: WCS, longitude: Float[np.ndarray, " n"], latitude: Float[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    frame = wcs_to_celestial_frame(wcs)
    if frame.name == "icrs":
        return longitude % 360, latitude
    sky = SkyCoord(longitude, latitude, unit="deg", frame=frame).icrs
    return np.asarray(sky.ra.deg), np.asarray(sky.dec.deg)


def _merge(headers: Sequence[fits.Header]) -> fits.Header:
    """Lend the frame keywords of the primary header to an extension that leaves them out."""
    header: fits.Header = headers[0].copy()
    lent = FRAME_KEYWORDS if "CTYPE1" in header else tuple(headers[-1])
    for keyword in lent:
        if keyword in headers[-1] and keyword not in header and keyword not in COMMENTARY:
            header[keyword] = headers[-1][keyword]
    return header


def _build(path: Path, header: fits.Header) -> WCS | None:
    """Build the WCS; None where it has no celestial axes."""
    for keyword in filter(LINEAR.fullmatch, list(header)):
        header[keyword] = parse_number(header[keyword])
        if not np.isfinite(header[keyword]):
            raise ValueError(f"{keyword} is not a number")
    for keyword in ("CTYPE1", "CTYPE2"):
        if "A_ORDER" in header and str(header.get(keyword, "")).endswith("-TAN"):
            header[keyword] += "-SIP"
    tables = any(key.startswith(("CPDIS", "D2IMDIS", "CQDIS", "D2IMARR")) for key in header)
    tables = tables or any("-TAB" in str(header.get(f"CTYPE{axis}", "")) for axis in (1, 2))
    if not tables:
        wcs = WCS(header, naxis=2)
    else:
        with fits.open(path) as units:
            wcs = WCS(header, fobj=units, naxis=2)
    wcs.wcs.set()
    return wcs if wcs.has_celestial else None
