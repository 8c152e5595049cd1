"""Images with bad pixels are compared and shown as the definition says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.som.engine import map_images
from skysieve.som.image_training import make_workshop, train_batch, train_online
from skysieve.som.invariance import compare_image, train_directly
from skysieve.som.transforms import Geometry, make_geometry, orient_image


def make_images(geometry: Geometry, *, share: float, channels: int = 1, count: int = 11) -> np.ndarray:
    """Noise with a block and a share of single pixels bad in every third image."""
    rng = np.random.default_rng(2)
    images = rng.random((count, channels, geometry.image_side, geometry.image_side), np.float32)
    images[::3, 0][rng.random(images[::3, 0].shape) < share] = np.nan
    images[::3, :, 2:5, 1:4] = np.nan
    return images


def make_neurons(geometry: Geometry, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(4).random((5, channels, *[geometry.neuron_side] * 2), np.float32)


@given(
    geometry=st.builds(
        make_geometry,
        st.integers(6, 16),
        rotations=st.sampled_from([1, 4, 12, 44]),
        flip=st.booleans(),
        shape=st.sampled_from(["quadratic", "circular"]),
    ),
    channels=st.integers(1, 2),
    share=st.sampled_from([0.0, 0.2, 0.9]),
)
def test_bad_pixels_give_the_distances_of_the_definition(geometry, channels, share):
    images, neurons = make_images(geometry, share=share, channels=channels), make_neurons(geometry, channels)
    mapping = map_images(images, neurons, geometry=geometry)
    distance, orientation = zip(*(compare_image(image, neurons, geometry=geometry) for image in images), strict=True)
    assert np.allclose(mapping.distance, distance, rtol=1e-5, atol=0, equal_nan=True)
    assert (mapping.orientation == orientation).all()


def test_the_distance_over_half_the_pixels_counts_double():
    geometry = make_geometry(4, rotations=1, flip=False)
    image = np.ones((1, 1, 4, 4), np.float32)
    image[..., :2] = np.nan
    mapping = map_images(image, np.zeros((1, 1, 4, 4), np.float32), geometry=geometry)
    assert mapping.distance.item() == pytest.approx(4)


def test_an_image_with_a_hole_still_finds_the_orientation_that_made_the_neuron():
    geometry = make_geometry(16, rotations=16)
    image = np.random.default_rng(0).random((1, 1, 16, 16), np.float32)
    neuron = orient_image(image[0], 21, geometry=geometry)
    image[..., 6:9, 5:9] = np.nan
    mapping = map_images(image, neuron[None], geometry=geometry)
    assert (mapping.distance.item(), mapping.orientation.item()) == (0, 21)


def test_an_image_without_good_pixels_has_no_distance_and_no_best_matching_unit():
    geometry = make_geometry(8, rotations=8)
    images = np.ones((3, 1, 8, 8), np.float32)
    images[1] = np.nan
    mapping = map_images(images, make_neurons(geometry), geometry=geometry)
    assert np.isnan(mapping.distance).all(axis=1).tolist() == [False, True, False]
    assert mapping.bmu[1] == -1
    assert not mapping.orientation[1].any()


def test_clean_images_beside_bad_ones_keep_their_distances():
    geometry = make_geometry(10, rotations=12)
    images, neurons = make_images(geometry, share=0.1), make_neurons(geometry)
    clean = ~np.isnan(images).any(axis=(1, 2, 3))
    both, alone = (map_images(some, neurons, geometry=geometry) for some in (images, images[clean]))
    assert (both.distance[clean] == alone.distance).all()
    assert (both.orientation[clean] == alone.orientation).all()


@pytest.mark.parametrize(("shape", "channels"), [("quadratic", 1), ("circular", 2)])
def test_bad_pixels_do_not_move_neurons_online(shape, channels):
    geometry = make_geometry(12, rotations=12, shape=shape)
    images, neurons = make_images(geometry, share=0.1, channels=channels, count=20), make_neurons(geometry, channels)
    images[4] = np.nan
    weights = np.full((5, 5), 0.05, np.float32) + 0.1 * np.eye(5, dtype=np.float32)
    ours, _ = train_online(neurons, images, weights=weights, workshop=make_workshop(geometry), batch=4)
    assert np.abs(ours - train_directly(neurons, images, weights=weights, geometry=geometry)).max() < 1e-6


def test_batch_means_are_those_of_good_pixels():
    geometry = make_geometry(9, rotations=8)
    images, neurons, weights = make_images(geometry, share=0.1), make_neurons(geometry), np.ones((5, 5), np.float32)
    images[1] = np.nan
    ours = train_batch(neurons, [images], weights=weights, workshop=make_workshop(geometry))
    turns = [compare_image(image, neurons, geometry=geometry)[1].tolist() for image in images]
    drawn = np.array(
        [[orient_image(x, t, geometry=geometry) for t in turn] for x, turn in zip(images, turns, strict=True)]
    )
    assert np.allclose(ours, np.nanmean(np.delete(drawn, 1, axis=0), axis=0), atol=1e-5)
