"""The order in which mappings claim components: best match first, largest first, by ratio of areas, or any other."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from skysieve.records.annotations import Annotations

Order = Callable[[int], Shaped[np.ndarray, " image"]]
"""Any rule of one's own: from the number of images to their rows, first come first."""


def sort_best_matching_first(distance: Float[np.ndarray, " image"]) -> Int[np.ndarray, " image"]:
    """Order images by the distance to their best-matching unit; unknown distances come last."""
    return np.argsort(distance, kind="stable")


def sort_largest_first(
    bmu: Int[np.ndarray, " image"],
    distance: Float[np.ndarray, " image"],
    *,
    annotations: Annotations,
    channel: int = 0,
    labels: tuple[str, ...] = (),
) -> Int[np.ndarray, " image"]:
    """Order images by the extent of the regions on their neuron, the widest first; equal ones by distance.

    Parameters
    ----------
    bmu
        -1 where there is none; such images come last.
    distance
        To the best-matching unit.
    channel, labels
        The regions that count; no label means all of the channel.
    """
    extent = measure_per_neuron(annotations, measure_extent, channel=channel, labels=labels)
    return _sort_down(extent, bmu, distance)


def sort_area_ratio(
    bmu: Int[np.ndarray, " image"],
    distance: Float[np.ndarray, " image"],
    *,
    annotations: Annotations,
    channels: tuple[int, int] = (0, 1),
    labels: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
) -> Int[np.ndarray, " image"]:
    """Order images by the area of their neuron's regions in one channel over that in another, the largest ratio first.

    Large radio sources with a well-defined place of the host come first. A neuron without regions in the second
    channel comes after all those that have some.

    Parameters
    ----------
    bmu, distance
        As in `sort_largest_first`.
    channels, labels
        The regions that count, above and below the line; no label means all of the channel.
    """
    above, below = (
        measure_per_neuron(annotations, _count_pixels, channel=channel, labels=some)
        for channel, some in zip(channels, labels, strict=True)
    )
    return _sort_down(np.where(below > 0, above / np.maximum(below, 1), -1 / (1 + above)), bmu, distance)


def apply_order(order: Order, count: int) -> Int[np.ndarray, " image"]:
    """Take a rule of one's own at its word, once it names every image exactly once.

    Raises
    ------
    ValueError
        If it does not.

    Examples
    --------
    >>> apply_order(lambda count: np.arange(count)[::-1], 3)
    array([2, 1, 0])
    """
    rows = np.asarray(order(count))
    if rows.dtype.kind not in "iu" or not np.array_equal(np.sort(rows), np.arange(count)):
        raise ValueError(
            f"order: wanted is each row from 0 to {count - 1} exactly once; found {rows.tolist()[:10]} ..."
        )
    return rows.astype(np.int64)


def measure_per_neuron(
    annotations: Annotations,
    measure: Callable[[Bool[np.ndarray, "row column"]], float],
    *,
    channel: int,
    labels: tuple[str, ...],
) -> Float[np.ndarray, " neuron"]:
    """Measure the union of each neuron's regions in one channel that carry one of the labels; 0 without regions."""
    values = np.zeros(annotations.n_neurons)
    for one in annotations.neurons:
        masks = [
            region.mask
            for region in one.regions
            if region.channel == channel and (not labels or region.label in labels)
        ]
        values[one.neuron] = measure(np.any(masks, axis=0)) if masks else 0
    return values


def measure_extent(mask: Bool[np.ndarray, "row column"]) -> float:
    """Return the largest distance between two pixels of a mask [pixel]; 0 for one pixel or none.

    Examples
    --------
    >>> measure_extent(np.array([[True, False], [False, True]])).__round__(3)
    1.414
    """
    points = np.argwhere(mask)
    if len(points) < 2:
        return 0.0
    try:
        corners = points[ConvexHull(points).vertices]
    except QhullError:  # all on one line
        corners = points[[0, -1]]
    return float(pdist(corners).max())


def _count_pixels(mask: Bool[np.ndarray, "row column"]) -> float:
    return float(np.count_nonzero(mask))


def _sort_down(
    value: Float[np.ndarray, " neuron"], bmu: Int[np.ndarray, " image"], distance: Float[np.ndarray, " image"]
) -> Int[np.ndarray, " image"]:
    return np.lexsort((distance, np.where(bmu >= 0, -value[bmu], np.inf)))
