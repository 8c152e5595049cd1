"""Neurons by their cells."""

from dataclasses import replace

import numpy as np
import pytest

from skysieve.som.cells import find_neuron, find_steps, get_cell, iterate_neurons, locate_tiles, make_mosaic
from skysieve.som.lattice import Lattice
from skysieve.som.maps import ImageMap
from skysieve.som.transforms import make_geometry

LATTICES = [Lattice((5,)), Lattice((4, 3)), Lattice((2, 3, 4)), Lattice((5, 5), hexagonal=True)]


@pytest.mark.parametrize("lattice", LATTICES, ids=str)
def test_every_neuron_is_found_at_its_cell(lattice):
    found = [find_neuron(get_cell(neuron, lattice), lattice) for neuron in range(lattice.n_neurons)]
    assert found == list(range(lattice.n_neurons))


def test_the_second_coordinate_runs_fastest_and_hexagonal_rows_are_first_to_last():
    assert find_neuron((1, 0), Lattice((4, 3))) == 3
    assert get_cell(0, Lattice((5, 5), hexagonal=True)) == (2, 0)
    assert get_cell(3, Lattice((5, 5), hexagonal=True)) == (1, 1)


@pytest.mark.parametrize("cell", [(4, 0), (0,), (0, -1), (1, 1, 1)])
def test_a_cell_outside_is_refused(cell):
    with pytest.raises(ValueError, match=r"the map has cells from \(0, 0\) to \(3, 2\); give one"):
        find_neuron(cell, Lattice((4, 3)))


def test_the_corners_of_the_square_around_a_hexagon_are_no_neurons():
    with pytest.raises(ValueError, match="within a hexagon"):
        find_neuron((0, 0), Lattice((5, 5), hexagonal=True))
    with pytest.raises(ValueError, match="neurons 0 to 18"):
        get_cell(19, Lattice((5, 5), hexagonal=True))


def test_all_neurons_are_gone_through_with_their_cells():
    neurons = np.arange(6, dtype=np.float32).repeat(16).reshape(6, 1, 4, 4)
    trained = ImageMap(neurons, Lattice((2, 3)), make_geometry(4, neuron_side=4))
    assert [(cell, pixels[0, 0, 0]) for cell, pixels in iterate_neurons(trained)][3] == ((1, 0), 3)


@pytest.mark.parametrize("lattice", LATTICES, ids=str)
def test_no_two_neurons_of_a_mosaic_overlap(lattice):
    neurons = np.arange(lattice.n_neurons, dtype=np.float32)[:, None, None, None].repeat(7, 2).repeat(7, 3)
    mosaic = make_mosaic(neurons, lattice)[0]
    corners = locate_tiles(lattice, side=7)
    assert np.isfinite(mosaic).sum() == 49 * lattice.n_neurons
    assert [mosaic[y + 3, x + 3] for x, y in corners] == list(range(lattice.n_neurons))


def test_hexagonal_rows_are_shifted_by_half_a_neuron():
    corners = locate_tiles(Lattice((3, 3), hexagonal=True), side=9)
    assert corners.tolist() == [[5, 0], [15, 0], [0, 10], [10, 10], [20, 10], [5, 20], [15, 20]]


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("lattice", LATTICES, ids=str)
def test_steps_lead_to_neurons_that_touch_and_a_periodic_map_has_no_edge(lattice, periodic):
    lattice = replace(lattice, periodic=periodic)
    steps, near = find_steps(lattice), lattice.find_neighbors()
    neurons, ways = np.nonzero(steps >= 0)
    assert near[neurons, steps[neurons, ways]].all()
    used = 4 if lattice.hexagonal else 2 * len(lattice.shape)
    assert (steps[:, used:] == -1).all()
    assert (steps[:, :used] >= 0).all() == periodic


@pytest.mark.parametrize("lattice", [Lattice((4, 3)), Lattice((7, 7), hexagonal=True)], ids=str)
def test_a_step_back_returns_wherever_the_map_is_wide(lattice):
    steps = find_steps(lattice)
    middle = lattice.n_neurons // 2
    for there, back in ((0, 1), (1, 0), (2, 3), (3, 2)):
        reached = steps[middle, there]
        assert reached == -1 or steps[reached, back] == middle


def test_up_is_the_next_row_and_right_the_next_column():
    assert find_steps(Lattice((4, 3)))[4].tolist() == [1, 7, 3, 5, -1, -1]
    assert find_steps(Lattice((4, 3), periodic=True))[0].tolist() == [9, 3, 2, 1, -1, -1]
