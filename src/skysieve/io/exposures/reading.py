"""The pixels of one detector, with all that is known of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

import numpy as np
from astropy.io.fits import Header
from astropy.wcs import WCS
from jaxtyping import Bool

from skysieve.io.exposures.calibration import read_calibration
from skysieve.io.exposures.hdus import Hdu, open_hdu
from skysieve.io.exposures.pixels import Blocks, find_top, read_stored, read_tiled
from skysieve.io.exposures.planes import make_bad, make_data, make_variance
from skysieve.io.exposures.rasters import find_depth, read_picture
from skysieve.io.exposures.recipe import InputRecipe
from skysieve.io.exposures.roles import find_bad_bits
from skysieve.io.exposures.streams import DAMAGE, recognize_file
from skysieve.io.exposures.worldcoords import pixel_to_sky, read_wcs, sky_to_pixel
from skysieve.records import Band, BandAddress, Detector, DetectorAddress, ImageFlag, PixelAddress

MOST_APART = 1.0
"""Distance [pixel] on the sky up to which the bands of a field count as aligned."""


LARGE_LEVEL = 1e6
"""Level from which the digits of a 32-bit float may run out."""

FEWEST_STEPS = 5
"""Steps of a 32-bit float that the usual difference between pixels spans at least."""


@dataclass(frozen=True)
class Opened:
    """An open plane of pixels: its rows, its headers (none for pictures), its unit (None for pictures)."""

    blocks: Blocks
    headers: tuple[Header, ...]
    hdu: Hdu | None


@dataclass(frozen=True)
class Reading:
    """One band as read, with its world coordinates and what was wrong with it."""

    band: Band
    sky: tuple[WCS | None, ImageFlag, str]
    flags: ImageFlag
    messages: tuple[str, ...]


def read_detector(address: DetectorAddress, recipe: InputRecipe) -> Detector:
    """Read the pixels of one detector, and of no other.

    Memory: the float32 planes, the bad-pixel planes and a few MB; files are read a block of rows at a time. Time: a
    gzip or bzip2 file is decompressed from its beginning to the detector's last pixel at every call, so unpack large
    mosaics first; of a tile-compressed (.fz) file only the detector's tiles are decompressed.

    Parameters
    ----------
    address : DetectorAddress
        An item of ``list_detectors`` that has bands.
    recipe : InputRecipe
        Overrides of what the headers say; an unknown reference band leaves the first one in its place.

    Returns
    -------
    Detector
        Finite float32 data, zero where bad: NaN, infinite, BLANK, beyond 1e30, masked, or of no positive weight.
        Rows are as stored (FITS: row 0 is y = 0; pictures: the top row is y = 0). A header that tells too little or
        wrongly sets flags and messages, each beginning with the label. All pixels may be bad.

    Raises
    ------
    ValueError
        If the address has no bands; the message is the address's own. If the world coordinates of two bands put the
        same pixel more than a pixel apart: such bands must be aligned first.
    OSError
        If the pixels cannot be read any more (file gone, damaged compression), in one sentence.
    """
    if not address.bands:
        raise ValueError("; ".join(address.messages) or f"{address.label}: there is no image to read")
    try:
        readings = [_read_band(band, address.shape, recipe) for band in address.bands]
    except (*DAMAGE, ValueError) as error:
        raise OSError(f"{address.label}: {error}; fetch the file again") from None
    _check_aligned(address, [reading.sky[0] for reading in readings])
    names = [band.name for band in address.bands]
    reference = names.index(recipe.reference_band) if recipe.reference_band in names else 0
    wcs, lost, complaint = next((r.sky for r in readings if r.sky[0] is not None), readings[reference].sky)
    flags = reduce(or_, (reading.flags for reading in readings), address.flags | lost)
    clauses = [*_gather_clauses(readings), *([complaint] if complaint else [])]
    if recipe.reference_band is not None and recipe.reference_band not in names:
        clauses.append(f"there is no band {recipe.reference_band}; {names[0] or 'the only one'} is the reference")
    messages = (*address.messages, *(f"{address.label}: {clause}" for clause in clauses))
    return Detector(address.label, tuple(r.band for r in readings), wcs, flags, messages, reference)


def _check_aligned(address: DetectorAddress, sky: Sequence[WCS | None]) -> None:
    """Refuse bands whose pixels do not lie on the same sky: every flux but the first band's would be wrong."""
    known = [(band.name, wcs) for band, wcs in zip(address.bands, sky, strict=True) if wcs is not None]
    rows, columns = address.shape
    corners = np.array([0.0, columns - 1, 0.0, columns - 1]), np.array([0.0, 0.0, rows - 1, rows - 1])
    for name, wcs in known[1:]:
        x, y = sky_to_pixel(known[0][1], *pixel_to_sky(wcs, *corners))
        apart = np.hypot(x - corners[0], y - corners[1])
        if (apart[np.isfinite(apart)] > MOST_APART).any():
            raise ValueError(
                f"{address.label}: bands {known[0][0]} and {name} lie {np.nanmax(apart):.1f} pixels apart on the sky; "
                "resample them to one pixel grid first"
            )


