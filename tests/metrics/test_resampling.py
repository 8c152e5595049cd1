"""The bootstrap draws whole groups, and its errors are those of the groups."""

import math

import numpy as np
import pytest

from skysieve.metrics import bootstrap, measure_auc, measure_bias, measure_completeness, measure_roc, measure_sigma_mag


def take_mean(values):
    return float(np.mean(values)) if len(values) else math.nan


def test_the_error_of_a_mean_is_the_known_one():
    values = np.random.default_rng(0).normal(size=200)
    estimate = bootstrap(take_mean, [values], resamples=4000)
    assert estimate.value == values.mean()
    assert estimate.error == pytest.approx(values.std() / np.sqrt(200), rel=0.05)
    assert (estimate.high - estimate.low) / 2 == pytest.approx(0.9945 * estimate.error, rel=0.07)


def test_objects_of_one_group_count_once():
    means = np.random.default_rng(1).normal(size=50)
    groups, values = np.repeat(np.arange(50), 20), np.repeat(means, 20)
    by_group = bootstrap(take_mean, [values], groups=groups, resamples=4000)
    assert by_group.error == pytest.approx(means.std() / np.sqrt(50), rel=0.05)
    assert by_group.error > 4 * bootstrap(take_mean, [values], resamples=500).error
    assert (by_group.n, by_group.groups) == (1000, 50)


def test_the_interval_covers_as_often_as_it_says():
    held = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        values = np.repeat(rng.normal(size=40), 3) + rng.normal(0, 0.5, 120)
        estimate = bootstrap(take_mean, [values], groups=np.repeat(np.arange(40), 3), resamples=200, seed=seed)
        held += estimate.low <= 0 <= estimate.high
    assert held / 120 == pytest.approx(0.67, abs=2.5 * np.sqrt(0.68 * 0.32 / 120))


def test_labels_may_be_text_and_their_order_does_not_matter():
    values, names = np.arange(6.0), np.array(["b", "b", "a", "c", "c", "c"])
    first = bootstrap(take_mean, [values], groups=names, resamples=2000)
    second = bootstrap(take_mean, [values], groups=np.array([7, 7, 9, 2, 2, 2]), resamples=2000)
    assert first.groups == second.groups == 3
    assert first.error == pytest.approx(second.error, rel=0.1)


def test_the_same_seed_gives_the_same_numbers():
    values = np.random.default_rng(3).normal(size=30)
    assert bootstrap(measure_bias, [values], seed=4) == bootstrap(measure_bias, [values], seed=4)
    assert bootstrap(measure_bias, [values], seed=4) != bootstrap(measure_bias, [values], seed=5)


def test_rows_of_all_arrays_are_drawn_together():
    first = np.arange(20.0)
    estimate = bootstrap(lambda a, b: float(np.abs(2 * a - b[:, 0]).max()), [first, np.column_stack([2 * first] * 2)])
    assert (estimate.value, estimate.error) == (0, 0)


def test_every_kind_of_metric_can_be_drawn():
    rng = np.random.default_rng(6)
    truth, groups = rng.random(300) < 0.5, rng.integers(0, 30, 300)
    score = truth + rng.normal(size=300)
    auc = bootstrap(measure_auc, [truth, score], groups=groups, resamples=200)
    share = bootstrap(lambda t, s: measure_completeness(t, s > 0).value, [truth, score], groups=groups, resamples=200)
    rate = bootstrap(lambda t, s: float(measure_roc(t, s).true_positive_rate[9]), [truth, score], resamples=50)
    sigma = bootstrap(measure_sigma_mag, [score], groups=groups, resamples=200)
    assert all(0 < e.error < 0.15 and e.low < e.value < e.high for e in (auc, share, sigma))
    assert rate.error > 0


def test_undefined_resamples_are_counted_and_left_out():
    truth, score = np.array([True, False, False, False]), np.array([0.9, 0.3, 0.2, 0.1])
    estimate = bootstrap(measure_auc, [truth, score], resamples=1000)
    assert estimate.undefined == pytest.approx(1000 * (0.75**4 + 0.25**4), abs=60)
    assert (estimate.value, estimate.error) == (1, 0)


def test_one_group_and_no_object_have_no_error():
    one = bootstrap(take_mean, [np.array([1.0, 2.0])], groups=np.array([5, 5]))
    assert (one.value, one.groups) == (1.5, 1)
    assert all(math.isnan(value) for value in (one.error, one.low, one.high))
    none = bootstrap(take_mean, [np.zeros(0)])
    assert math.isnan(none.value)
    assert (none.n, none.groups) == (0, 0)


def test_what_cannot_be_drawn_is_refused():
    values = np.arange(3.0)
    with pytest.raises(ValueError, match="arrays has 3, groups has 2"):
        bootstrap(take_mean, [values], groups=np.arange(2))
    with pytest.raises(ValueError, match="groups: 1 of 3 values are NaN"):
        bootstrap(take_mean, [values], groups=np.array([1.0, np.nan, 2.0]))
    with pytest.raises(ValueError, match="no array given"):
        bootstrap(take_mean, [])
    with pytest.raises(ValueError, match="resamples=1"):
        bootstrap(take_mean, [values], resamples=1)
