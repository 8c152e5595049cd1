"""Which sources of an image must be told apart together, and in which window."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

LINK = 3.0
"""Two sources belong together where their distance is below this times the sum of their sizes."""

LEAST_PAD, MOST_PAD = 24.0, 44.0
"""Pixels that a window reaches beyond the positions of its sources, at least and at most."""

PAD_SIZES = 4.0
"""In between: this times the size of the largest of them."""

STEP, LEAST_SIDE, MOST_SIDE = 16, 64, 192
"""Sides of windows are multiples of the step between two limits [pixel]."""


@dataclass(frozen=True)
class Window:
    """A square of pixels and the sources that are told apart in it.

    ``x0``, ``y0`` are the image coordinates of its first pixel, which may lie outside of the image; ``sources`` are all
    that lie on it, of which ``own`` are measured here, the others only told apart; ``cut`` says that its group was
    too large for one window.
    """

    x0: int
    y0: int
    side: int
    sources: Int[np.ndarray, " source"]
    own: Int[np.ndarray, " own"]
    cut: bool


def group_sources(
    x: Float[np.ndarray, " source"], y: Float[np.ndarray, " source"], size: Float[np.ndarray, " source"]
) -> Int[np.ndarray, " source"]:
    """Return the number of the group of each source: friends of friends that may overlap.

    Parameters
    ----------
    x, y : ndarray, shape (source,)
        Positions [pixel], finite.
    size : ndarray, shape (source,)
        Half-light radii on the image [pixel], positive.
    """
    if len(x) == 0:
        return np.zeros(0, int)
    tree = cKDTree(np.column_stack([x, y]))
    pairs = tree.query_pairs(2 * LINK * float(size.max()), output_type="ndarray")
    first, second = pairs[:, 0], pairs[:, 1]
    near = np.hypot(x[first] - x[second], y[first] - y[second]) < LINK * (size[first] + size[second])
    links = coo_matrix((np.ones(near.sum()), (first[near], second[near])), shape=(len(x), len(x)))
    return np.asarray(connected_components(links, directed=False)[1], int)


def plan_windows(
    x: Float[np.ndarray, " source"], y: Float[np.ndarray, " source"], size: Float[np.ndarray, " source"]
) -> list[Window]:
    """Plan the windows in which all sources are measured, each source in exactly one.

    Parameters
    ----------
    x, y, size
        As in ``group_sources``.

    Returns
    -------
    list of Window
        Groups too large for the largest window are halved along their longer side until they fit; a window's
        neighbors from other parts are on it as well.
    """
    group = group_sources(x, y, size)
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(x) else []
    tree = cKDTree(np.column_stack([x, y])) if len(x) else None
    windows = []
    for rows in members:
        parts = _split(rows, x, y, size)
        windows += [_make_window(part, x, y, size, tree=tree, cut=len(parts) > 1) for part in parts]
    return windows


def _split(rows: np.ndarray, x: np.ndarray, y: np.ndarray, size: np.ndarray) -> list[np.ndarray]:
    """Halve a group until it fits."""
    if _find_side(rows, x, y, size) <= MOST_SIDE or len(rows) == 1:
        return [rows]
    along = x if np.ptp(x[rows]) >= np.ptp(y[rows]) else y
    ranked = rows[np.argsort(along[rows], kind="stable")]
    half = len(rows) // 2
    return [*_split(ranked[:half], x, y, size), *_split(ranked[half:], x, y, size)]


def _find_side(rows: np.ndarray, x: np.ndarray, y: np.ndarray, size: np.ndarray) -> int:
    pad = np.clip(PAD_SIZES * size[rows].max(), LEAST_PAD, MOST_PAD)
    span = max(np.ptp(x[rows]), np.ptp(y[rows])) + 2 * pad
    return max(LEAST_SIDE, int(np.ceil(span / STEP)) * STEP)


def _make_window(
    rows: np.ndarray, x: np.ndarray, y: np.ndarray, size: np.ndarray, *, tree: cKDTree | None, cut: bool
) -> Window:
    side = _find_side(rows, x, y, size)
    middle_x, middle_y = ((one[rows].min() + one[rows].max()) / 2 for one in (x, y))
    x0, y0 = (int(np.rint(middle - (side - 1) / 2)) for middle in (middle_x, middle_y))
    near = [] if tree is None else tree.query_ball_point([middle_x, middle_y], side)
    near = np.array(sorted(near), int)
    on = (x[near] > x0 + 1) & (x[near] < x0 + side - 2) & (y[near] > y0 + 1) & (y[near] < y0 + side - 2)
    return Window(x0, y0, side, near[on], np.sort(rows), cut)
