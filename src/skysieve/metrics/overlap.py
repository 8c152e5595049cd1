"""Intersection over union of boxes and of masks."""

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from skysieve.metrics.instances import Instances, Outline, require_boxes


def measure_box_iou(
    first: Float[np.ndarray, "first 4"], second: Float[np.ndarray, "second 4"]
) -> Float64[np.ndarray, "first second"]:
    """Measure the intersection over union of each box of one list with each of another.

    Parameters
    ----------
    first, second : ndarray, shape (first, 4) and (second, 4)
        x0, y0, x1, y1 [pixel], edges as real numbers (no pixel is added). NaN is refused.

    Returns
    -------
    ndarray of float64, shape (first, second)
        Between 0 and 1; 0 where both boxes have no area: nothing overlaps nothing.

    Raises
    ------
    ValueError
        When a coordinate is NaN or infinite, or a box ends before it begins.

    Notes
    -----
    Jaccard (1901): area of the intersection over that of the union.

    Examples
    --------
    >>> measure_box_iou(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 0.0, 3.0, 2.0], [5.0, 5.0, 6.0, 6.0]]))
    array([[0.33333333, 0.        ]])
    """
    require_boxes("first", first)
    require_boxes("second", second)
    first, second = first.astype(np.float64), second.astype(np.float64)
    sides = np.minimum(first[:, None, 2:], second[:, 2:]) - np.maximum(first[:, None, :2], second[:, :2])
    common = np.prod(np.maximum(sides, 0), axis=2)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (first, second)]
    return _divide(common, areas[0], areas[1])


def measure_mask_iou(
    first: Bool[np.ndarray, "first y x"], second: Bool[np.ndarray, "second y x"]
) -> Float64[np.ndarray, "first second"]:
    """Measure the intersection over union of each mask of one stack with each of another.

    Parameters
    ----------
    first, second : ndarray of bool, shape (first, y, x) and (second, y, x)
        Masks of one image, True where the object is.

    Returns
    -------
    ndarray of float64, shape (first, second)
        Between 0 and 1; 0 where both masks are empty: nothing overlaps nothing.

    Raises
    ------
    ValueError
        When the images differ in shape.

    Notes
    -----
    Boucaud et al. (2020), equation 2. Only pixels in the overlap of two bounding boxes are looked at.

    Examples
    --------
    >>> measure_mask_iou(np.array([[[True, True, False]]]), np.array([[[False, True, True]], [[False, False, False]]]))
    array([[0.33333333, 0.        ]])
    """
    if first.shape[1:] != second.shape[1:]:
        raise ValueError(f"masks of {first.shape[1:]} and {second.shape[1:]} pixels; give masks of one image")
    bounds = [np.array([_find_bounds(mask) for mask in masks]).reshape(-1, 4) for masks in (first, second)]
    common = np.zeros((len(first), len(second)))
    start = np.maximum(bounds[0][:, None, :2], bounds[1][:, :2])
    stop = np.minimum(bounds[0][:, None, 2:], bounds[1][:, 2:])
    for i, j in np.argwhere((start < stop).all(axis=2)):
        window = tuple(slice(low, high) for low, high in zip(start[i, j], stop[i, j], strict=True))
        common[i, j] = np.count_nonzero(first[i][window] & second[j][window])
    return _divide(common, measure_areas(first), measure_areas(second))


def measure_iou(first: Instances, second: Instances, by: Outline) -> Float64[np.ndarray, "first second"]:
    """Measure the intersection over union by the outlines named; they must be there."""
    if by == "boxes" and first.boxes is not None and second.boxes is not None:
        return measure_box_iou(first.boxes, second.boxes)
    if first.masks is not None and second.masks is not None:
        return measure_mask_iou(first.masks, second.masks)
    raise ValueError(f"no {by} given; give them in both lists")


def measure_areas(masks: Bool[np.ndarray, "object y x"]) -> Float64[np.ndarray, " object"]:
    """Count the pixels of each mask."""
    return np.array([np.count_nonzero(mask) for mask in masks], dtype=np.float64)


def _find_bounds(mask: Bool[np.ndarray, "y x"]) -> Int64[np.ndarray, "4"]:
    """Find first row, first column and one past the last of either; zeros for an empty mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return np.zeros(4, dtype=np.int64)
    return np.array([rows[0], columns[0], rows[-1] + 1, columns[-1] + 1], dtype=np.int64)


def _divide(
    common: Float64[np.ndarray, "first second"],
    first: Float64[np.ndarray, " first"],
    second: Float64[np.ndarray, " second"],
) -> Float64[np.ndarray, "first second"]:
    """Divide intersections by unions; 0 where there is no union, at most 1 whatever the rounding."""
    union = first[:, None] + second - common
    return np.minimum(np.divide(common, union, out=np.zeros_like(common), where=union > 0), 1)
