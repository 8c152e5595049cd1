"""Square stamps around sources, of the pixels as they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from types import MappingProxyType

import numpy as np
from jaxtyping import Float, Float32, Int64

from skysieve.records import Detector


class CutoutFlag(IntFlag):
    """Bits of the column ``cutout_flags``: what is amiss with a stamp."""

    BORDER = 1
    BAD_PIXELS = 2
    OFF_IMAGE = 4
    NO_POSITION = 8
    UNREADABLE = 16


CUTOUT_FLAG_SENTENCES: Mapping[CutoutFlag, str] = MappingProxyType(
    {
        CutoutFlag.BORDER: "the stamp crosses the image border; pixels beyond it are NaN",
        CutoutFlag.BAD_PIXELS: "the stamp holds pixels that are bad in some band (NaN, infinite or masked)",
        CutoutFlag.OFF_IMAGE: "the source is on none of the images; all pixels are NaN",
        CutoutFlag.NO_POSITION: "the catalog knows no position of the source; all pixels are NaN",
        CutoutFlag.UNREADABLE: "the image could not be read; all pixels are NaN",
    }
)


@dataclass(frozen=True, eq=False)
class Stamps:
    """Stamps of one detector, bad pixels and those beyond the border NaN.

    ``dx`` and ``dy`` are the position of the source minus the middle of its stamp [pixel], in [-0.5, 0.5);
    ``variance`` is None where a band has none; ``flags`` are CutoutFlag bits.
    """

    image: Float32[np.ndarray, "source band row column"]
    variance: Float32[np.ndarray, "source band row column"] | None
    dx: Float[np.ndarray, " source"]
    dy: Float[np.ndarray, " source"]
    flags: Int64[np.ndarray, " source"]


def find_corners(
    x: Float[np.ndarray, " source"], y: Float[np.ndarray, " source"], *, side: int
) -> tuple[Int64[np.ndarray, " source"], Int64[np.ndarray, " source"]]:
    """Return the first column and row of the stamps whose middle lies nearest to positions.

    Parameters
    ----------
    x, y : ndarray, shape (source,)
        0-based pixel centers [pixel]; finite.
    side : int
        Side of the stamps [pixel]. The middle of an odd one is a pixel, that of an even one a corner of four.

    Examples
    --------
    >>> find_corners(np.array([10.4]), np.array([10.6]), side=3)
    (array([9]), array([10]))
    """
    left, bottom = (np.floor(axis - (side - 1) / 2 + 0.5).astype(np.int64) for axis in (x, y))
    return left, bottom


def cut_stamps(
    detector: Detector, x: Float[np.ndarray, " source"], y: Float[np.ndarray, " source"], *, side: int
) -> Stamps:
    """Cut square stamps out of all bands of a detector, without interpolation.

    Parameters
    ----------
    detector : Detector
        The image.
    x, y : ndarray, shape (source,)
        Positions of the sources, 0-based pixel centers [pixel]; NaN is nowhere.
    side : int
        Side of the stamps [pixel].

    Returns
    -------
    Stamps
        In the order given. A stamp wholly outside is all NaN with OFF_IMAGE.

    Raises
    ------
    ValueError
        If the side is not positive.
    """
    if side < 1:
        raise ValueError(f"side = {side}: a positive number of pixels is wanted")
    known = np.isfinite(x) & np.isfinite(y)
    at_x, at_y = np.where(known, x, 0.0), np.where(known, y, 0.0)
    left, bottom = find_corners(at_x, at_y, side=side)
    with_variance = all(band.variance is not None for band in detector.bands)
    planes = np.full((2 if with_variance else 1, len(x), len(detector.bands), side, side), np.nan, np.float32)
    flags = np.where(known, 0, int(CutoutFlag.NO_POSITION)).astype(np.int64)
    for row in np.flatnonzero(known):
        flags[row] = _copy_stamp(detector, planes[:, row], left=int(left[row]), bottom=int(bottom[row]))
    middle = (side - 1) / 2
    dx, dy = (np.where(known, axis - first - middle, np.nan) for axis, first in ((at_x, left), (at_y, bottom)))
    return Stamps(planes[0], planes[1] if with_variance else None, dx, dy, flags)


def _copy_stamp(
    detector: Detector, planes: Float32[np.ndarray, "plane band row column"], *, left: int, bottom: int
) -> int:
    """Fill one stamp's image (and variance) with what the detector has of it, and return its flags."""
    side = planes.shape[-1]
    height, width = detector.shape
    rows, columns = (
        slice(max(0, first), max(0, min(extent, first + side))) for first, extent in ((bottom, height), (left, width))
    )
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return int(CutoutFlag.OFF_IMAGE)
    inside = (slice(rows.start - bottom, rows.stop - bottom), slice(columns.start - left, columns.stop - left))
    whole = rows.stop - rows.start == columns.stop - columns.start == side
    flags = CutoutFlag(0) if whole else CutoutFlag.BORDER
    for number, band in enumerate(detector.bands):
        bad = band.bad[rows, columns]
        flags |= CutoutFlag.BAD_PIXELS if bad.any() else CutoutFlag(0)
        planes[0, number][inside] = np.where(bad, np.nan, band.data[rows, columns])
        if len(planes) > 1 and band.variance is not None:
            planes[1, number][inside] = np.where(bad, np.nan, band.variance[rows, columns])
    return int(flags)
