"""Fractions have intervals that hold the truth as often as they say."""

import math

import numpy as np
import pytest
from astropy.stats import binom_conf_interval
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from skysieve.metrics import measure_completeness, measure_proportion, measure_purity
from skysieve.metrics.proportions import make_proportion


@given(n=st.integers(1, 300), share=st.floats(0, 1), level=st.sampled_from([0.68, 0.95]))
def test_the_interval_is_the_one_of_astropy(n, share, level):
    k = round(share * n)
    low, high = binom_conf_interval(k, n, level, interval="wilson")
    got = measure_proportion(np.arange(n) < k, level=level)
    assert (got.value, got.n) == (k / n, n)
    assert (got.low, got.high) == pytest.approx((low, high), abs=1e-12)
    assert 0 <= got.low <= got.value <= got.high <= 1


def test_the_interval_covers_as_often_as_it_says():
    k, p = np.arange(201), np.linspace(0.05, 0.95, 181)
    ends = [make_proportion(n, 200, level=0.68) for n in k.tolist()]
    holds = np.array([(end.low <= p) & (p <= end.high) for end in ends])
    coverage = np.sum(binom.pmf(k[:, None], 200, p) * holds, axis=0)
    assert coverage.mean() == pytest.approx(0.68, abs=0.01)


def test_of_nothing_there_is_no_fraction():
    empty = measure_proportion(np.zeros(0, dtype=bool))
    assert empty.n == 0
    assert all(math.isnan(value) for value in (empty.value, empty.low, empty.high))


def test_completeness_is_of_the_true_and_purity_of_the_selected():
    truth = np.array([True, True, True, True, False, False])
    selected = np.array([True, False, False, False, True, False])
    assert measure_completeness(truth, selected).value == 0.25
    assert measure_purity(truth, selected).value == 0.5
    assert (measure_completeness(truth, selected).n, measure_purity(truth, selected).n) == (4, 2)


def test_nothing_true_and_nothing_selected_are_counted_as_zero_objects():
    none, some = np.zeros(2, dtype=bool), np.ones(2, dtype=bool)
    assert measure_completeness(none, some).n == 0
    assert measure_purity(some, none).n == 0


def test_a_level_in_percent_is_refused():
    with pytest.raises(ValueError, match=r"level=68.0: a fraction between 0 and 1"):
        measure_proportion(np.ones(3, dtype=bool), level=68.0)
