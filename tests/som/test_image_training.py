"""Training of maps of images gives the answers of the definition and of the PINK program."""

import numpy as np
import pytest

from skysieve.som.image_training import make_workshop, train_batch, train_online
from skysieve.som.invariance import compare_image, train_directly
from skysieve.som.mersenne import draw_uniform, shuffle_order
from skysieve.som.transforms import Geometry, make_geometry, orient_image


def make_weights(width: int, height: int) -> np.ndarray:
    """Gaussian of width 1.1 and rate 0.2 on a cartesian lattice."""
    places = np.stack(np.indices((width, height)).reshape(2, -1), axis=1)
    distance = np.linalg.norm(places[:, None] - places, axis=-1)
    return (0.2 / (1.1 * np.sqrt(2 * np.pi)) * np.exp(-((distance / 1.1) ** 2) / 2)).astype(np.float32)


def make_case(geometry: Geometry, channels: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng, wide = np.random.default_rng(5), geometry.neuron_side
    images = rng.random((21, channels, geometry.image_side, geometry.image_side), np.float32)
    return images, rng.random((9, channels, wide, wide), np.float32)


def test_online_training_from_a_map_is_that_of_the_reference_program(read_golden):
    start, case = read_golden("cart_gauss_float").som, read_golden("cart_init_file")
    trained, _ = train_online(start, case.images, weights=make_weights(3, 3), workshop=make_workshop(case.geometry))
    assert np.abs(trained - case.som).max() < 1e-6


def test_online_training_from_random_neurons_is_that_of_the_reference_program(read_golden):
    case = read_golden("cart_init_random")
    start = draw_uniform(case.som.size, seed=1234).reshape(case.som.shape)
    trained, _ = train_online(start, case.images, weights=make_weights(3, 3), workshop=make_workshop(case.geometry))
    assert np.abs(trained - case.som).max() < 1e-6


@pytest.mark.parametrize(
    ("name", "width", "iterations"),
    [
        ("rnd_cart_flip_off", 3, 1), ("rnd_cart_numrot1", 3, 1), ("rnd_cart_numrot4", 3, 1), ("rnd_cart_crop", 3, 1),
        ("rnd_cart_wide_range", 3, 1), ("rnd_cart_nonsquare_2x4", 2, 1), ("rnd_ch2_cart_unity_numrot92", 3, 1),
        ("rnd_cart_unity_circular_numrot92_shuffle", 3, 3),
    ],
)  # fmt: skip
def test_shuffled_training_is_that_of_the_reference_program(read_golden, name, width, iterations):
    case = read_golden(name)
    neurons = draw_uniform(case.som.size, seed=1234).reshape(case.som.shape)
    weights = make_weights(width, len(case.som) // width) * np.float32(1.1 * np.sqrt(2 * np.pi))
    for iteration in range(iterations):
        images = case.images[shuffle_order(len(case.images), seed=1234, iteration=iteration)]
        neurons, _ = train_online(neurons, images, weights=weights, workshop=make_workshop(case.geometry))
    assert np.abs(neurons - case.som).max() < 1e-6 * max(1, np.abs(case.som).max())


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("shape", "flip"), [("quadratic", True), ("circular", False)])
def test_online_training_is_that_of_the_definition(channels, shape, flip):
    geometry = make_geometry(12, rotations=12, shape=shape, flip=flip)
    images, neurons = make_case(geometry, channels)
    ours, _ = train_online(neurons, images, weights=make_weights(3, 3), workshop=make_workshop(geometry), batch=4)
    wanted = train_directly(neurons, images, weights=make_weights(3, 3), geometry=geometry)
    assert np.abs(ours - wanted).max() < 1e-6


@pytest.mark.parametrize("flip", [True, False])
@pytest.mark.parametrize("rotations", [1, 4, 12])
def test_batch_training_makes_weighted_means_of_oriented_images(rotations, flip):
    geometry = make_geometry(11, rotations=rotations, flip=flip)
    images, neurons = make_case(geometry, channels=2)
    weights = make_weights(3, 3)
    ours = train_batch(neurons, [images[:8], images[8:]], weights=weights, workshop=make_workshop(geometry))
    total, share = np.zeros_like(neurons), np.zeros(9)
    for image in images:
        distance, orientation = compare_image(image, neurons, geometry=geometry)
        drawn = np.stack([orient_image(image, t, geometry=geometry) for t in orientation.tolist()])
        total += weights[distance.argmin()][:, None, None, None] * drawn
        share += weights[distance.argmin()]
    assert np.abs(ours - total / share[:, None, None, None]).max() < 1e-5


def test_neurons_that_no_image_moves_stay():
    geometry = make_geometry(12, rotations=8)
    images, neurons = make_case(geometry)
    workshop = make_workshop(geometry)
    still = np.zeros((9, 9), np.float32)
    assert (train_batch(neurons, [images], weights=still, workshop=workshop) == neurons).all()
    assert (train_online(neurons, images, weights=still, workshop=workshop)[0] == neurons).all()
    assert (train_online(neurons, images[:0], weights=make_weights(3, 3), workshop=workshop)[0] == neurons).all()


def test_the_number_of_threads_does_not_change_the_neurons():
    geometry = make_geometry(12, rotations=8)
    images, neurons = make_case(geometry)
    one, two = (
        train_batch(neurons, [images], weights=make_weights(3, 3), workshop=make_workshop(geometry, threads=threads))
        for threads in (1, 2)
    )
    assert (one == two).all()


def test_negative_weights_are_refused_in_batch_training():
    geometry = make_geometry(8, rotations=4)
    images, neurons = make_case(geometry)
    with pytest.raises(ValueError, match="some are negative"):
        train_batch(neurons, [images], weights=-make_weights(3, 3), workshop=make_workshop(geometry))


def test_many_images_in_a_row_train_as_those_shown_in_parts():
    geometry = make_geometry(10, rotations=12)
    images, neurons = (
        np.random.default_rng(1).random((64, 1, 10, 10), np.float32),
        make_case(geometry)[1][:, :, :15, :15],
    )
    workshop = make_workshop(geometry, threads=2)
    whole, _ = train_online(neurons, images, weights=make_weights(3, 3), workshop=workshop)
    parts = neurons
    for start in range(0, 64, 16):
        parts, _ = train_online(parts, images[start : start + 16], weights=make_weights(3, 3), workshop=workshop)
    assert np.abs(whole - parts).max() < 2e-6


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_an_image_that_counts_three_times_moves_neurons_as_if_shown_three_times(share):
    geometry = make_geometry(10, rotations=8)
    images, neurons = make_case(geometry)
    images[np.random.default_rng(3).random(images.shape) < share] = np.nan
    table, workshop = np.full((9, 9), 0.1, np.float32), make_workshop(geometry)
    counted, bmus = train_online(neurons, images[:2], weights=table, workshop=workshop, counts=np.array([3.0, 0.0]))
    repeated, _ = train_online(neurons, images[[0, 0, 0]], weights=table, workshop=workshop)
    assert np.abs(counted - repeated).max() < 1e-6
    assert bmus[0] == compare_image(images[0], neurons, geometry=geometry)[0].argmin()


def test_winners_are_told_and_that_of_an_image_without_pixels_is_unknown():
    geometry = make_geometry(10, rotations=8)
    images, neurons = make_case(geometry)
    images[1] = np.nan
    still = np.zeros((9, 9), np.float32)
    _, bmus = train_online(neurons, images[:3], weights=still, workshop=make_workshop(geometry))
    wanted = [int(compare_image(image, neurons, geometry=geometry)[0].argmin()) for image in images[[0, 2]]]
    assert bmus.tolist() == [wanted[0], -1, wanted[1]]


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_counts_are_weights_in_batch_means(share):
    geometry = make_geometry(10, rotations=8)
    images, neurons = make_case(geometry)
    images[np.random.default_rng(3).random(images.shape) < share] = np.nan
    weights, workshop = make_weights(3, 3), make_workshop(geometry)
    counted = train_batch(neurons, [images[:2]], weights=weights, workshop=workshop, counts=[np.array([2.0, 1.0])])
    repeated = train_batch(neurons, [images[[0, 0, 1]]], weights=weights, workshop=workshop)
    assert np.abs(counted - repeated).max() < 1e-6
