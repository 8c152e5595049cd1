"""Measures of masks drawn on neurons: extent, valid region, ratio of areas."""

from collections.abc import Collection, Mapping

import numpy as np
from jaxtyping import Bool, Int
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import cdist


def measure_extent(mask: Bool[np.ndarray, "y x"]) -> tuple[float, Int[np.ndarray, "2 2"]]:
    """Find the two pixels of a mask that lie farthest apart.

    Parameters
    ----------
    mask
        True where there is emission.

    Returns
    -------
    distance
        Between their centers [pixel]; 0 for a single pixel, NaN for an empty mask.
    pixels
        Both pixels as (x, y); -1 for an empty mask.

    Notes
    -----
    The farthest pixels are corners of the convex hull, so only those are compared in pairs.

    Examples
    --------
    >>> mask = np.zeros((5, 5), bool)
    >>> mask[1, 0:4] = True
    >>> measure_extent(mask)
    (3.0, array([[0, 1],
           [3, 1]]))
    """
    if not mask.any():
        return float("nan"), np.full((2, 2), -1)
    corners = _find_corners(mask)
    distances = cdist(corners, corners)
    first, second = np.unravel_index(distances.argmax(), distances.shape)
    return float(distances[first, second]), corners[[first, second]]


def _find_corners(mask: Bool[np.ndarray, "y x"]) -> Int[np.ndarray, "corner 2"]:
    """Pixels (x, y) among which the corners of the convex hull are."""
    rows = np.flatnonzero(mask.any(axis=1))
    left = mask[rows].argmax(axis=1)
    right = mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)
    ends = np.unique(np.concatenate([np.stack([left, rows], axis=1), np.stack([right, rows], axis=1)]), axis=0)
    try:
        return ends[np.sort(ConvexHull(ends).vertices)]
    except (QhullError, ValueError):  # fewer than three pixels, or all in a line, which is sorted along itself
        return ends[[0, -1]]


def select_region(
    masks: Mapping[str, Bool[np.ndarray, "y x"]], *, includes: Collection[str], excludes: Collection[str] = ()
) -> Bool[np.ndarray, "y x"]:
    """Return the pixels that bear one of some labels and none of others.

    Parameters
    ----------
    masks
        By label; they may overlap. At least one, for the shape.
    includes, excludes
        Labels; those that nobody drew select nothing.

    Raises
    ------
    ValueError
        If there are no masks.

    Examples
    --------
    >>> masks = {"lobe": np.array([[True, True]]), "artifact": np.array([[False, True]])}
    >>> select_region(masks, includes=["lobe"], excludes=["artifact"])
    array([[ True, False]])
    """
    if not masks:
        raise ValueError("masks: there are none, so their shape is unknown; give at least one")
    nothing = np.zeros(next(iter(masks.values())).shape, bool)
    wanted, unwanted = nothing.copy(), nothing.copy()
    for label, mask in masks.items():
        wanted |= mask & (label in includes)
        unwanted |= mask & (label in excludes)
    return wanted & ~unwanted


def measure_area_ratio(first: Bool[np.ndarray, "..."], second: Bool[np.ndarray, "..."], *, empty: float = 1.0) -> float:
    """Return how many times larger one region is than another: large for wide lobes around a well-placed host.

    Parameters
    ----------
    first, second
        Masks, as the radio and the infrared channel's.
    empty
        The answer where the second is empty.

    Examples
    --------
    >>> measure_area_ratio(np.ones((3, 2), bool), np.eye(2, dtype=bool))
    3.0
    """
    return float(first.sum() / second.sum()) if second.any() else empty
