"""Reliability, calibration error and Brier score agree with scikit-learn and with numbers made by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from skysieve.metrics import measure_brier, measure_calibration_error, measure_reliability

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(1, 12), st.integers(1, 12), st.sampled_from(["width", "count"]))
def test_the_table_is_the_one_of_scikit_learn(seed, each, bins, binning):
    rng, n = np.random.default_rng(seed), each * bins
    truth, probability = rng.random(n) < 0.5, rng.random(n)
    table = measure_reliability(truth, probability, bins=bins, binning=binning)
    strategy = "uniform" if binning == "width" else "quantile"
    fraction, mean = calibration_curve(truth, probability, n_bins=bins, strategy=strategy)
    np.testing.assert_allclose(table.fraction[table.n > 0], fraction, atol=1e-12)
    np.testing.assert_allclose(table.mean_probability[table.n > 0], mean, atol=1e-12)


@given(SEEDS, st.integers(1, 60), st.sampled_from(["width", "count"]))
def test_every_object_lies_in_one_bin(seed, n, binning):
    rng = np.random.default_rng(seed)
    probability = rng.integers(0, 5, n) / 4
    table = measure_reliability(rng.random(n) < 0.5, probability, bins=7, binning=binning)
    assert table.n.sum() == n
    filled = table.n > 0
    assert np.all(
        (table.low <= table.mean_probability)[filled] & (table.mean_probability <= table.high + 1e-12)[filled]
    )


@given(SEEDS)
def test_the_brier_score_is_the_one_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    truth, probability = np.append([0, 1, 2], rng.integers(0, 3, 20)), rng.dirichlet([1, 1, 1], 23)
    binary = truth == 1
    assert measure_brier(truth, probability) == pytest.approx(brier_score_loss(truth, probability))
    assert measure_brier(binary, probability[:, 1]) == pytest.approx(brier_score_loss(binary, probability[:, 1]))


def test_by_hand_two_bins_are_off_by_a_tenth_and_by_two_tenths():
    probability = np.array([0.4] * 10 + [0.8] * 30)
    truth = np.arange(40) < 5  # half of the ten
    truth[10:28] = True  # 18 of 30
    table = measure_reliability(truth, probability, bins=2)
    assert table.fraction.tolist() == [0.5, 0.6]
    assert measure_calibration_error(truth, probability, bins=2) == pytest.approx((10 * 0.1 + 30 * 0.2) / 40)


def test_an_error_is_half_an_interval_and_never_zero():
    table = measure_reliability(np.ones(100, dtype=bool), np.full(100, 0.99), bins=1)
    assert 0 < table.error[0] < 0.01


def test_of_several_classes_the_most_probable_one_is_judged():
    probability = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    table = measure_reliability(np.array([0, 1]), probability, bins=1)
    assert (table.mean_probability[0], table.fraction[0]) == (pytest.approx(0.65), 0.5)


def test_right_probabilities_have_the_error_that_noise_makes():
    rng = np.random.default_rng(5)
    probability = rng.random(100_000)
    error = measure_calibration_error(rng.random(100_000) < probability, probability, bins=10)
    assert error < 2 * np.sqrt(2 * 0.17 * 10 / np.pi / 100_000)


@given(SEEDS, st.integers(1, 60), st.integers(1, 12))
def test_bins_of_equal_counts_differ_by_one_object(seed, n, bins):
    probability = np.random.default_rng(seed).random(n)
    table = measure_reliability(np.ones(n, dtype=bool), probability, bins=bins, binning="count")
    assert np.ptp(table.n) <= 1


def test_equal_probabilities_share_a_bin_of_equal_counts():
    table = measure_reliability(np.array([True, False, True]), np.full(3, 0.5), bins=5, binning="count")
    assert table.n.tolist() == [3]


@pytest.mark.parametrize("probability", [np.zeros(0), np.zeros((0, 3))])
def test_without_objects_bins_are_empty_and_scores_unknown(probability):
    truth = np.zeros(0, dtype=bool if probability.ndim == 1 else np.int64)
    table = measure_reliability(truth, probability, bins=3)
    assert table.n.tolist() == [0, 0, 0]
    assert np.isnan(table.fraction).all()
    assert np.isnan([measure_calibration_error(truth, probability), measure_brier(truth, probability)]).all()


def test_scores_and_unknown_classes_are_refused():
    with pytest.raises(ValueError, match="1 of 2 values lie outside"):
        measure_brier(np.array([True, False]), np.array([3.2, 0.5]))
    with pytest.raises(ValueError, match="truth: the label 2 is none of the 2 classes"):
        measure_brier(np.array([2]), np.array([[0.5, 0.5]]))
    with pytest.raises(ValueError, match="bins=0"):
        measure_reliability(np.array([True]), np.array([0.5]), bins=0)
