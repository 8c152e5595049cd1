from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.training import DomainIndex, fit_domain, is_outside, measure_domain_distance

UNIT = DomainIndex(np.float16([[0, 0], [3, 4]]), np.zeros(2), np.array([1.0, 2.0]), threshold=1.0, quantile=0.9)


def draw(seed, number, features=3):
    """Two clumps of unequal width and different scales of the features."""
    rng = np.random.default_rng(seed)
    second = rng.uniform(size=(number, 1)) < 0.3
    return (rng.normal(size=(number, features)) + 6 * second) * 10.0 ** np.arange(features)


def test_distances_are_those_to_the_nearest_vector_in_units_of_the_scale():
    found = measure_domain_distance(UNIT, np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 10.0]]))
    np.testing.assert_allclose(found, [0.0, 1.0, 1 / np.sqrt(2)])


@given(seed=st.integers(0, 50), quantile=st.sampled_from([0.8, 0.95]))
def test_samples_like_the_training_are_outside_at_the_rate_of_the_quantile(seed, quantile):
    index = fit_domain(draw(seed, 4000), size=64, quantile=quantile, seed=seed)
    rate = is_outside(index, draw(seed + 1000, 4000)).mean()
    assert rate == pytest.approx(1 - quantile, abs=5 * np.sqrt(quantile * (1 - quantile) * (1 / 2000 + 1 / 4000)))


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3), st.integers(0, 5))
def test_far_points_are_always_outside(direction, seed):
    step = np.array(direction) + 1e-3
    far = 6 * np.array([0, 10, 100]) + 1e5 * step / np.abs(step).max()
    assert is_outside(fit_domain(draw(seed, 400), size=16), far[None]).all()


def test_what_is_not_finite_is_outside():
    found = measure_domain_distance(UNIT, np.array([[np.nan, 0.0], [0.0, np.inf], [0.0, 0.0]]))
    assert found.tolist() == [np.inf, np.inf, 0.0]


def test_a_feature_that_never_changed_counts_in_the_scale_of_the_others():
    seen = np.column_stack([draw(0, 200, 2), np.full(200, 5.0)])
    index = fit_domain(seen, size=8)
    assert np.isfinite(index.scale).all()
    assert is_outside(index, np.array([[0.0, 0.0, 500.0]])).all()


def test_the_seed_decides_on_the_index_and_nothing_else_does():
    seen = draw(0, 500)
    np.testing.assert_array_equal(fit_domain(seen, seed=3).vectors, fit_domain(seen, seed=3).vectors)
    assert not np.array_equal(fit_domain(seen, seed=3).vectors, fit_domain(seen, seed=4).vectors)


def test_an_index_is_small():
    index = fit_domain(draw(0, 3000), size=100)
    assert index.vectors.shape == (100, 3)
    assert index.vectors.dtype == np.float16


def test_no_points_have_no_distances():
    assert measure_domain_distance(UNIT, np.zeros((0, 2))).shape == (0,)


def test_what_cannot_be_indexed_or_compared_is_refused():
    with pytest.raises(ValueError, match="5 finite embeddings; at least 20"):
        fit_domain(np.vstack([np.zeros((5, 2)), np.full((30, 2), np.nan)]))
    with pytest.raises(ValueError, match=r"quantile = 1\.0"):
        fit_domain(draw(0, 50), quantile=1.0)
    with pytest.raises(ValueError, match="embeddings of 3 features, the index has 2"):
        is_outside(replace(UNIT, threshold=2.0), np.zeros((1, 3)))
