"""The noise of sums: white noise grows as its root, correlated noise faster."""

from dataclasses import fields

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from skysieve.extraction.bands import calibrate_band
from skysieve.extraction.footprints import Footprints
from skysieve.extraction.noise import WHITE, NoiseGrowth
from skysieve.extraction.noise_growth import measure_noise_growth
from skysieve.extraction.recipe import BackgroundRecipe

AREAS = np.array([1.0, 16.0, 200.0, 900.0])


@pytest.fixture(scope="module")
def measure(make_band, find_nothing):
    """Growth of the noise of an image without sources."""

    def run(image, **planes):
        return measure_noise_growth(calibrate_band(make_band(image, **planes), BackgroundRecipe()), find_nothing)

    return run


@pytest.fixture(scope="module")
def find_nothing():
    """The footprints of no source."""
    kinds = {field.name: int if "Int" in str(field.type) else float for field in fields(Footprints)}
    return Footprints(**{name: np.zeros(0, kind) for name, kind in kinds.items()})


def test_white_noise_does_not_grow(measure, add_noise):
    growth = measure(add_noise(np.zeros((600, 600)), seed=1, level=10.0, sigma=4.0))
    np.testing.assert_allclose(growth.at(AREAS), 1, atol=0.12)


def test_noise_smoothed_over_three_pixels_grows_to_nine(measure, add_noise):
    smooth = uniform_filter(add_noise(np.zeros((900, 900)), seed=2), 3)
    growth = measure(smooth + 5.0)
    assert growth.at(np.array([1.0]))[0] == pytest.approx(1, abs=0.1)
    assert growth.at(np.array([900.0]))[0] == pytest.approx(9, rel=0.2)


def test_a_weight_plane_that_is_right_makes_uneven_noise_white(measure, add_noise):
    sigma = np.linspace(1, 5, 600)[None, :] * np.ones((600, 1))
    growth = measure(add_noise(np.zeros((600, 600)), seed=3) * sigma, variance=sigma**2)
    np.testing.assert_allclose(growth.at(AREAS), 1, atol=0.15)


@pytest.mark.parametrize("shape", [(5, 5), (4, 300), (20, 20)])
def test_images_too_small_to_tell_are_taken_for_white(measure, add_noise, shape):
    assert measure(add_noise(np.zeros(shape), seed=4)).at(AREAS)[-1] == pytest.approx(1, abs=0.6)


def test_a_constant_image_has_white_noise(measure):
    assert measure(np.full((80, 80), 3.5)) is WHITE


def test_growth_goes_on_beyond_the_largest_block_with_its_last_slope():
    growth = NoiseGrowth(np.array([1.0, 100.0]), np.array([1.0, 10.0]))
    np.testing.assert_allclose(growth.at(np.array([10.0, 100.0, 400.0, 1e9])), [10**0.5, 10, 20, 128], rtol=1e-9)
    assert np.isnan(growth.at(np.array([np.nan]))[0])
