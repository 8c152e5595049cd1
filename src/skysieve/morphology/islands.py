"""Where an image's emission is: islands above a threshold, and the convex hull around them."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Real
from scipy import ndimage

SQUARE = np.ones((3, 3), bool)


def island_segmentation(
    data: Real[np.ndarray, "y x"],
    threshold: float,
    *,
    return_background: bool = False,
    minimum_island_size: int = 5,
) -> Iterator[Bool[np.ndarray, "y x"]]:
    """Yield the masks of the islands of emission in an image.

    Parameters
    ----------
    data : ndarray, shape (y, x)
        Pixels [image unit]; NaN belongs to no island.
    threshold : float
        What a pixel of an island exceeds [image unit].
    return_background : bool
        Yield what belongs to no island first.
    minimum_island_size : int
        Smaller islands are left out [pixel].

    Yields
    ------
    ndarray of bool, shape (y, x)
        Islands in the order of their first pixel; they do not overlap. None where nothing exceeds the threshold.

    Examples
    --------
    >>> [int(island.sum()) for island in island_segmentation(np.eye(9), 0.5, minimum_island_size=2)]
    [9]
    """
    labels = label_islands(data, threshold, minimum_island_size=minimum_island_size)
    if return_background:
        yield labels == 0
    for number in range(1, int(labels.max(initial=0)) + 1):
        yield labels == number


def label_islands(
    data: Real[np.ndarray, "y x"], threshold: float, *, minimum_island_size: int = 5
) -> Int[np.ndarray, "y x"]:
    """Return the numbers of an image's islands, 1 and on, with 0 between them; parameters as ``island_segmentation``.

    Notes
    -----
    The pixels above the threshold are closed with a square of 3 pixels, so that a gap of one or two pixels does not
    part an island; pixels that touch at a corner are connected. Closing tells only what is connected: an island
    consists of pixels above the threshold, and its size counts those.
    """
    above = np.nan_to_num(np.asarray(data, np.float64), nan=-np.inf) > threshold
    closed = ndimage.binary_closing(np.pad(above, 1), SQUARE)[1:-1, 1:-1] | above
    labels, count = ndimage.label(closed, SQUARE)
    labels = np.where(above, labels, 0)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    large = sizes >= max(1, minimum_island_size)
    large[0] = False
    numbers = np.where(large, np.cumsum(large), 0)
    return numbers[labels]


def convex_hull(data: Real[np.ndarray, "y x"], threshold: float = 0.01) -> Bool[np.ndarray, "y x"]:
    """Select the pixels in the convex hull of an image's emission.

    Parameters
    ----------
    data : ndarray, shape (y, x)
        Pixels, usually from 0 to 1; NaN is not emission.
    threshold : float
        What a pixel of emission exceeds.

    Returns
    -------
    ndarray of bool, shape (y, x)
        All False where nothing exceeds the threshold.

    Examples
    --------
    >>> corners = np.zeros((3, 5))
    >>> corners[0, 0] = corners[0, 4] = corners[2, 2] = 1
    >>> convex_hull(corners).astype(int)
    array([[1, 1, 1, 1, 1],
           [0, 1, 1, 1, 0],
           [0, 0, 1, 0, 0]])
    """
    from skimage import morphology  # noqa: PLC0415 -- takes half a second

    find_hull: Callable[..., Any] = morphology.convex_hull_image  # it has no types
    emission = np.nan_to_num(np.asarray(data, np.float64), nan=-np.inf) > threshold
    return np.asarray(find_hull(emission), bool) if emission.any() else emission


def convex_hull_smoothed(
    data: Real[np.ndarray, "y x"], sigma: float, *, threshold: float = 0.01, level: float = 0.5
) -> Bool[np.ndarray, "y x"]:
    """Select the pixels in the convex hull of an image's emission after smoothing the hull.

    Parameters
    ----------
    data : ndarray, shape (y, x)
        Pixels, usually from 0 to 1; NaN is not emission.
    sigma : float
        Standard deviation of the Gaussian by which the hull is smoothed [pixel].
    threshold : float
        What a pixel of emission exceeds.
    level : float
        What a pixel of the smoothed hull, from 0 to 1, must reach. One half rounds the corners; less widens the hull,
        0.16 by one ``sigma`` along a straight edge.

    Returns
    -------
    ndarray of bool, shape (y, x)
        All False where nothing exceeds the threshold, or a narrow hull does not reach the level.

    Raises
    ------
    ValueError
        If ``sigma`` is negative, or ``level`` not between 0 and 1.
    """
    if sigma < 0 or not 0 < level < 1:
        raise ValueError(
            f"convex_hull_smoothed: sigma = {sigma:g}, level = {level:g}; wanted are sigma >= 0, 0 < level < 1"
        )
    hull = convex_hull(data, threshold)
    return ndimage.gaussian_filter(hull.astype(np.float64), sigma, mode="nearest") >= level
