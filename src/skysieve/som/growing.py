"""Grow a lattice: a row or column of neurons where the map stands worst for its images."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Float32, Int

from skysieve.som.lattice import Lattice


def sum_errors(
    bmus: Int[np.ndarray, " image"], distances: Float[np.ndarray, " image"], *, n_neurons: int
) -> Float[np.ndarray, " neuron"]:
    """Return the summed squared distance of the images of each neuron; images with bmu -1 are left out."""
    known = bmus >= 0
    return np.bincount(bmus[known], weights=distances[known].astype(np.float64) ** 2, minlength=n_neurons)


def measure_evenness(errors: Float[np.ndarray, " neuron"]) -> float:
    """Return the largest error of a neuron over the mean one: 1 where all are equal, 1 as well where all are 0.

    Examples
    --------
    >>> measure_evenness(np.array([1.0, 1.0, 4.0]))
    2.0
    """
    mean = float(errors.mean())
    return float(errors.max()) / mean if mean > 0 else 1.0


def grow_lattice(
    neurons: Float32[np.ndarray, "neuron channel row column"], lattice: Lattice, errors: Float[np.ndarray, " neuron"]
) -> tuple[Float32[np.ndarray, "more channel row column"], Lattice]:
    """Insert a row or column of neurons between the one with the largest error and its most different neighbor.

    Parameters
    ----------
    neurons
        On a cartesian lattice with two sides.
    errors
        Of each neuron, as from `sum_errors`.

    Returns
    -------
    neurons, lattice
        The new neurons are the means of those on both sides; a lattice of one neuron is doubled along its first side.

    Notes
    -----
    The growing grid of Fritzke (1995, Neural Processing Letters 2, 9).
    """
    grid = neurons.reshape(*lattice.shape, *neurons.shape[1:])
    worst = np.unravel_index(int(errors.argmax()), lattice.shape)
    axis, first = _find_gap(grid, (int(worst[0]), int(worst[1])), periodic=lattice.periodic)
    second = (first + 1) % lattice.shape[axis]
    line = (grid.take(first, axis=axis) + grid.take(second, axis=axis)) / np.float32(2)
    grown = np.insert(grid, first + 1, line, axis=axis)
    shape = tuple(side + (number == axis) for number, side in enumerate(lattice.shape))
    return grown.reshape(-1, *neurons.shape[1:]), replace(lattice, shape=shape)


def _find_gap(
    grid: Float32[np.ndarray, "x y channel row column"], cell: tuple[int, int], *, periodic: bool
) -> tuple[int, int]:
    """Return the axis, and the place along it behind which to insert."""
    gaps = []
    for axis, side in enumerate(grid.shape[:2]):
        for step in (-1, 1):
            place = list(cell)
            place[axis] += step
            if periodic and side > 1:
                place[axis] %= side
            if 0 <= place[axis] < side:
                gap = float(np.linalg.norm(grid[cell] - grid[tuple(place)]))
                gaps.append((gap, axis, cell[axis] if step == 1 else place[axis]))
    if not gaps:
        return 0, 0
    _, axis, first = max(gaps, key=lambda found: found[0])
    return axis, first
