"""The detection filter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import convolve

from skysieve.extraction.smoothing import make_kernel, smooth, smooth_weighted

IMAGE = np.random.default_rng(0).normal(size=(130, 50)).astype(np.float32)


@given(st.floats(0.05, 20))
def test_kernels_are_symmetric_and_sum_to_one(fwhm):
    kernel = make_kernel(fwhm)
    assert len(kernel) % 2 == 1
    assert kernel.sum() == pytest.approx(1)
    np.testing.assert_allclose(kernel, kernel[::-1])


def test_no_smoothing_returns_the_image():
    assert smooth(IMAGE, make_kernel(0.0)) is IMAGE


@pytest.mark.parametrize("fwhm", [2.0, 3.0, 7.5])
def test_smoothing_is_a_convolution_with_a_dark_border(fwhm):
    kernel = make_kernel(fwhm)
    expected = convolve(IMAGE.astype(float), np.outer(kernel, kernel), mode="constant")
    np.testing.assert_allclose(smooth(IMAGE, kernel), expected, atol=1e-6)


def test_constant_noise_makes_the_weighted_filter_the_plain_one():
    kernel, inner = make_kernel(3.0), (slice(3, -3), slice(3, -3))
    weighted = smooth_weighted(IMAGE, np.full(IMAGE.shape, 2.5, np.float32), kernel)
    np.testing.assert_allclose(weighted[inner], smooth(IMAGE, kernel)[inner], atol=1e-5)


@pytest.mark.parametrize("unit", [2.0**80, 2.0**-80])
def test_the_weighted_filter_scales_with_the_flux_unit(unit):
    kernel, sigma = make_kernel(2.0), np.random.default_rng(1).uniform(1, 3, IMAGE.shape).astype(np.float32)
    scaled = smooth_weighted(IMAGE * np.float32(unit), sigma * np.float32(unit), kernel)
    np.testing.assert_array_equal(scaled / np.float32(unit), smooth_weighted(IMAGE, sigma, kernel))


def test_pixels_of_infinite_noise_count_for_nothing():
    sigma = np.ones(IMAGE.shape, np.float32)
    sigma[60, 25] = np.inf
    spoiled = IMAGE.copy()
    spoiled[60, 25] = 1e6
    kernel = make_kernel(2.0)
    np.testing.assert_array_equal(smooth_weighted(spoiled, sigma, kernel), smooth_weighted(IMAGE, sigma, kernel))


def test_nothing_known_anywhere_filters_to_zero():
    sigma = np.full(IMAGE.shape, np.inf, np.float32)
    assert (smooth_weighted(IMAGE, sigma, make_kernel(2.0)) == 0).all()
