"""Cells of the sky as groups of objects that share their conditions."""

import math

import numpy as np
from jaxtyping import Float, Int64

from skysieve.metrics.checks import require_finite, require_same_length


def make_sky_cells(
    ra: Float[np.ndarray, " object"], dec: Float[np.ndarray, " object"], *, size: float
) -> Int64[np.ndarray, " object"]:
    """Give each object the number of the cell of the sky in which it lies, to bootstrap over cells.

    Parameters
    ----------
    ra, dec : ndarray, shape (object,)
        [deg]; any turn of right ascension. NaN is refused.
    size : float
        Height of a cell [deg], and about its width.

    Returns
    -------
    ndarray of int64, shape (object,)
        The same number in the same cell, whatever the other objects are; not consecutive.

    Raises
    ------
    ValueError
        When lengths differ, a coordinate is not finite, a declination is outside [-90, 90] or the size is not positive.

    Notes
    -----
    Strips of equal height in declination, from the south pole up, each cut into a whole number of cells as wide as high
    at the middle of the strip.

    Examples
    --------
    >>> cells = make_sky_cells(np.array([359.99, -0.01, 10.0]), np.array([5.0, 5.0, 5.0]), size=1.0)
    >>> bool(cells[0] == cells[1]), bool(cells[0] == cells[2])
    (True, False)
    """
    require_same_length(ra=ra, dec=dec)
    require_finite("ra", ra)
    require_finite("dec", dec)
    if not size > 0:
        raise ValueError(f"size={size}: a positive size in degrees is wanted")
    if dec.size and np.abs(dec).max() > 90:
        raise ValueError(f"dec: {dec[np.abs(dec) > 90][0]} lies outside [-90, 90] degrees")
    strips = max(1, math.ceil(180 / size))
    strip = np.minimum((dec.astype(np.float64) + 90) // size, strips - 1).astype(np.int64)
    middle = np.minimum((strip + 0.5) * size - 90, 90)
    cells = np.maximum(1, np.round(360 * np.cos(np.deg2rad(middle)) / size)).astype(np.int64)
    cell = np.minimum((ra.astype(np.float64) % 360 / 360 * cells).astype(np.int64), cells - 1)
    return strip * (math.ceil(360 / size) + 1) + cell
