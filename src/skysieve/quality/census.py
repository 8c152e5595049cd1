"""Which detectors an exposure has, by what its headers say: their names, their marks, their places on the sky."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy.io.fits import Header
from jaxtyping import Float

from skysieve.io.exposures import measure_local_scale, pixel_to_sky
from skysieve.io.exposures.hdus import scan_hdus
from skysieve.io.exposures.headers import find_positive, find_text
from skysieve.io.exposures.streams import DAMAGE
from skysieve.io.exposures.worldcoords import read_wcs
from skysieve.records import DetectorAddress

NAMES = ("EXTNAME", "CCDNAME", "DETPOS", "CCDNUM", "CCDCHIP", "IMAGEID")
"""Keywords that name a detector; the first counts that all detectors of an exposure have, not all with one value."""

MARKS = ("CCDNAME", "CCDNUM", "DETPOS", "IMAGEID", "DETSEC")
"""Keywords that stay with a detector's name from exposure to exposure."""

ARCSECONDS = ("ASTRMS", "ASTRMS1", "ASTRMS2", "RA_RMS", "DEC_RMS", "RMS_RA", "RMS_DEC", "WCSRMS", "ASTROMRMS")
"""Keywords of the astrometric scatter [arcsec]."""

DEGREES = ("ASTRRMS1", "ASTRRMS2", "ASTIRMS1", "ASTIRMS2")
"""Those that SCAMP writes [deg]: against the reference catalog, then between exposures."""

LARGEST_DEGREES = 1e-3
"""A scatter above this was converted: no solution with 3.6 arcsec is kept."""


@dataclass(frozen=True)
class Place:
    """What the headers say of one detector.

    ``extension`` is its extension number; ``marks`` hold keywords and their values as text; ``ra``, ``dec`` [deg] are
    those of its middle, ``angle`` [deg] is the direction of +x on the sky, ``side`` [deg] the shorter side; NaN without
    world coordinates.
    """

    name: str
    extension: int
    shape: tuple[int, int]
    marks: tuple[tuple[str, str], ...] = ()
    ra: float = math.nan
    dec: float = math.nan
    angle: float = math.nan
    side: float = math.nan


@dataclass(frozen=True)
class Census:
    """The detectors of one exposure, and its camera.

    ``camera`` is INSTRUME, or says how many detectors there are where the header has none; ``scatter`` [arcsec] is the
    astrometric one, the median over detectors, NaN where no header tells.
    """

    camera: str
    places: tuple[Place, ...]
    scatter: float = math.nan


def take_census(addresses: Sequence[DetectorAddress]) -> Census:
    """Read what the headers of an exposure say of its detectors.

    Parameters
    ----------
    addresses : sequence of DetectorAddress
        Of one exposure; those without bands are passed over.

    Returns
    -------
    Census
        Without places, and with an empty camera, where nothing can be read.
    """
    readable = [one for one in addresses if one.bands]
    headers = _read_headers(readable) or [[Header()] for _ in readable]
    if not headers:
        return Census("", ())
    keyword = _choose_name([found[0] for found in headers])
    places = [
        _describe(address, found, name=_read_mark(found[0], keyword) or str(number))
        for number, (address, found) in enumerate(zip(readable, headers, strict=True))
    ]
    camera = next(filter(None, (find_text(found, ("INSTRUME",)) for found in headers)), "")
    scatters = [one for one in map(_find_scatter, headers) if math.isfinite(one)]
    scatter = float(np.median(scatters)) if scatters else math.nan
    return Census(camera or f"a camera of {len(places)} detectors", tuple(places), scatter)


def _read_headers(addresses: Sequence[DetectorAddress]) -> list[list[Header]]:
    """Return for each detector its header and the primary one; nothing where there are none, as in pictures."""
    images = [one.bands[0].image for one in addresses]
    try:
        files = {path: {unit.index: unit.header for unit in scan_hdus(path)} for path in {one.path for one in images}}
        return [[files[one.path][one.hdu], files[one.path][0]] for one in images]
    except (*DAMAGE, KeyError):
        return []


def _choose_name(headers: Sequence[Header]) -> str:
    """Return the keyword that names the detectors; "" where none does."""
    for keyword in NAMES:
        values = [_read_mark(header, keyword) for header in headers]
        if all(values) and (len(values) == 1 or len(set(values)) > 1):
            return keyword
    return ""


def _read_mark(header: Header, keyword: str) -> str:
    return str(header.get(keyword, "")).strip() if keyword else ""


def _describe(address: DetectorAddress, headers: Sequence[Header], *, name: str) -> Place:
    image, shape = address.bands[0].image, address.shape
    marks = [(keyword, _read_mark(headers[0], keyword)) for keyword in MARKS]
    marks = [(keyword, value) for keyword, value in marks if value]
    wcs, _, _ = read_wcs(image.path, headers, shape)
    if wcs is None:
        return Place(name, image.hdu, shape, tuple(marks))
    middle = np.array([(shape[1] - 1) / 2, (shape[1] + 1) / 2]), np.full(2, (shape[0] - 1) / 2)
    ra, dec = pixel_to_sky(wcs, *middle)
    side = float(measure_local_scale(wcs, middle[0][:1], middle[1][:1])[0]) * min(shape) / 3600
    return Place(name, image.hdu, shape, tuple(marks), float(ra[0]), float(dec[0]), _find_angle(ra, dec), side)


def _find_angle(ra: Float[np.ndarray, "2"], dec: Float[np.ndarray, "2"]) -> float:
    """Return the direction from one position to the next [deg], from north over east."""
    east = ((ra[1] - ra[0] + 180) % 360 - 180) * math.cos(math.radians(dec[0]))
    return math.degrees(math.atan2(east, dec[1] - dec[0]))


def _find_scatter(headers: Sequence[Header]) -> float:
    """Return the largest astrometric scatter that a header tells of [arcsec]; NaN where it tells none."""
    plain = [find_positive(headers, (keyword,)) for keyword in ARCSECONDS]
    scamp = [find_positive(headers, (keyword,)) for keyword in DEGREES]
    scamp = [value * 3600 if value < LARGEST_DEGREES else value for value in scamp]
    known = [value for value in (*plain, *scamp[:2]) if math.isfinite(value)] or [v for v in scamp if math.isfinite(v)]
    return max(known, default=math.nan)