def _gather_clauses(readings: Sequence[Reading]) -> list[str]:
    """Collect what is wrong: once where all bands say it, else with the band's name."""
    shared = set.intersection(*(set(reading.messages) for reading in readings))
    own = [f"band {r.band.name}: {m}" for r in readings for m in r.messages if m not in shared]
    return [*(message for message in readings[0].messages if message in shared), *own]


def _read_band(address: BandAddress, shape: tuple[int, int], recipe: InputRecipe) -> Reading:
    with _open_plane(address.image) as plane:
        data, bad = make_data(plane.blocks, shape)
    if address.mask is not None:
        bad |= _read_mask(address.mask, shape, recipe)
    variance = None
    if address.weight is not None:
        with _open_plane(address.weight) as weights:
            variance, weightless = make_variance(weights.blocks, shape, kind=address.weight_kind)
        bad |= weightless
        variance[bad] = 0
    data[bad] = 0
    recipe = replace(recipe, zeropoint=recipe.zeropoints.get(address.name, recipe.zeropoint))
    calibration, flags, messages = read_calibration(plane.headers, recipe, top=_find_top(address.image, plane))
    band = Band(address.name, data, bad, variance, calibration)
    messages = (*messages, *_find_lost_digits(data, bad))
    if plane.hdu is None:
        return Reading(band, (None, ImageFlag.NO_WCS, ""), flags, ())
    if broken := plane.hdu.broken:
        flags |= ImageFlag.BROKEN_HEADER
        cards = f"{len(broken)} header cards (first {broken[0]}) break the FITS standard and were repaired or skipped"
        messages = (*messages, cards)
    return Reading(band, read_wcs(address.image.path, plane.headers, shape), flags, messages)


def _find_lost_digits(data: np.ndarray, bad: np.ndarray) -> list[str]:
    """Say so where the pixels differ by hardly more than a 32-bit float resolves at their level."""
    sample = data[::7, ::7][~bad[::7, ::7]]
    level = float(np.median(sample)) if sample.size else 0.0
    scatter = float(np.median(np.abs(sample - level))) if sample.size else 0.0
    if abs(level) < LARGE_LEVEL or scatter > FEWEST_STEPS * float(np.spacing(np.float32(abs(level)))):
        return []
    return [
        f"its pixels lie around {level:g}, where 32-bit floats may hide their differences; subtract a constant first"
    ]


def _read_mask(address: PixelAddress, shape: tuple[int, int], recipe: InputRecipe) -> Bool[np.ndarray, "y x"]:
    with _open_plane(address) as plane:
        bits = find_bad_bits(plane.headers) if recipe.bad_bits is None else recipe.bad_bits
        return make_bad(plane.blocks, shape, bits=bits)


def _find_top(address: PixelAddress, plane: Opened) -> float:
    return find_depth(address.path) if plane.hdu is None else find_top(plane.hdu)


@contextmanager
def _open_plane(address: PixelAddress) -> Iterator[Opened]:
    """Open a plane of a FITS file or a picture."""
    if recognize_file(address.path) == "picture":
        yield Opened(read_picture(address.path, address.plane), (Header(),), None)
        return
    with open_hdu(address.path, address.hdu) as (stream, hdu, primary):
        tiled = hdu.tiled
        blocks = read_tiled(address.path, hdu, address.plane) if tiled else read_stored(stream, hdu, address.plane)
        yield Opened(blocks, (hdu.header,) if address.hdu == 0 else (hdu.header, primary), hdu)
