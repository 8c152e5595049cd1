"""What neighbors and bad pixels inside an aperture take away or add, judged by the pixels opposite them."""

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.extraction.ellipses import Ellipses

PIXELS_AT_ONCE = 4_000_000
"""Pixels of all apertures expanded at a time, which bounds the memory."""


def mirror_defects(
    data: Float[np.ndarray, "y x"],
    labels: Int[np.ndarray, "y x"],
    bad: Bool[np.ndarray, "y x"],
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
    half_x, half_y = _half_sizes(apertures)
    sizes = (2 * half_x + 1) * (2 * half_y + 1)
    block = np.cumsum(sizes) // PIXELS_AT_ONCE
    correction, share = np.zeros(len(sizes)), np.zeros(len(sizes))
    for number in np.unique(block):
        rows = np.flatnonzero(block == number)
        correction[rows], share[rows] = _mirror_block(
            data, labels, bad, apertures=apertures, rows=rows, half_x=half_x[rows], half_y=half_y[rows]
        )
    return correction, share


def _mirror_block(
    data: np.ndarray,
    labels: np.ndarray,
    bad: np.ndarray,
    *,
    apertures: Ellipses,
    rows: np.ndarray,
    half_x: np.ndarray,
    half_y: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Mirror the defects of the sources ``rows`` at once."""
    height, width = data.shape
    source, dx, dy = _expand(half_x, half_y)
    x = np.rint(apertures.x[rows]).astype(np.int32)[source] + dx
    y = np.rint(apertures.y[rows]).astype(np.int32)[source] + dy
    inside = np.flatnonzero((x >= 0) & (x < width) & (y >= 0) & (y < height))
    flat = y[inside] * np.int64(width) + x[inside]
    found = labels.ravel()[flat]
    defect = ((found != 0) & (found != apertures.label[rows].astype(np.int32)[source[inside]])) | bad.ravel()[flat]
    use = inside[defect]
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


def _half_sizes(apertures: Ellipses) -> tuple[np.ndarray, np.ndarray]:
    """Half width and height of each aperture's bounding box [pixel]."""
    cosine, sine = np.cos(apertures.theta), np.sin(apertures.theta)
    half_x = np.hypot(apertures.a * cosine, apertures.b * sine)
    half_y = np.hypot(apertures.a * sine, apertures.b * cosine)
    return np.ceil(half_x + 1).astype(int), np.ceil(half_y + 1).astype(int)


def _expand(half_x: np.ndarray, half_y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """List the pixels of all boxes: source number and offsets from the box center."""
    width, size = 2 * half_x + 1, (2 * half_x + 1) * (2 * half_y + 1)
    source = np.repeat(np.arange(len(size), dtype=np.int32), size)
    place = np.arange(size.sum(), dtype=np.int32) - np.repeat((np.cumsum(size) - size).astype(np.int32), size)
    row, column = np.divmod(place, np.repeat(width.astype(np.int32), size))
    half_x, half_y = half_x.astype(np.int32), half_y.astype(np.int32)
    return source, column - np.repeat(half_x, size), row - np.repeat(half_y, size)


def _coverage(dx: np.ndarray, dy: np.ndarray, *, apertures: Ellipses, at: np.ndarray) -> np.ndarray:
    """Share of each pixel inside its ellipse, linear over one pixel at the border."""
    cosine, sine = np.cos(apertures.theta)[at], np.sin(apertures.theta)[at]
    major, minor = dx * cosine + dy * sine, dy * cosine - dx * sine
    radius = np.hypot(dx, dy)
    elliptical = np.hypot(major / apertures.a[at], minor / apertures.b[at])
    edge = np.divide(radius, elliptical, out=np.full_like(radius, np.inf), where=elliptical > 0)
    return np.clip(edge - radius + 0.5, 0, 1)
