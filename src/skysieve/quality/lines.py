"""Straight lines across a detector, as satellites leave them: strips that sources cover from end to end."""

import functools
import math

import numpy as np
from jaxtyping import Bool, Float, Int

ANGLES = 180
"""Directions that are looked along."""

CELLS = 20_000
"""Most cells that the picture is cut into."""

LEAST_CELL = 6
"""Side of the smallest cells [pixel]."""

STRIP = 1.5
"""Width of a strip [cell]."""


def measure_line(labels: Int[np.ndarray, "y x"], bad: Bool[np.ndarray, "y x"]) -> float:
    """Measure how much more of its length the most covered strip is covered by sources than the whole picture is.

    Parameters
    ----------
    labels : ndarray, shape (y, x)
        Footprints of sources, 0 on the sky.
    bad : ndarray of bool, shape (y, x)
        Pixels that cover nothing.

    Returns
    -------
    float
        1 where a line of sources runs from end to end, near 0 where they lie by chance; 0 for pictures of fewer than
        16 cells along one side.

    Notes
    -----
    The Hough transform (Duda & Hart 1972, Communications of the ACM 15, 11) of the cells that hold a source. Strips
    shorter than 0.6 of the shorter side are not looked at.
    """
    rows, columns = labels.shape
    cell = max(LEAST_CELL, math.ceil(math.sqrt(rows * columns / CELLS)))
    high, wide = rows // cell, columns // cell
    if min(high, wide) < 16:
        return 0.0
    covered = labels[: high * cell, : wide * cell] > 0
    if bad.any():
        covered &= ~bad[: high * cell, : wide * cell]
    # Along one axis after the other: along both at once takes ten times as long.
    cells = covered.reshape(high, cell, wide * cell).any(axis=1).reshape(high, wide, cell).any(axis=2)
    share = float(cells.mean())
    if not 0 < share < 0.9:
        return 0.0
    strips, total = _list_strips(high, wide)
    numbered = strips.reshape(ANGLES, -1)[:, np.flatnonzero(cells)] + np.arange(ANGLES)[:, None] * total.shape[1]
    count = np.bincount(numbered.ravel(), minlength=total.size).reshape(total.shape)
    long = total >= 0.6 * STRIP * min(high, wide)
    best = float(np.where(long, count / np.maximum(total, 1), 0).max())
    return max(0.0, (best - share) / (1 - share))


@functools.lru_cache(maxsize=4)
def _list_strips(
    high: int, wide: int
) -> tuple[Int[np.ndarray, "angle cell_y cell_x"], Float[np.ndarray, "angle strip"]]:
    """Return for each direction the number of the strip in which each cell lies, and the cells in each strip."""
    y, x = np.indices((high, wide)) - np.array([(high - 1) / 2, (wide - 1) / 2])[:, None, None]
    reach = math.hypot(high, wide) / 2
    strips = np.empty((ANGLES, high, wide), np.int16)
    for number in range(ANGLES):
        angle = math.pi * number / ANGLES
        strips[number] = (x * math.sin(angle) - y * math.cos(angle) + reach) / STRIP
    most = int(strips.max()) + 1
    return strips, np.stack([np.bincount(one.ravel(), minlength=most) for one in strips]).astype(float)
