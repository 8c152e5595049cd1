"""Coherence of maps, and the spread of distances over them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.som.coherence import compare_edge, map_coherence, measure_coherence, measure_spread
from skysieve.som.lattice import Lattice
from skysieve.som.quality import measure_topographic_error


def test_diagonal_neurons_touch_and_those_two_cells_away_do_not():
    found = measure_coherence(np.array([[0, 4], [0, 2], [-1, -1], [4, 5]]), Lattice((3, 3)))
    assert (found.count, found.known) == (2, 3)
    assert found.fraction == pytest.approx(2 / 3)
    assert found.error == pytest.approx(np.sqrt(2 / 27))


def test_opposite_edges_touch_on_a_cyclic_map_only():
    best_two = np.array([[0, 8], [0, 6], [3, 5]])
    assert measure_coherence(best_two, Lattice((4, 4))).count == 0
    wide = np.array([[0, 15], [0, 12], [4, 7], [0, 10]])
    assert measure_coherence(wide, Lattice((4, 4)), cyclic=True).count == 3
    assert measure_coherence(wide, Lattice((4, 4), periodic=True)).count == 3
    assert measure_coherence(wide, Lattice((4, 4), periodic=True), cyclic=False).count == 0


def test_hexagonal_neurons_touch_six_others_and_more_across_the_edge_of_a_cyclic_one():
    lattice = Lattice((5, 5), hexagonal=True)
    middle = np.stack([np.full(19, 9), np.arange(19)], axis=1)
    corner = np.stack([np.zeros(19, int), np.arange(19)], axis=1)
    assert measure_coherence(middle, lattice).count == 6
    assert measure_coherence(corner, lattice).count == 3
    assert measure_coherence(corner, lattice, cyclic=True).count == 6


@given(st.lists(st.tuples(st.integers(-1, 11), st.integers(-1, 11)), min_size=1), st.booleans())
def test_coherence_is_one_minus_the_topographic_error(pairs, periodic):
    best_two, lattice = np.array(pairs), Lattice((4, 3), periodic=periodic)
    np.testing.assert_allclose(
        measure_coherence(best_two, lattice).fraction, 1 - measure_topographic_error(best_two, lattice)
    )


def test_no_images_have_no_coherence():
    found = measure_coherence(np.zeros((0, 2), np.int64), Lattice((3,)))
    assert np.isnan([found.fraction, found.error]).all()


def test_coherence_is_mapped_by_best_neuron():
    values = map_coherence(np.array([[0, 1], [0, 2], [2, 1], [-1, -1]]), Lattice((4,)))
    np.testing.assert_array_equal(values, [0.5, np.nan, 1, np.nan])


def test_the_spread_of_each_neuron_leaves_unknown_images_out():
    spread = measure_spread(np.array([1.0, 4.0, 9.0, np.nan, 5.0]), np.array([2, 0, 2, 2, -1]), 3)
    assert spread.hits.tolist() == [1, 0, 2]
    np.testing.assert_array_equal(spread.median, [4, np.nan, 5])
    np.testing.assert_allclose(spread.scatter, [np.nan, np.nan, np.sqrt(32)])
    assert measure_spread(np.array([]), np.array([], np.int64), 2).hits.tolist() == [0, 0]


def test_a_map_without_edge_or_inside_has_nothing_to_compare():
    values = np.arange(9.0)
    assert compare_edge(values, Lattice((3, 3))) == pytest.approx(1.0)
    assert np.isnan(compare_edge(values, Lattice((3, 3), periodic=True)))
    assert np.isnan(compare_edge(np.full(9, np.nan), Lattice((3, 3))))
    assert np.isnan(compare_edge(np.array([1.0, 0.0, 1.0]), Lattice((3,))))
