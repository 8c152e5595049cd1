"""The pixels of every object in the truth, kept as runs along the rows; masks may overlap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int32

from skysieve.simulate.drawing import Drawn


@dataclass(frozen=True)
class ObjectMasks:
    """Runs of pixels: of object ``row[i]`` the pixels ``start[i] <= x < stop[i]`` of image row ``y[i]``.

    ``shape`` are the rows and columns of the image [pixel]; runs are ordered by object, then y, then x.
    """

    shape: tuple[int, int]
    row: Int32[np.ndarray, " run"]
    y: Int32[np.ndarray, " run"]
    start: Int32[np.ndarray, " run"]
    stop: Int32[np.ndarray, " run"]

    def fill(self, row: int) -> Bool[np.ndarray, "y x"]:
        """Return the mask of one object, all False where it has no pixel."""
        mask = np.zeros(self.shape, bool)
        first, last = np.searchsorted(self.row, [row, row + 1])
        for run in range(first, last):
            mask[self.y[run], self.start[run] : self.stop[run]] = True
        return mask

    def count(self, objects: int) -> Int32[np.ndarray, " object"]:
        """Return the number of pixels of each of ``objects`` objects."""
        return np.bincount(self.row, self.stop - self.start, objects).astype(np.int32)


def make_masks(drawn: Drawn, *, level: float, shape: tuple[int, int], first: int = 0) -> ObjectMasks:
    """Return the pixels of the image where an object's own light exceeds a level.

    Parameters
    ----------
    drawn : Drawn
        Stamps without noise.
    level : float
        [image unit]
    shape : tuple of int
        Rows and columns of the image [pixel].
    first : int, optional
        Number of the first stamp's object.
    """
    runs = [np.zeros((0, 4), np.int32)]
    for row, (y0, x0, stamp) in enumerate(zip(drawn.y0.tolist(), drawn.x0.tolist(), drawn.pixels, strict=True), first):
        low_y, low_x = max(0, -y0), max(0, -x0)
        part = stamp[low_y : max(0, shape[0] - y0), low_x : max(0, shape[1] - x0)]
        if part.size and part.max() > level:
            runs.append(_list_runs(part > level, row=row, y0=y0 + low_y, x0=x0 + low_x))
    both = np.concatenate(runs)
    return ObjectMasks(shape, *(np.ascontiguousarray(both[:, column]) for column in range(4)))


def join_masks(parts: Sequence[ObjectMasks]) -> ObjectMasks:
    """Return the masks of several groups of objects, whose numbers follow one another."""
    names = ("row", "y", "start", "stop")
    return ObjectMasks(parts[0].shape, *(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _list_runs(mask: Bool[np.ndarray, "y x"], *, row: int, y0: int, x0: int) -> Int32[np.ndarray, "run 4"]:
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
    padded[:, 1:-1] = mask
    edges = np.diff(padded, axis=1)
    y, start = np.nonzero(edges > 0)
    stop = np.nonzero(edges < 0)[1]
    return np.stack([np.full(len(y), row), y + y0, start + x0, stop + x0], axis=1).astype(np.int32)
