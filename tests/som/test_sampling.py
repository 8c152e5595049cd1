"""Neurons that stand for a whole map."""

import numpy as np
import pytest

from skysieve.som.lattice import Lattice
from skysieve.som.sampling import sample_evenly, sample_randomly

LATTICES = [Lattice((9,)), Lattice((6, 6)), Lattice((7, 7), hexagonal=True), Lattice((6, 6), periodic=True)]


@pytest.mark.parametrize("lattice", LATTICES, ids=str)
def test_random_neurons_keep_their_distance(lattice):
    chosen = sample_randomly(lattice, 5, seed=4, min_distance=2.5, attempts=500)
    distances = lattice.measure_distances()[np.ix_(chosen, chosen)]
    assert len(chosen) >= 3
    assert (distances[np.triu_indices(len(chosen), 1)] >= 2.5).all()


def test_random_choice_gives_up_where_there_is_no_room():
    assert len(sample_randomly(Lattice((3, 3)), 9, seed=1, min_distance=9.0)) == 1
    assert sorted(sample_randomly(Lattice((3,)), 3, seed=1, min_distance=0.0, attempts=500)) == [0, 1, 2]


@pytest.mark.parametrize("lattice", LATTICES, ids=str)
def test_even_neurons_differ_and_leave_no_part_of_the_map_far_from_one(lattice):
    chosen = sample_evenly(lattice, 4, seed=2)
    assert len(set(chosen.tolist())) == 4
    assert lattice.measure_distances()[:, chosen].min(axis=1).max() < 4


def test_two_of_a_row_stand_in_the_middle_of_its_halves():
    assert sample_evenly(Lattice((6,)), 2, seed=0).tolist() == [1, 4]


def test_crowded_neurons_draw_the_choice():
    hits = np.array([0.0, 0, 0, 0, 9, 9, 9, 0, 0, 1])
    assert sample_evenly(Lattice((10,)), 1, seed=0, weights=hits).tolist() == [5]
    assert sample_evenly(Lattice((10,)), 4, seed=0, weights=hits).tolist() == [4, 5, 6, 9]


def test_the_seed_decides():
    lattice = Lattice((12, 12))
    assert (sample_evenly(lattice, 7, seed=5) == sample_evenly(lattice, 7, seed=5)).all()
    assert sample_randomly(lattice, 7, seed=5).tolist() != sample_randomly(lattice, 7, seed=6).tolist()


@pytest.mark.parametrize(
    ("count", "weights", "message"),
    [
        (10, None, "10 neurons of 9"),
        (0, None, "choose 1 to 9"),
        (2, np.ones(8), "9 numbers from 0"),
        (1, -np.ones(9), "9 numbers from 0"),
        (2, np.eye(9)[0], "1 neurons count"),
    ],
)
def test_impossible_choices_are_refused(count, weights, message):
    with pytest.raises(ValueError, match=message):
        sample_evenly(Lattice((9,)), count, seed=0, weights=weights)
