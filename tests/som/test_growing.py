"""A lattice grows where the map stands worst."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.som.bars import BATCH, draw_bars, make_recipe, write_bars

from skysieve.som.growing import grow_lattice, measure_evenness, sum_errors
from skysieve.som.lattice import Lattice
from skysieve.som.training_recipe import GrowthRecipe
from skysieve.som.training_run import train_map


def make_neurons(values):
    return np.array(values, np.float32).reshape(-1, 1, 1, 1)


def test_a_column_comes_between_the_worst_neuron_and_its_most_different_neighbor():
    neurons, lattice = grow_lattice(make_neurons([0, 1, 2, 9]), Lattice((2, 2)), np.array([0.0, 5.0, 0.0, 1.0]))
    assert lattice.shape == (3, 2)
    assert neurons.ravel().tolist() == [0, 1, 1, 5, 2, 9]


def test_a_periodic_lattice_grows_across_its_edge():
    lattice = Lattice((3, 1), periodic=True)
    neurons, grown = grow_lattice(make_neurons([0, 1, 8]), lattice, np.array([5.0, 0, 0]))
    assert (grown.shape, grown.periodic) == ((4, 1), True)
    assert neurons.ravel().tolist() == [0, 1, 8, 4]


def test_one_neuron_becomes_two():
    neurons, lattice = grow_lattice(make_neurons([3]), Lattice((1, 1)), np.array([1.0]))
    assert (lattice.shape, neurons.ravel().tolist()) == ((2, 1), [3, 3])


@given(st.integers(1, 4), st.integers(1, 4), st.booleans(), st.integers(0, 15))
def test_old_neurons_stay_in_a_larger_lattice(width, height, periodic, worst):
    values, errors = np.arange(width * height) ** 2, np.zeros(width * height)
    errors[worst % len(errors)] = 1
    neurons, lattice = grow_lattice(make_neurons(values), Lattice((width, height), periodic=periodic), errors)
    assert len(neurons) == lattice.n_neurons > len(values)
    assert np.isin(values, neurons).all()


def test_errors_are_summed_over_the_images_of_each_neuron():
    errors = sum_errors(np.array([0, 2, 2, -1]), np.array([1.0, 2.0, 3.0, np.nan]), n_neurons=3)
    assert errors.tolist() == [1, 0, 13]
    assert measure_evenness(errors) == pytest.approx(13 / (14 / 3))
    assert measure_evenness(np.zeros(3)) == 1


def test_growth_makes_the_map_stand_better_for_its_images(tmp_path):
    bars = write_bars(tmp_path / "bars.bin", draw_bars(30))
    growth = GrowthRecipe(most_neurons=4, evenness=1.01, stage=BATCH)
    small = train_map(bars, make_recipe(BATCH, side=1), out=tmp_path / "small")
    grown = train_map(bars, make_recipe(BATCH, side=1, growth=growth), out=tmp_path / "grown")
    errors = [som.provenance["convergence"]["quantization_error"] for som in (small, grown)]
    assert 3 <= grown.lattice.n_neurons <= 4
    assert errors[1] < 0.7 * errors[0]


def test_growth_stops_where_errors_are_even(tmp_path):
    bars = write_bars(tmp_path / "bars.bin", draw_bars(30))
    growth = GrowthRecipe(least_neurons=2, evenness=1e9, stage=BATCH)
    assert train_map(bars, make_recipe(BATCH, side=1, growth=growth), out=tmp_path / "run").lattice.n_neurons == 2
