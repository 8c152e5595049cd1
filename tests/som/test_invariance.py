"""The definition of the invariant map agrees with the PINK program."""

import numpy as np
import pytest

from skysieve.som.invariance import Mapping, compare_image, train_directly
from skysieve.som.transforms import make_geometry, orient_image, transform_image

MAPPED = [
    "cart_gauss_float", "cart_circular", "cart_circular_odd_edim", "cart_circular_ed20", "cart_odd_image",
    "cart_flip_off", "cart_numrot1", "cart_numrot1_flip_off", "cart_numrot4", "cart_neuron33_edim33", "cart_ed15",
    "cart_wide_range", "ch2_cart_gauss", "hex3_gauss", "rnd_cart_crop", "rnd_ch2_cart_unity_numrot92",
]  # fmt: skip


@pytest.mark.parametrize("name", MAPPED)
def test_distances_and_orientations_are_those_of_the_reference_program(read_golden, name):
    case = read_golden(name)
    for image, distance, orientation in zip(case.images[:6], case.distance, case.orientation, strict=False):
        found = compare_image(image, case.som, geometry=case.geometry)
        assert np.allclose(found[0], distance, rtol=1e-5, atol=0)
        assert (found[1] == orientation).all()


def test_training_from_a_map_is_that_of_the_reference_program(read_golden):
    start, case = read_golden("cart_gauss_float").som, read_golden("cart_init_file")
    trained = train_directly(start, case.images, weights=make_weights(), geometry=case.geometry)
    assert np.abs(trained - case.som).max() < 1e-6


def make_weights() -> np.ndarray:
    """Gaussian of width 1.1 and rate 0.2 on a lattice of 3 x 3."""
    places = np.stack(np.indices((3, 3)).reshape(2, -1), axis=1)
    distance = np.linalg.norm(places[:, None] - places, axis=-1)
    return (0.2 / (1.1 * np.sqrt(2 * np.pi)) * np.exp(-((distance / 1.1) ** 2) / 2)).astype(np.float32)


@pytest.mark.parametrize("orientation", [0, 3, 8, 17, 30])
def test_a_neuron_made_of_an_image_is_found_at_its_orientation(orientation):
    geometry = make_geometry(16, rotations=16)
    image = np.random.default_rng(1).random((2, 16, 16), np.float32)
    neuron = orient_image(image, orientation, geometry=geometry)
    distance, found = compare_image(image, neuron[None], geometry=geometry)
    assert (distance[0], found[0]) == (0, orientation)


def test_an_image_without_structure_takes_the_first_orientation():
    geometry = make_geometry(8, rotations=4)
    neurons = np.random.default_rng(0).random((3, 1, *[geometry.neuron_side] * 2), np.float32)
    assert (compare_image(np.zeros((1, 8, 8), np.float32), neurons, geometry=geometry)[1] == 0).all()


def test_every_channel_counts_in_a_disk():
    geometry = make_geometry(8, rotations=1, shape="circular")
    image = np.random.default_rng(0).random((2, 8, 8), np.float32)
    neurons = np.stack([image, image])
    neurons[1, 1] += 1
    assert compare_image(image, neurons, geometry=geometry)[0][1] > 1


def test_a_weight_of_one_makes_the_neuron_the_oriented_image():
    geometry = make_geometry(8, rotations=8)
    rng = np.random.default_rng(0)
    image, neurons = rng.random((1, 8, 8), np.float32), rng.random((1, 1, *[geometry.neuron_side] * 2), np.float32)
    orientation = compare_image(image, neurons, geometry=geometry)[1][0]
    trained = train_directly(neurons, image[None], weights=np.ones((1, 1), np.float32), geometry=geometry)
    assert np.allclose(trained[0], transform_image(image, geometry)[orientation], atol=1e-6)


def test_of_equally_near_neurons_the_first_is_the_best_matching_unit():
    mapping = Mapping(np.array([[2, 1, 1]], np.float32), np.zeros((1, 3), np.int64))
    assert mapping.bmu.tolist() == [1]
