"""What neighbors and bad pixels inside an aperture take away or add, judged by the pixels opposite them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.extraction.ellipses import Ellipses, measure_elliptical_radius

PIXELS_AT_ONCE = 4_000_000
"""Pixels of all apertures expanded at a time, which bounds the memory."""


def mirror_defects(
    data: Float[np.ndarray, "y x"],
    labels: Int[np.ndarray, "y x"],
    bad: Bool[np.ndarray, "y x"],
    *,
    apertures: Ellipses,
) -> tuple[Float[np.ndarray, " source"], Float[np.ndarray, " source"]]:
    """Measure the change of flux when defects are replaced by their mirror pixels.

    Parameters
    ----------
    data : ndarray, shape (y, x)
        Background-subtracted pixels, zero where bad.
    labels : ndarray of int, shape (y, x)
        Source labels, 0 for sky.
    bad : ndarray of bool, shape (y, x)
        Bad pixels.
    apertures : Ellipses
        One aperture a source.

    Returns
    -------
    correction : ndarray, shape (source,)
        To be added to the plain sum [image unit].
    share : ndarray, shape (source,)
        Part of the aperture's area that was replaced.
    """
    boxes = _find_boxes(apertures, data.shape)
    sizes = boxes.width * boxes.height
    block = np.cumsum(sizes) // PIXELS_AT_ONCE
    correction, share = np.zeros(len(sizes)), np.zeros(len(sizes))
    for number in np.unique(block):
        rows = np.flatnonzero(block == number)
        correction[rows], share[rows] = _mirror_block(data, labels, bad, apertures=apertures, rows=rows, boxes=boxes)
    return correction, share


def list_elliptical_pixels(
    apertures: Ellipses, shape: tuple[int, int]
) -> tuple[
    Int[np.ndarray, " pixel"], Int[np.ndarray, " pixel"], Int[np.ndarray, " pixel"], Float[np.ndarray, " pixel"]
]:
    """List the pixels whose centers lie inside ellipses: row of the ellipse, x, y, and elliptical radius (below 1)."""
    source, x, y = list_box_pixels(apertures, shape)
    dx, dy = x - apertures.x[source], y - apertures.y[source]
    radius = measure_elliptical_radius(apertures, source, dx=dx, dy=dy)
    inside = radius < 1
    return source[inside], x[inside], y[inside], radius[inside]


def list_box_pixels(
    apertures: Ellipses, shape: tuple[int, int]
) -> tuple[Int[np.ndarray, " pixel"], Int[np.ndarray, " pixel"], Int[np.ndarray, " pixel"]]:
    """List the pixels of the bounding boxes of ellipses: row of the ellipse, x, y."""
    return _expand(_find_boxes(apertures, shape), np.arange(len(apertures.x)))


def _mirror_block(
    data: np.ndarray,
    labels: np.ndarray,
    bad: np.ndarray,
    *,
    apertures: Ellipses,
    rows: np.ndarray,
    boxes: "_Boxes",
) -> tuple[np.ndarray, np.ndarray]:
    """Mirror the defects of the sources ``rows`` at once."""
    source, x, y = _expand(boxes, rows)
    flat = y * np.int64(data.shape[1]) + x
    found = labels.ravel()[flat]
    defect = ((found != 0) & (found != apertures.label[rows].astype(np.int32)[source])) | bad.ravel()[flat]
    use = np.flatnonzero(defect)
    at = rows[source[use]]
    x, y, owner = x[use], y[use], source[use]
    cover = _coverage(x - apertures.x[at], y - apertures.y[at], apertures=apertures, at=at)
    mirrored = _mirror_value(data, labels, bad, x=x, y=y, center=(apertures.x[at], apertures.y[at]),
                             label=apertures.label[at])  # fmt: skip
    correction = np.bincount(owner, cover * (mirrored - data[y, x]), len(rows))
    area = np.pi * apertures.a[rows] * apertures.b[rows]
    return correction, np.bincount(owner, cover, len(rows)) / area


def _mirror_value(
    data: np.ndarray, labels: np.ndarray, bad: np.ndarray, *, x: np.ndarray, y: np.ndarray,
    center: tuple[np.ndarray, np.ndarray], label: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Value of the pixel opposite the center, zero where that one is outside, bad or a neighbor's."""
    height, width = data.shape
    x = np.rint(2 * center[0] - x).astype(int)
    y = np.rint(2 * center[1] - y).astype(int)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    clean = inside & ~bad[y, x] & ((labels[y, x] == 0) | (labels[y, x] == label))
    return np.where(clean, data[y, x], 0.0)


@dataclass(frozen=True)
class _Boxes:
    """First column and row and the size of each aperture's bounding box, cut off at the border of the image."""

    left: Int[np.ndarray, " source"]
    low: Int[np.ndarray, " source"]
    width: Int[np.ndarray, " source"]
    height: Int[np.ndarray, " source"]


def _find_boxes(apertures: Ellipses, shape: tuple[int, ...]) -> _Boxes:
    """Bounding boxes with a margin of a pixel: no larger than the image, however large the apertures are."""
    cosine, sine = np.cos(apertures.theta), np.sin(apertures.theta)
    left, right = _bound(apertures.x, np.hypot(apertures.a * cosine, apertures.b * sine), shape[1])
    low, high = _bound(apertures.y, np.hypot(apertures.a * sine, apertures.b * cosine), shape[0])
    return _Boxes(left, low, right - left, high - low)


def _bound(center: np.ndarray, half: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """First pixel of each interval and the one after its last."""
    middle, half = np.rint(center), np.ceil(half + 1)
    return np.clip(middle - half, 0, length).astype(int), np.clip(middle + half + 1, 0, length).astype(int)


def _expand(boxes: _Boxes, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """List the pixels of the boxes ``rows``: number in that list, x and y."""
    left, low, width, height = (getattr(boxes, name)[rows].astype(np.int32) for name in _Boxes.__dataclass_fields__)
    size = width * height
    source = np.repeat(np.arange(len(size), dtype=np.int32), size)
    place = np.arange(size.sum(), dtype=np.int32) - np.repeat((np.cumsum(size) - size).astype(np.int32), size)
    row, column = np.divmod(place, np.repeat(width, size))
    return source, column + np.repeat(left, size), row + np.repeat(low, size)


def _coverage(dx: np.ndarray, dy: np.ndarray, *, apertures: Ellipses, at: np.ndarray) -> np.ndarray:
    """Share of each pixel inside its ellipse, linear over one pixel at the border."""
    radius = np.hypot(dx, dy)
    elliptical = measure_elliptical_radius(apertures, at, dx=dx, dy=dy)
    edge = np.divide(radius, elliptical, out=np.full_like(radius, np.inf), where=elliptical > 0)
    return np.clip(edge - radius + 0.5, 0, 1)
