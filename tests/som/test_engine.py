"""The fast engine gives the answers of the definition and of the PINK program."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.som.engine import map_batches, map_images
from skysieve.som.invariance import Mapping, compare_image
from skysieve.som.transforms import Geometry, make_geometry, orient_image

REFERENCE = [
    "cart_gauss_float", "cart_1d_5", "cart_3d_2x3x2", "cart_circular", "cart_circular_odd_edim", "cart_circular_ed20",
    "cart_odd_image", "cart_flip_off", "cart_numrot1", "cart_numrot1_flip_off", "cart_numrot4", "cart_numrot360",
    "cart_neuron33_edim33", "cart_ed15", "cart_nonsquare_4x2", "cart_wide_range", "cart_mexicanhat", "cart_init_random",
    "ch2_cart_gauss", "ch2_hex3", "hex3_gauss", "hex5_unitygaussian", "rnd_cart_crop", "rnd_ch2_cart_unity_numrot92",
    "rnd_hex5_unity_circular_numrot92", "rnd_cart_unity_circular_numrot92_shuffle",
]  # fmt: skip


@pytest.mark.parametrize("name", REFERENCE)
def test_a_mapping_is_that_of_the_reference_program(read_golden, name):
    case = read_golden(name)
    mapping = map_images(case.images, case.som, geometry=case.geometry)
    assert np.allclose(mapping.distance, case.distance, rtol=1e-5, atol=0)
    assert (mapping.orientation == case.orientation).all()
    assert (mapping.bmu == case.distance.argmin(axis=1)).all()


def test_cells_that_tie_take_the_first_orientation(read_golden):
    case = read_golden("cart_max_update_distance")
    mapping = map_images(case.images, case.som, geometry=case.geometry)
    assert np.allclose(mapping.distance, case.distance, rtol=1e-5, atol=0)
    blank = ~case.som.any(axis=(1, 2, 3))
    assert (mapping.orientation[:, blank] < case.geometry.steps).all()
    assert_same(mapping, case.images, case.som, case.geometry)


def assert_same(mapping: Mapping, images: np.ndarray, neurons: np.ndarray, geometry: Geometry) -> None:
    """Compare a mapping with the definition."""
    distance, orientation = zip(*(compare_image(image, neurons, geometry=geometry) for image in images), strict=True)
    assert np.allclose(mapping.distance, distance, rtol=1e-5, atol=0)
    assert (mapping.orientation == orientation).all()
    assert (mapping.bmu == np.argmin(distance, axis=1)).all()


@given(
    geometry=st.builds(
        make_geometry,
        st.integers(5, 20),
        rotations=st.integers(1, 12).map(lambda quarter: 4 * quarter),
        flip=st.booleans(),
        shape=st.sampled_from(["quadratic", "circular"]),
    ),
    channels=st.integers(1, 2),
    level=st.sampled_from([0.0, 1.0, 300.0]),
)
def test_any_geometry_gives_the_answers_of_the_definition(geometry, channels, level):
    rng, side, wide = np.random.default_rng(7), geometry.image_side, geometry.neuron_side
    images = (level + rng.random((5, channels, side, side))).astype(np.float32)
    neurons = (level + rng.random((4, channels, wide, wide))).astype(np.float32)
    assert_same(map_images(images, neurons, geometry=geometry, batch=3), images, neurons, geometry)


def test_images_that_the_neurons_are_made_of_are_found_exactly():
    geometry = make_geometry(16, rotations=16)
    images = np.random.default_rng(0).random((6, 1, 16, 16), np.float32)
    wanted = [0, 3, 4, 9, 17, 30]
    neurons = np.stack([orient_image(image, t, geometry=geometry) for image, t in zip(images, wanted, strict=True)])
    mapping = map_images(images, neurons, geometry=geometry)
    assert mapping.distance.diagonal().tolist() == [0] * 6
    assert mapping.orientation.diagonal().tolist() == wanted


@pytest.mark.parametrize("rotations", [1, 4, 24])
def test_images_and_neurons_that_tie_everywhere_take_the_first_of_all(rotations):
    geometry = make_geometry(8, rotations=rotations)
    images = np.zeros((2, 1, 8, 8), np.float32)
    neurons = np.ones((3, 1, geometry.neuron_side, geometry.neuron_side), np.float32)
    mapping = map_images(images, neurons, geometry=geometry)
    assert not mapping.orientation.any()
    assert not mapping.bmu.any()


def test_turning_and_flipping_an_image_by_quarters_leaves_its_distances():
    geometry = make_geometry(15, rotations=12)
    rng = np.random.default_rng(3)
    image = rng.random((1, 15, 15), np.float32)
    turned = np.stack([image, np.rot90(image, 1, axes=(1, 2)), image[:, ::-1], image.transpose(0, 2, 1)])
    neurons = rng.random((5, 1, geometry.neuron_side, geometry.neuron_side), np.float32)
    mapping = map_images(turned, neurons, geometry=geometry)
    assert np.allclose(mapping.distance, mapping.distance[0], rtol=1e-5)


def test_batches_come_back_one_by_one():
    geometry = make_geometry(8, rotations=8)
    rng = np.random.default_rng(0)
    neurons = rng.random((3, 1, geometry.neuron_side, geometry.neuron_side), np.float32)
    sizes = (image for image in (rng.random((size, 1, 8, 8), np.float32) for size in (2, 5)))
    assert [len(part.bmu) for part in map_batches(sizes, neurons, geometry=geometry)] == [2, 5]


def test_no_images_are_an_empty_mapping():
    geometry = make_geometry(8, rotations=8)
    neurons = np.ones((3, 1, geometry.neuron_side, geometry.neuron_side), np.float32)
    assert map_images(np.zeros((0, 1, 8, 8), np.float32), neurons, geometry=geometry).distance.shape == (0, 3)


@pytest.mark.parametrize(
    ("images", "neurons", "message"),
    [
        ((2, 1, 9, 9), (3, 1, 12, 12), "images of 9x9 pixels where 8x8"),
        ((2, 1, 8, 8), (3, 1, 13, 13), "neurons of 13x13 pixels where 12x12"),
        ((2, 2, 8, 8), (3, 1, 12, 12), "2 channels in the images and 1 in the neurons"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(images, neurons, message):
    with pytest.raises(ValueError, match=message):
        map_images(np.zeros(images, np.float32), np.zeros(neurons, np.float32), geometry=make_geometry(8))


def test_infinite_pixels_are_refused():
    images = np.zeros((2, 1, 8, 8), np.float32)
    images[1, 0, 2, 2] = np.inf
    with pytest.raises(ValueError, match="image 1 of the batch holds 1 infinite pixel"):
        map_images(images, np.zeros((3, 1, 12, 12), np.float32), geometry=make_geometry(8))


def test_threads_give_the_batches_in_order():
    geometry = make_geometry(8, rotations=8)
    rng = np.random.default_rng(0)
    images, neurons = rng.random((23, 1, 8, 8), np.float32), rng.random((3, 1, 12, 12), np.float32)
    one, three = (map_images(images, neurons, geometry=geometry, batch=4, threads=threads) for threads in (1, 3))
    assert (one.distance == three.distance).all()
    assert (one.orientation == three.orientation).all()


def test_one_neuron_and_constant_images_match_in_the_first_orientation():
    geometry = make_geometry(8, rotations=8, region_side=4)
    images = np.full((2, 1, 8, 8), 2, np.float32)
    mapping = map_images(images, np.full((1, 1, 12, 12), 2, np.float32), geometry=geometry)
    assert not mapping.distance.any()
    assert not mapping.orientation.any()
