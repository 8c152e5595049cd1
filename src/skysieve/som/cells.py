"""Neurons by their cells, and all of them in one picture."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float, Float32, Int

from skysieve.som.lattice import Lattice
from skysieve.som.maps import ImageMap

GAP = 1
"""Pixels between neurons of a mosaic."""


def find_neuron(cell: Sequence[int], lattice: Lattice) -> int:
    """Return the number of the neuron at a cell: (x), (x, y), (x, y, z), or axial (q, r) of a hexagonal lattice.

    Raises
    ------
    ValueError
        If there is no neuron at that cell.

    Examples
    --------
    >>> find_neuron((2, 1), Lattice((4, 3)))
    7
    """
    cells = lattice.make_cells()
    wanted = np.asarray(cell)
    if wanted.shape == cells.shape[1:]:
        found = np.flatnonzero((cells == wanted).all(axis=1))
        if len(found):
            return int(found[0])
    text = ", ".join(map(str, cell))
    raise ValueError(
        f"neuron ({text}): the map has cells from {tuple(cells.min(axis=0).tolist())} to "
        f"{tuple(cells.max(axis=0).tolist())}{', within a hexagon' if lattice.hexagonal else ''}; give one of them"
    )


def get_cell(neuron: int, lattice: Lattice) -> tuple[int, ...]:
    """Return the cell of a neuron: the inverse of `find_neuron`.

    Raises
    ------
    ValueError
        If there is no such neuron.

    Examples
    --------
    >>> get_cell(7, Lattice((4, 3)))
    (2, 1)
    """
    if not 0 <= neuron < lattice.n_neurons:
        raise ValueError(f"neuron {neuron}: the map has neurons 0 to {lattice.n_neurons - 1}; give one of them")
    return tuple(lattice.make_cells()[neuron].tolist())


def iterate_neurons(
    trained: ImageMap,
) -> Iterator[tuple[tuple[int, ...], Float32[np.ndarray, "channel row column"]]]:
    """Go through a map, cell and neuron, in PINK's order."""
    cells = [tuple(cell) for cell in trained.lattice.make_cells().tolist()]
    yield from zip(cells, trained.neurons, strict=True)


def make_mosaic(
    neurons: Float[np.ndarray, "neuron channel row column"], lattice: Lattice
) -> Float[np.ndarray, "channel height width"]:
    """Put the neurons of a map side by side: x to the right and y along the rows, hexagonal rows shifted by halves.

    Parameters
    ----------
    neurons
        In the order of the lattice.

    Returns
    -------
    Float[np.ndarray, "channel height width"]
        NaN between the neurons and where there is none. Layers of a three-dimensional lattice stand side by side.

    Examples
    --------
    >>> make_mosaic(np.arange(2.0)[:, None, None, None], Lattice((2,)))
    array([[[ 0., nan,  1.]]])
    """
    corners = locate_tiles(lattice, side=neurons.shape[-1])
    side, (width, height) = neurons.shape[-1], corners.max(axis=0) + neurons.shape[-1]
    mosaic = np.full((neurons.shape[1], height, width), np.nan, neurons.dtype)
    for neuron, (x, y) in zip(neurons, corners.tolist(), strict=True):
        mosaic[:, y : y + side, x : x + side] = neuron
    return mosaic


def locate_tiles(lattice: Lattice, *, side: int) -> np.ndarray:
    """Return the column and row of each neuron's first pixel in a mosaic of neurons of this side.

    Returns
    -------
    ndarray of int, shape (neuron, 2)
        Pixels; hexagonal rows are shifted by half a tile, layers stand side by side, two gaps and half a tile apart.
    """
    cells, pitch = lattice.make_cells(), side + GAP
    if lattice.hexagonal:
        q, r = cells.T
        columns = (2 * q + r) * pitch // 2
        return np.stack([columns - columns.min(), r * pitch], axis=1)
    x = cells[:, 0] * pitch
    if cells.shape[1] == 1:
        return np.stack([x, 0 * x], axis=1)
    if cells.shape[1] == 3:
        x = x + cells[:, 2] * (lattice.shape[0] * pitch + pitch // 2)
    return np.stack([x, cells[:, 1] * pitch], axis=1)


def find_steps(lattice: Lattice) -> Int[np.ndarray, "neuron 6"]:
    """Find the neuron one step to the left, right, down, up, to the layer below and above; -1 where there is none.

    Returns
    -------
    Int[np.ndarray, "neuron 6"]
        Periodic lattices have no edges. Steps up in a hexagonal lattice go right and left in turn, those down undo
        them; beside its slanted edges they take the neuron that is there.
    """
    places = {tuple(cell): number for number, cell in enumerate(lattice.make_cells().tolist())}
    steps = _find_hexagonal if lattice.hexagonal else _find_cartesian
    return np.array([steps(cell, places, lattice) for cell in places]).reshape(-1, 6)


Cell = tuple[int, ...]


def _find_cartesian(cell: Cell, places: dict[Cell, int], lattice: Lattice) -> list[int]:
    found = [-1] * 6
    for axis, side in enumerate(lattice.shape):
        for end, move in enumerate((-1, 1)):
            moved = cell[axis] + move
            moved = moved % side if lattice.periodic else moved
            found[2 * axis + end] = places.get((*cell[:axis], moved, *cell[axis + 1 :]), -1)
    return found


def _find_hexagonal(cell: Cell, places: dict[Cell, int], lattice: Lattice) -> list[int]:
    q, r = cell
    radius = lattice.shape[0] // 2
    copies: list[Cell] = [(0, 0), (2 * radius + 1, -radius)]
    while lattice.periodic and len(copies) < 7:
        copies.append((-copies[-1][1], sum(copies[-1])))
    up, down = (q - r % 2, r + 1), (q + 1 - r % 2, r - 1)
    beside_up, beside_down = (q - 1 + r % 2, r + 1), (q + r % 2, r - 1)
    wanted = (((q - 1, r),), ((q + 1, r),), (down, beside_down), (up, beside_up))
    reached = copies if lattice.periodic else copies[:1]
    found = [
        next((places[one] for cell in cells for one in _shift(cell, reached) if one in places), -1) for cells in wanted
    ]
    return [*found, -1, -1]


def _shift(cell: Cell, copies: list[Cell]) -> list[Cell]:
    return [(cell[0] + q, cell[1] + r) for q, r in copies]
