"""Overlapping windows over an image: each pixel belongs to the core of exactly one."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Tile:
    """A core that owns its sources, and the window around it that is searched; slices in image pixels."""

    core: tuple[slice, slice]
    window: tuple[slice, slice]
    shape: tuple[int, int]

    @property
    def origin(self) -> tuple[int, int]:
        """First row and column of the window [pixel]."""
        return self.window[0].start, self.window[1].start

    def owns(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Tell which image pixels lie in the core."""
        in_y = (rows >= self.core[0].start) & (rows < self.core[0].stop)
        return in_y & (columns >= self.core[1].start) & (columns < self.core[1].stop)

    @property
    def cut_sides(self) -> tuple[bool, bool, bool, bool]:
        """Whether the window ends inside the image at its low y, high y, low x, high x side."""
        (rows, columns), (height, width) = self.window, self.shape
        return rows.start > 0, rows.stop < height, columns.start > 0, columns.stop < width


def make_tiles(shape: tuple[int, int], *, size: int, halo: int) -> list[Tile]:
    """Cut an image into cores of at most ``size`` pixels a side with windows ``halo`` pixels wider on every side.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image [pixel].
    size, halo : int
        Largest core and overlap [pixel].

    Returns
    -------
    list of Tile
        In row-major order; one tile without halo when the image is no larger than ``size``.

    Examples
    --------
    >>> [t.core[1] for t in make_tiles((10, 30), size=16, halo=2)]
    [slice(0, 15, None), slice(15, 30, None)]
    """
    cores = [_split(length, size) for length in shape]
    return [
        Tile((rows, columns), (_widen(rows, halo, shape[0]), _widen(columns, halo, shape[1])), shape)
        for rows in cores[0]
        for columns in cores[1]
    ]


def _split(length: int, size: int) -> list[slice]:
    parts = -(-length // size)
    edges = [length * part // parts for part in range(parts + 1)]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _widen(core: slice, halo: int, length: int) -> slice:
    return slice(max(0, core.start - halo), min(length, core.stop + halo))
