"""Each band's background and noise, and their combination."""

from dataclasses import replace

import numpy as np
import pytest

from skysieve.extraction.bands import (
    BandWindows,
    calibrate_band,
    combine_windows,
    measure_combined,
    share_flux_unit,
    subtract_background,
)
from skysieve.extraction.recipe import BackgroundRecipe
from skysieve.extraction.tiles import make_tiles
from skysieve.records import Calibration

RECIPE = BackgroundRecipe()
SHAPE = (128, 160)
(WHOLE,) = make_tiles(SHAPE, size=1000, halo=0)
FLAT = np.zeros(SHAPE)


def combine(*images: np.ndarray, make_band) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    bands = [calibrate_band(make_band(image), RECIPE) for image in images]
    window = combine_windows([subtract_background(b, WHOLE) for b in bands], measure_combined(bands, RECIPE))
    return window.data, window.noise.rows(0, SHAPE[0]), window.bad


def test_a_window_has_no_level_left_and_zero_where_bad(make_band, add_noise):
    image = add_noise(FLAT, seed=0, level=300.0)
    image[5, 7] = np.nan
    window = subtract_background(calibrate_band(make_band(image), RECIPE), WHOLE)
    assert abs(np.median(window.data)) < 0.1
    assert window.data[5, 7] == 0
    assert window.bad.sum() == 1


def test_zeros_that_pad_a_resampled_image_are_bad_pixels(make_band, add_noise):
    image = add_noise(FLAT, seed=1)
    image[:10] = 0
    band = calibrate_band(make_band(image), RECIPE)
    assert band.bad[:10].all()
    assert not band.bad[10:].any()


def test_zeros_in_an_image_of_whole_numbers_are_sky(make_band, add_noise):
    image = np.rint(add_noise(FLAT, seed=2, sigma=0.5))
    assert not calibrate_band(make_band(image), RECIPE).bad.any()


@pytest.mark.parametrize("scale", [0.01, 1.0, 400.0])
def test_relative_weights_are_scaled_to_the_noise_that_is_there(make_band, add_noise, scale):
    sigma = np.where(np.arange(SHAPE[1]) < 80, 1.0, 3.0) * np.ones(SHAPE)
    image = np.random.default_rng(3).normal(0, sigma)
    window = subtract_background(calibrate_band(make_band(image, variance=scale * sigma**2), RECIPE), WHOLE)
    noise = window.noise.rows(0, SHAPE[0])
    assert noise[:, :80].mean() == pytest.approx(1, abs=0.1)
    assert noise[:, 80:].mean() == pytest.approx(3, abs=0.3)


def test_a_weight_plane_without_a_usable_pixel_falls_back_on_the_mesh(make_band, add_noise):
    image, bad = add_noise(FLAT, seed=4), np.zeros(SHAPE, bool)
    bad[:, :] = True
    band = make_band(image, bad=bad, variance=np.ones(SHAPE))
    assert np.isnan(calibrate_band(band, RECIPE).variance_scale)


def test_two_equal_bands_halve_the_variance(make_band, add_noise):
    data, sigma, _ = combine(*(add_noise(FLAT, seed=s, level=10.0) for s in (5, 6)), make_band=make_band)
    assert sigma.mean() == pytest.approx(0.5**0.5, abs=0.03)
    assert data.std() == pytest.approx(0.5**0.5, abs=0.03)


def test_a_noisy_band_counts_for_little(make_band, add_noise):
    quiet, loud = add_noise(FLAT, seed=7), add_noise(FLAT, seed=8, sigma=30.0)
    _, sigma, _ = combine(quiet, loud, make_band=make_band)
    assert sigma.mean() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("unit", [2.0**-80, 2.0**80])
def test_the_combination_scales_with_the_flux_unit(make_band, add_noise, unit):
    images = [add_noise(FLAT, seed=s).astype(np.float32) for s in (9, 10)]
    plain = combine(*images, make_band=make_band)
    scaled = combine(*(image * np.float32(unit) for image in images), make_band=make_band)
    np.testing.assert_allclose(scaled[0] / unit, plain[0], atol=1e-5)


@pytest.mark.parametrize(
    ("first", "second"), [({"zeropoint": 25.0}, {"zeropoint": 32.5}), ({"unit": "adu"}, {"unit": "Jy"})]
)
def test_bands_in_other_units_weigh_as_in_the_same(make_band, add_noise, first, second):
    bands = [make_band(add_noise(FLAT, seed=20)), make_band(add_noise(FLAT, seed=21) * 1000)]
    calibrations = [Calibration(**first), Calibration(**second)]
    bands = [replace(band, calibration=c) for band, c in zip(bands, calibrations, strict=True)]
    one, other = share_flux_unit([calibrate_band(band, RECIPE) for band in bands])
    assert one.flux_scale == 1
    assert other.flux_scale == pytest.approx(0.001, rel=0.02)
    assert measure_combined([one, other], RECIPE).median_rms == pytest.approx(0.5**0.5, abs=0.03)


def test_a_pixel_is_bad_only_where_no_band_is_good(make_band, add_noise):
    first, second = add_noise(FLAT, seed=11), add_noise(FLAT, seed=12)
    first[:, :20], second[:, 10:30] = np.nan, np.nan
    _, _, bad = combine(first, second, make_band=make_band)
    assert bad[:, 10:20].all()
    assert bad.sum() == 10 * SHAPE[0]


def test_windows_of_the_latest_tile_are_measured_once(make_band, add_noise):
    windows = BandWindows([calibrate_band(make_band(add_noise(FLAT, seed=13)), RECIPE)])
    assert windows.window(0, WHOLE) is windows.window(0, WHOLE)
    scene = windows.scene(0, WHOLE, np.ones(SHAPE, np.int32))
    assert scene.data is windows.window(0, WHOLE).data
