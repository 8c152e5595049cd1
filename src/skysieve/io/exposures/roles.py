"""What the names in headers say: which planes are masks and weights, which filter an image was taken in."""

import functools
import re
from collections.abc import Sequence
from typing import Literal

from astropy.io.fits import Header

from skysieve.io.exposures.headers import find_text

Role = Literal["science", "mask", "ivar", "variance", "rms", "other"]

ROLE_NAMES: dict[Role, frozenset[str]] = {
    "mask": frozenset({"MASK", "DQ", "FLAGS", "FLAG", "BPM", "BADPIX", "QUALITY"}),
    "ivar": frozenset({"WEIGHT", "WEIGHTS", "WHT", "IVAR", "INVVAR", "WT"}),
    "variance": frozenset({"VAR", "VARIANCE"}),
    "rms": frozenset({"ERR", "ERROR", "ERRORS", "RMS", "SIGMA", "UNCERT", "UNCERTAINTY", "NOISE", "STDDEV"}),
    "other": frozenset({"CHI", "CHISQ", "CTX", "CON", "WMAP", "EXPMAP", "NEXP", "SAMP", "TIME", "AREA", "PSF", "BKG"}),
}
CLEAR = re.compile(r"clear|open|none|n/?a|empty|blank|-+", re.IGNORECASE)


@functools.lru_cache(maxsize=1024)
def find_role(extname: str) -> Role:
    """Tell from an extension's name what its pixels are.

    Examples
    --------
    >>> find_role("SCI"), find_role("DQ"), find_role("N15_MASK"), find_role("VAR_RNOISE"), find_role("CHI2")
    ('science', 'mask', 'mask', 'other', 'other')
    """
    words = [word for word in re.split(r"[^A-Z]+", extname.upper()) if word]
    if words[:1] == ["VAR"] and len(words) > 1:
        return "other"
    for word in (*words[-1:], *words[:1]):
        for role, names in ROLE_NAMES.items():
            if word in names:
                return role
    return "science"


@functools.lru_cache(maxsize=1024)
def strip_role(extname: str) -> str:
    """Leave out of an extension's name the word that tells its role, so that N15 and N15_MASK are found alike."""
    known = frozenset[str]().union(*ROLE_NAMES.values()) | {"SCI", "IMAGE"}
    words = re.findall(r"[A-Z]+|\d+", extname.upper())
    return "".join(word for word in words if word not in known)


def name_band(headers: Sequence[Header]) -> str:
    """Name the filter of a plain image in one short word; "" where the headers do not tell.

    Examples
    --------
    >>> name_band([Header({"FILTER": "r DECam SDSS c0002 6415.0 1480.0"})])
    'r'
    >>> name_band([Header({"FILTER1": "CLEAR1L", "FILTER2": "F814W"})])
    'F814W'
    """
    for keyword in ("FILTER", "FILTNAM", "BAND", "FILTER1", "FILTER2"):
        text = find_text(headers, (keyword,))
        if text and not CLEAR.match(text):
            return _shorten(text)
    return _shorten(find_text(headers, ("FILTER", "FILTNAM", "BAND")))


def name_planes(headers: Sequence[Header], count: int) -> tuple[str, ...]:
    """Name the planes of a cube: BAND0.. or FILTER1.. keywords, else the letters of BANDS, else their numbers."""
    for stem in ("BAND", "FILTER", "FILT"):
        for first in (0, 1):
            names = tuple(_shorten(find_text(headers, (f"{stem}{first + i}",))) for i in range(count))
            if all(names) and len(set(names)) == count:
                return names
    letters = tuple(find_text(headers, ("BANDS",)))
    if len(letters) == count == len(set(letters)) and all(letter.isalnum() for letter in letters):
        return letters
    return tuple(str(plane) for plane in range(count))


def find_bad_bits(headers: Sequence[Header]) -> int | None:
    """Bits that mean bad in masks that mark good pixels, too; None where every bit means bad.

    LSST planes name their bits in MP_ keywords (BAD, NO_DATA, SAT and CR count); JWST uses bit 0 (DO_NOT_USE).
    """
    bits = [header.get(f"MP_{name}") for header in headers for name in ("BAD", "NO_DATA", "SAT", "CR")]
    known = {bit for bit in bits if isinstance(bit, int) and 0 <= bit < 63}
    if known:
        return sum(1 << bit for bit in known)
    return 1 if find_text(headers, ("TELESCOP",)).upper() == "JWST" else None


def _shorten(text: str) -> str:
    """First word of a filter's name, without characters that columns cannot have."""
    words = (re.sub(r"[^A-Za-z0-9_+-]", "_", word.replace("'", "")) for word in re.split(r"[\s,;/]+", text))
    return next((word.strip("_")[:24] for word in words if word.strip("_")), "")
