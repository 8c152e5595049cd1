"""Where sources are injected: rounds of positions that keep their distance from one another."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial import cKDTree


def place_on_grid(
    shape: tuple[int, int], *, spacing: float, margin: float, rng: np.random.Generator
) -> Float[np.ndarray, "site 2"]:
    """Choose one position in each cell of a square grid that is laid down at random.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image [pixel].
    spacing : float
        Least distance between two positions [pixel]; a cell is a quarter wider, and positions move within that.
    margin : float
        Distance kept from the border [pixel].
    rng : Generator
        Source of the offset and of the jitter.

    Returns
    -------
    ndarray, shape (site, 2)
        Positions (x, y); at least one, in the middle, where the image is smaller than a cell.
    """
    cell = 1.25 * spacing
    jitter = cell - spacing
    axes = [_lay_axis(length, cell=cell, room=jitter, margin=margin, rng=rng) for length in (shape[1], shape[0])]
    x, y = (axis.ravel() for axis in np.meshgrid(*axes))
    moved = np.stack([x, y], axis=1) + rng.uniform(-jitter / 2, jitter / 2, (len(x), 2))
    high = np.array([shape[1], shape[0]]) - 1.0 - margin
    low = np.minimum(margin, high / 2)
    return np.clip(moved, low, np.maximum(high, low))


def place_at_random(
    shape: tuple[int, int], *, spacing: float, margin: float, rng: np.random.Generator
) -> Float[np.ndarray, "site 2"]:
    """Choose uniform positions one after the other, leaving out those too close to an earlier one.

    Parameters
    ----------
    shape, spacing, margin, rng
        As ``place_on_grid`` takes them.

    Returns
    -------
    ndarray, shape (site, 2)
        Positions (x, y), at least one, about as many as keep the image from being filled (half the densest packing).
    """
    size = np.array([shape[1], shape[0]], float)
    low = np.minimum(margin, (size - 1) / 2)
    area = float(np.prod(np.maximum(size - 1 - 2 * low, 0)))
    wanted = max(1, int(1.2 * area / spacing**2))
    sites = rng.uniform(low, np.maximum(size - 1 - low, low), (wanted, 2))
    kept = np.ones(wanted, bool)
    for first, second in sorted(cKDTree(sites).query_pairs(spacing)):
        if kept[first]:
            kept[second] = False
    return sites[kept]


def keep_good(sites: Float[np.ndarray, "site 2"], bad: Bool[np.ndarray, "y x"]) -> Float[np.ndarray, "kept 2"]:
    """Return the positions that do not lie on a bad pixel."""
    column, row = np.rint(sites).astype(int).T
    return sites[~bad[np.clip(row, 0, bad.shape[0] - 1), np.clip(column, 0, bad.shape[1] - 1)]]


def _lay_axis(length: int, *, cell: float, room: float, margin: float, rng: np.random.Generator) -> np.ndarray:
    """Centers of cells along one axis, shifted by a random part of a cell."""
    start, stop = margin + room / 2, length - 1 - margin - room / 2
    if stop <= start:
        return np.array([(length - 1) / 2])
    first = start + rng.uniform(0, min(cell, stop - start))
    return np.arange(first, stop + 1e-9, cell)
