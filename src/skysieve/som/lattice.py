"""Where neurons stand and how far apart they are."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Shaped
from pydantic import ConfigDict

from skysieve.config import STRICT


@dataclass(frozen=True)
class Lattice:
    """An arrangement of neurons, open at its edges or periodic.

    ``shape`` is (width,), (width, height) or (width, height, depth). A hexagonal lattice has two equal odd sides d and
    fills a hexagon of radius (d-1)/2 cells; periodic, it tiles the plane with copies of that hexagon.

    Notes
    -----
    Neurons come in PINK's order: neuron i of (width, height) stands at (i // height, i % height), those of (width,
    height, depth) as [depth][width][height], hexagonal ones row by row.

    Examples
    --------
    >>> Lattice((5, 5), hexagonal=True).n_neurons
    19
    >>> Lattice((10,), periodic=True).measure_distances()[0, 8:]
    array([2., 1.], dtype=float32)
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    shape: tuple[int, ...] = (10, 10)
    hexagonal: bool = False
    periodic: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.shape) <= 3 or min(self.shape) < 1:
            raise ValueError(f"shape = {self.shape}: a lattice has one to three sides of at least 1 neuron")
        if self.hexagonal and (len(self.shape) != 2 or len(set(self.shape)) != 1 or self.shape[0] % 2 == 0):
            raise ValueError(f"shape = {self.shape}: a hexagonal lattice has two equal odd sides")

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        radius = self.shape[0] // 2
        return self.shape[0] ** 2 - radius * (radius + 1) if self.hexagonal else math.prod(self.shape)

    def make_cells(self) -> Int[np.ndarray, "neuron axis"]:
        """Return where each neuron stands: x, y, z in cells, or axial q and r of a hexagonal lattice."""
        if self.hexagonal:
            radius = self.shape[0] // 2
            r, q = np.indices(self.shape).reshape(2, -1)
            inside = (q + r >= radius) & (q + r <= 3 * radius)
            return np.stack([q[inside], r[inside]], axis=1)
        if len(self.shape) == 3:
            width, height, depth = self.shape
            z, x, y = np.indices((depth, width, height)).reshape(3, -1)
            return np.stack([x, y, z], axis=1)
        return np.indices(self.shape).reshape(len(self.shape), -1).T

    def make_positions(self) -> Float[np.ndarray, "neuron axis"]:
        """Return where each neuron stands in the plane or in space, in units of the distance to the next neuron."""
        cells = self.make_cells().astype(np.float64)
        if not self.hexagonal:
            return cells
        q, r = cells.T
        return np.stack([q + r / 2, r * math.sqrt(0.75)], axis=1)

    def measure_distances(self) -> Float32[np.ndarray, "neuron neuron"]:
        """Return the distance of every two neurons, in cells.

        Notes
        -----
        Euclidean on cartesian lattices; the number of steps on hexagonal ones. Periodic lattices take the nearest copy.
        """
        if self.hexagonal:
            return self._count_steps().astype(np.float32)
        squares = (self._measure_offsets() ** 2).sum(axis=-1)
        return np.sqrt(squares.astype(np.float32))

    def find_neighbors(self) -> Bool[np.ndarray, "neuron neuron"]:
        """Say which neurons touch: by side or corner on cartesian lattices, by side on hexagonal ones."""
        steps = self._count_steps() if self.hexagonal else self._measure_offsets().max(axis=-1)
        return steps == 1

    def arrange(self, values: Shaped[np.ndarray, " neuron"]) -> Float[np.ndarray, "..."]:
        """Put one value per neuron on the grid: [x], [x, y], [x, y, z], or [r, q] with NaN outside the hexagon."""
        cells = self.make_cells()[:, ::-1] if self.hexagonal else self.make_cells()
        grid = np.full(self.shape, np.nan)
        grid[tuple(cells.T)] = values
        return grid

    def _measure_offsets(self) -> Int[np.ndarray, "neuron neuron axis"]:
        cells = self.make_cells()
        offsets = np.abs(cells[:, None] - cells[None])
        return np.minimum(offsets, np.array(self.shape) - offsets) if self.periodic else offsets

    def _count_steps(self) -> Int[np.ndarray, "neuron neuron"]:
        cells = self.make_cells()
        offsets = cells[:, None] - cells[None]
        steps = _count_axial_steps(offsets)
        for copy in _make_copies(self.shape[0] // 2) if self.periodic else ():
            steps = np.minimum(steps, _count_axial_steps(offsets + np.array(copy)))
        return steps


def _count_axial_steps(offsets: Int[np.ndarray, "*pairs 2"]) -> Int[np.ndarray, "*pairs"]:
    q, r = offsets[..., 0], offsets[..., 1]
    return np.maximum(np.maximum(np.abs(q), np.abs(r)), np.abs(q + r))


def _make_copies(radius: int) -> list[tuple[int, int]]:
    """Return the axial shifts to the six hexagons around a hexagon, each a sixth of a turn from the one before."""
    q, r = 2 * radius + 1, -radius
    copies = []
    for _ in range(6):
        copies.append((q, r))
        q, r = -r, q + r
    return copies
