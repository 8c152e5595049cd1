"""Scales, transfer functions, masks and weights do what they say, bad pixels included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skysieve.morphology.preprocessing import (
    balance_channels,
    circular_mask,
    minmax,
    radial_weights,
    reweight,
    square_mask,
    transfer,
)

IMAGES = arrays(np.float64, (5, 6), elements=st.floats(-1e6, 1e6))


@given(IMAGES)
def test_scaled_pixels_lie_between_0_and_1_in_the_same_order(image):
    scaled = minmax(image)
    assert scaled.min() >= 0
    assert scaled.max() <= 1
    assert (np.diff(scaled.ravel()[np.argsort(image, axis=None)]) >= 0).all()


def test_only_selected_pixels_are_scaled_and_bad_ones_stay():
    image = np.array([[0.0, 10.0, np.nan], [5.0, 100.0, np.inf]])
    mask = np.array([[True, True, True], [True, False, True]])
    np.testing.assert_array_equal(minmax(image, mask), [[0, 1, np.nan], [0.5, 100, np.inf]])


@pytest.mark.parametrize(("value", "scaled"), [(3.0, 1.0), (0.0, 0.0), (-2.0, 0.0)])
def test_a_flat_image_is_1_where_there_is_emission(value, scaled):
    assert (minmax(np.full((2, 2), value)) == scaled).all()


def test_nothing_selected_changes_nothing():
    image = np.array([[1.0, 2.0]])
    assert (minmax(image, np.zeros((1, 2), bool)) == image).all()


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("linear", [-4, 0, 4]),
        ("sqrt", [np.nan, 0, 2]),
        ("log", [np.nan, np.nan, np.log10(4)]),
        ("asinh", [-np.arcsinh(2), 0, np.arcsinh(2)]),
        ("power", [np.nan, 0, 64]),
    ],
)
def test_transfer_functions_have_their_values_and_domains(function, expected):
    np.testing.assert_allclose(transfer(np.array([-4.0, 0.0, 4.0]), function, softening=2.0, power=3.0), expected)


def test_bad_pixels_pass_through_every_transfer_function():
    for function in ("linear", "sqrt", "log", "asinh", "power"):
        assert np.isnan(transfer(np.array([np.nan]), function)).all()


def test_a_softening_of_zero_is_refused():
    with pytest.raises(ValueError, match="positive numbers are wanted"):
        transfer(np.ones(2), "asinh", softening=0.0)


@given(st.integers(1, 12), st.integers(1, 12))
def test_masks_of_the_full_extent_of_a_square_image_have_its_symmetry(side, size):
    disk = circular_mask((side, side), radius=size / 2)
    assert (disk == disk.T).all()
    assert (disk == disk[::-1]).all()
    assert square_mask((side, side), size=min(size, side)).sum() == min(size, side) ** 2


def test_a_scale_is_a_fraction_of_the_shorter_side():
    assert square_mask((10, 20), scale=0.5).sum() == 25
    assert (circular_mask((10, 20), scale=0.5) == circular_mask((10, 20), radius=2.5)).all()


@pytest.mark.parametrize("extent", [{}, {"size": 3, "scale": 0.5}])
def test_a_mask_wants_one_extent(extent):
    with pytest.raises(ValueError, match="either its size in pixels or its scale"):
        square_mask((5, 5), **extent)


def test_radial_weights_fall_to_a_known_height():
    weights = radial_weights((5, 5), sigma=2.0)
    assert weights[2, 2] == 1
    assert weights[2, 4] == pytest.approx(np.exp(-0.5))


def test_channel_weights_make_the_median_sums_as_asked():
    sums = np.random.default_rng(0).uniform(1, 2, (31, 3)) * [1, 20, 300]
    weights = balance_channels(sums, shares=[1.0, 1.0, 2.0])
    medians = np.median(sums * weights, axis=0)
    np.testing.assert_allclose(medians / medians[0], [1, 1, 2])
    assert max(weights) == 1


def test_empty_channels_of_single_images_do_not_move_the_weights():
    sums = np.array([[2.0, 10.0], [0.0, 10.0], [np.nan, 10.0]])
    assert balance_channels(sums) == (1.0, 0.2)


def test_a_channel_without_emission_is_refused():
    with pytest.raises(ValueError, match="channel 1: the median sum of its pixels is 0"):
        balance_channels(np.array([[1.0, 0.0], [2.0, 0.0]]))


def test_reweighting_replaces_the_weights():
    images = np.ones((2, 2, 3, 3), np.float32) * np.array([1, 0.5], np.float32)[:, None, None]
    changed = reweight(images, old=[1.0, 0.5], new=[0.25, 1.0])
    assert changed.dtype == np.float32
    assert (changed[:, 0] == 0.25).all()
    assert (changed[:, 1] == 1).all()


def test_a_weight_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"old = \[1.0, 0.0\]"):
        reweight(np.ones((1, 2, 3, 3)), old=[1.0, 0.0], new=[1.0, 1.0])
