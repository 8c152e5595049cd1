"""The noise is measured where sources, a level and steps would mislead a plain standard deviation."""

import numpy as np
import pytest

from skysieve.morphology.noise import measure_noise, rms_estimate

RNG = np.random.default_rng


def make_field(level: float = 0.0, sigma: float = 1.0, seed: int = 0) -> np.ndarray:
    field = RNG(seed).normal(level, sigma, (64, 64))
    field[20:26, 20:26] += RNG(seed + 1).exponential(50 * sigma, (6, 6))
    return field


@pytest.mark.parametrize("mode", ["std", "mad"])
@pytest.mark.parametrize("level", [-1000.0, 0.0, 7.0])
def test_noise_is_measured_without_bias_around_any_level(mode, level):
    found = [measure_noise(make_field(level, 2.0, seed), mode=mode) for seed in range(20)]
    assert np.mean([noise.rms for noise in found]) == pytest.approx(2.0, rel=0.01)
    assert np.mean([noise.center for noise in found]) == pytest.approx(level, abs=0.05)


def test_the_scale_of_the_pixels_carries_over():
    field = make_field()
    assert rms_estimate(field * 1e-6) == pytest.approx(1e-6 * rms_estimate(field), rel=1e-6)


def test_bad_pixels_do_not_count():
    field, holed = make_field(), make_field()
    holed = np.concatenate([holed.ravel(), [np.nan, np.inf, -np.inf]])
    assert rms_estimate(holed, mode="mad") == rms_estimate(field, mode="mad")


def test_digitized_pixels_have_the_noise_of_their_steps():
    values = np.round(RNG(3).normal(128, 2, (64, 64)))
    assert rms_estimate(values, mode="mad") == pytest.approx(2.02, rel=0.03)


@pytest.mark.parametrize("values", [np.full((5, 5), np.nan), np.arange(9.0), np.empty((0, 4))])
def test_too_few_values_have_no_noise(values):
    noise = measure_noise(values)
    assert np.isnan(noise.rms)
    assert np.isnan(noise.center)


def test_constant_values_have_noise_zero():
    assert measure_noise(np.full((5, 5), 3.0)).rms == 0
    assert measure_noise(np.full((5, 5), 3.0)).center == 3


def test_values_that_are_no_hill_give_the_clipped_deviation():
    valley = np.concatenate([np.linspace(-1, -0.8, 500), np.linspace(0.8, 1, 500), np.linspace(-1, 1, 50)])
    assert rms_estimate(valley) == pytest.approx(valley.std(), rel=0.01)


def test_more_than_half_of_zeros_do_not_hide_the_rest():
    values = RNG(0).normal(0, 1, 1000)
    values[:600] = 0
    assert 0 < rms_estimate(values, mode="mad") < 1
