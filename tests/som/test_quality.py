import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.som.lattice import Lattice
from skysieve.som.quality import (
    count_hits,
    make_component_planes,
    measure_quantization_error,
    measure_topographic_error,
    measure_u_matrix,
)


def test_the_quantization_error_is_the_mean_distance():
    distances = np.array([1.0, 3.0, np.nan])
    assert measure_quantization_error(distances) == 2
    assert measure_quantization_error(distances, weights=np.array([3.0, 1.0, 9.0])) == 1.5
    assert np.isnan(measure_quantization_error(np.array([])))


def test_the_topographic_error_knows_edges_that_meet():
    corners = np.array([[0, 8], [0, 4], [-1, -1]])
    assert measure_topographic_error(corners, Lattice((3, 3))) == 0.5
    assert measure_topographic_error(corners, Lattice((3, 3), periodic=True)) == 0
    opposite = np.array([[0, 18]])  # across a hexagon of radius 2
    assert measure_topographic_error(opposite, Lattice((5, 5), hexagonal=True)) == 1
    assert np.isnan(measure_topographic_error(corners[2:], Lattice((3, 3))))


@given(a=st.integers(0, 18), b=st.integers(0, 18))
def test_on_a_periodic_hexagon_the_error_is_zero_exactly_one_step_away(a, b):
    lattice = Lattice((5, 5), hexagonal=True, periodic=True)
    error = measure_topographic_error(np.array([[a, b]]), lattice)
    assert (error == 0) == (lattice.measure_distances()[a, b] == 1)


def test_the_u_matrix_is_high_at_a_border():
    neurons = np.array([[0.0], [0.0], [6.0], [6.0]])
    assert measure_u_matrix(neurons, Lattice((4,))).tolist() == [0, 3, 3, 0]
    assert measure_u_matrix(neurons, Lattice((4,), periodic=True)).tolist() == [3, 3, 3, 3]
    assert np.isnan(measure_u_matrix(neurons[:1], Lattice((1,)))).all()


def test_the_u_matrix_of_images_is_that_of_their_pixels():
    images = np.arange(12.0).reshape(3, 2, 2)
    lattice = Lattice((3,))
    assert (measure_u_matrix(images, lattice) == measure_u_matrix(images.reshape(3, 4), lattice)).all()
    assert measure_u_matrix(images, lattice)[0] == pytest.approx(8)


def test_hits_are_counted_for_every_neuron():
    assert count_hits(np.array([2, 0, 2, -1]), 4).tolist() == [1, 0, 2, 0]


def test_component_planes_lie_on_the_lattice():
    planes = make_component_planes(np.arange(12.0).reshape(6, 2), Lattice((2, 3)))
    assert planes[1].tolist() == [[1, 3, 5], [7, 9, 11]]
    assert np.isnan(make_component_planes(np.zeros((7, 1)), Lattice((3, 3), hexagonal=True))[0, 0, 0])
