"""Counts of several people."""

import numpy as np
import pytest

from skysieve.som.counting import combine_counts


def test_the_mean_of_the_counters_with_the_errors_of_sample_and_people():
    found = combine_counts(np.array([1, 1, 2]), np.array([20, 40, 0]), np.array([100, 100, 50]), n_neurons=3)
    np.testing.assert_allclose(found.fraction, [np.nan, 0.3, 0.0])
    assert found.counters.tolist() == [0, 2, 1]
    assert found.error[1] == pytest.approx(np.hypot(np.sqrt(0.302 * 0.698 / 101), 0.1), rel=1e-3)
    assert 0 < found.error[2] < 0.03


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="above the number of images shown"):
        combine_counts(np.array([0]), np.array([11]), np.array([10]), n_neurons=1)
