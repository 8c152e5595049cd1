"""Whose pixels are whose on a stamp of one galaxy and what happens to be beside it."""

from dataclasses import dataclass

import numpy as np
import sep
from jaxtyping import Bool, Float, Int

from skysieve.extraction.smoothing import make_kernel

THRESHOLD, AREA, LEVELS, CONTRAST = 1.5, 5, 32, 0.005
"""SExtractor's defaults: DETECT_THRESH, DETECT_MINAREA, DEBLEND_NTHRESH, DEBLEND_MINCONT."""

SMOOTHING = 2.0
"""FWHM of the filter before detection [pixel]."""

REACH = 5.0
"""Farthest pixel of the galaxy from where it should be [pixel]."""


@dataclass(frozen=True)
class StampSegments:
    """Objects of a stamp.

    ``labels`` holds the number of the object (from 1) that a pixel belongs to, 0 for sky; ``own`` is the number of the
    galaxy that the stamp is of, 0 where none is seen there.
    """

    labels: Int[np.ndarray, "y x"]
    own: int


def make_detection_kernel() -> Float[np.ndarray, "v u"]:
    """Return the filter by which stamps are smoothed before detection; it sums to one."""
    kernel = make_kernel(SMOOTHING)
    return np.outer(kernel, kernel)


def segment_stamp(
    stamp: Float[np.ndarray, "y x"], *, noise: float, bad: Bool[np.ndarray, "y x"], x: float, y: float
) -> StampSegments:
    """Tell a galaxy from its neighbors.

    Parameters
    ----------
    stamp : ndarray, shape (y, x)
        Without background; pixels under ``bad`` are not looked at.
    noise : float
        Standard deviation of a pixel [stamp unit]; where neighbors are correlated, as much larger as the smoothed
        noise is than that of pixels on their own.
    bad : ndarray, shape (y, x)
        Pixels not to use.
    x, y : float
        Where the galaxy is [pixel].

    Returns
    -------
    StampSegments
        The galaxy is the object at the position, else the one whose pixels come nearest to it, within 5 pixels.
    """
    pixels = np.where(bad, 0, stamp).astype(np.float32)
    _, labels = sep.extract(
        pixels, THRESHOLD, err=noise, mask=bad, minarea=AREA, deblend_nthresh=LEVELS, deblend_cont=CONTRAST,
        filter_kernel=make_detection_kernel().astype(np.float32), filter_type="conv", segmentation_map=True,
    )  # fmt: skip
    rows, columns = np.nonzero(labels)
    if not len(rows):
        return StampSegments(labels.astype(np.int64), 0)
    distance = np.hypot(columns - x, rows - y)
    nearest = int(np.argmin(distance))
    own = int(labels[rows[nearest], columns[nearest]]) if distance[nearest] <= REACH else 0
    return StampSegments(labels.astype(np.int64), own)
