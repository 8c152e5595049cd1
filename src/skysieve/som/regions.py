"""Where on a neuron's frame the distance between image and neuron is summed: a square, or a disk."""

import numpy as np
from jaxtyping import Bool

from skysieve.som.transforms import Geometry


def make_region(geometry: Geometry) -> Bool[np.ndarray, "row column"]:
    """Select the pixels of the frame that count in a distance.

    Parameters
    ----------
    geometry
        `region_side` is the side of the square, or the diameter of the disk.

    Returns
    -------
    Bool[np.ndarray, "row column"]
        True where a pixel counts. Where neuron_side - region_side is odd the region lies half a pixel off the center.

    Notes
    -----
    The disk is that of the PINK program: of even diameter (an odd one leaves its last row empty), its half-widths
    sqrt(2 R h - h^2) at h = row + 1/2, its ends rounded half away from zero.

    Examples
    --------
    >>> from skysieve.som.transforms import make_geometry
    >>> make_region(make_geometry(4, neuron_side=5, shape="circular")).astype(int)
    array([[0, 1, 1, 0, 0],
           [1, 1, 1, 1, 0],
           [1, 1, 1, 1, 0],
           [0, 1, 1, 0, 0],
           [0, 0, 0, 0, 0]])
    """
    wide, side = geometry.neuron_side, geometry.region_side
    region, first = np.zeros((wide, wide), bool), (wide - side) // 2
    if geometry.shape == "quadratic":
        region[first : first + side, first : first + side] = True
        return region
    center, radius = wide // 2, side // 2
    for row in range(side):
        height = row + 0.5
        square = 2 * radius * height - height * height
        if square >= 0:
            half = np.sqrt(square)
            region[first + row, int(np.floor(center - half + 0.5)) : int(np.floor(center + half + 0.5))] = True
    return region
