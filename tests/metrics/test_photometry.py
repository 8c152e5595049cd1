"""Photometric scores: answers known by hand, and by the normal distribution."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import median_abs_deviation

from skysieve.metrics import (
    measure_bias,
    measure_coverage,
    measure_delta_mag,
    measure_mape,
    measure_outlier_fraction,
    measure_pulls,
    measure_sigma_mag,
    select_finite,
)

DELTAS = arrays(np.float64, st.integers(1, 30), elements=st.floats(-10, 10))


def test_half_the_flux_is_three_quarters_of_a_magnitude():
    delta = measure_delta_mag(np.array([50.0, 100.0]), np.array([100.0, 100.0]))
    assert delta.tolist() == pytest.approx([0.752575, 0], abs=1e-6)


def test_fluxes_without_a_magnitude_are_marked_and_can_be_counted_out():
    measured = np.array([-1.0, 0.0, np.nan, 5.0, 5.0, np.inf])
    delta = measure_delta_mag(measured, np.array([5.0, 5.0, 5.0, -1.0, 5.0, 5.0]))
    assert select_finite(delta).tolist() == [False, False, False, False, True, False]


@given(DELTAS, st.floats(-5, 5))
def test_a_shift_moves_the_bias_and_not_the_scatter(delta, shift):
    for statistic in ("median", "mean"):
        moved = measure_bias(delta + shift, statistic=statistic)
        assert moved == pytest.approx(measure_bias(delta, statistic=statistic) + shift, abs=1e-9)
    for statistic in ("mad", "std"):
        scatter = measure_sigma_mag(delta + shift, statistic=statistic)
        assert scatter == pytest.approx(measure_sigma_mag(delta, statistic=statistic), abs=1e-9)


@given(DELTAS)
def test_scatter_is_the_one_of_scipy_and_numpy(delta):
    assert measure_sigma_mag(delta) == pytest.approx(median_abs_deviation(delta, scale="normal"), rel=1e-5, abs=1e-12)
    assert measure_sigma_mag(delta, statistic="std") == pytest.approx(np.std(delta), abs=1e-12)


def test_both_scatters_are_sigma_for_normal_errors_and_one_is_for_outliers():
    delta = np.random.default_rng(0).normal(0.2, 0.1, 50_000)
    assert measure_sigma_mag(delta) == pytest.approx(0.1, rel=0.02)
    delta[:500] = 5.0
    assert measure_sigma_mag(delta) == pytest.approx(0.1, rel=0.03)
    assert measure_sigma_mag(delta, statistic="std") > 0.4


def test_an_outlier_lies_beyond_the_threshold_not_on_it():
    share = measure_outlier_fraction(np.array([0.75, -0.75, 0.7501, -2.0]))
    assert (share.value, share.n) == (0.5, 4)
    assert measure_outlier_fraction(np.array([0.2, 0.0]), threshold=0.1).value == 0.5


def test_percentage_errors_by_hand():
    assert measure_mape(np.array([110.0, 45.0, -1.0]), np.array([100.0, 50.0, 1.0])) == pytest.approx(
        (10 + 10 + 200) / 3
    )


def test_single_precision_keeps_its_digits():
    values = np.full(100_000, 1000.1, dtype=np.float32)
    assert measure_mape(values, np.full(100_000, 1000.0, dtype=np.float32)) == pytest.approx(0.01, rel=1e-2)
    assert measure_bias(values, statistic="mean") == pytest.approx(1000.1, rel=1e-7)


@pytest.mark.parametrize("level", [0.68, 0.95])
def test_right_errors_cover_their_level_and_small_ones_less(level):
    rng = np.random.default_rng(1)
    truth, error = rng.uniform(1, 100, 20_000), rng.uniform(1, 3, 20_000)
    pull = measure_pulls(truth + error * rng.normal(size=20_000), truth, error)
    assert measure_coverage(pull, level).value == pytest.approx(level, abs=0.01)
    assert measure_coverage(2 * pull, level).value < level - 0.15
    right = measure_coverage(pull, level, interval_level=0.999)
    assert right.low < level < right.high


def test_without_objects_nothing_is_known():
    empty = np.zeros(0)
    assert np.isnan([measure_bias(empty), measure_sigma_mag(empty), measure_mape(empty, empty)]).all()
    assert measure_outlier_fraction(empty).n == measure_coverage(empty, 0.68).n == 0
    assert math.isnan(measure_coverage(empty, 0.68).value)
    assert measure_pulls(empty, empty, empty).size == 0
    assert measure_sigma_mag(np.ones(1)) == 0


@pytest.mark.parametrize(
    "measure", [measure_bias, measure_sigma_mag, measure_outlier_fraction, measure_coverage], ids=lambda f: f.__name__
)
def test_a_missing_number_is_refused(measure):
    with pytest.raises(ValueError, match="1 of 2 values are NaN or infinite"):
        measure(np.array([0.1, np.nan]))


def test_errors_and_fluxes_that_divide_by_zero_are_refused():
    with pytest.raises(ValueError, match="error: 1 of 2 are zero or negative"):
        measure_pulls(np.ones(2), np.ones(2), np.array([1.0, 0.0]))
    with pytest.raises(ValueError, match="truth: 1 of 2 fluxes are zero"):
        measure_mape(np.ones(2), np.array([0.0, 1.0]))
