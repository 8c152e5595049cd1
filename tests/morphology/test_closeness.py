"""Distances as features."""

import numpy as np
import pytest

from skysieve.morphology.closeness import fit_front, measure_closeness

DISTANCE = np.random.default_rng(1).uniform(1, 5, (60, 8)).astype(np.float32)


def test_components_have_unit_variance_and_no_correlation():
    _, components = measure_closeness(fit_front(DISTANCE), DISTANCE)
    assert np.cov(components.T, bias=True) == pytest.approx(np.eye(components.shape[1]), abs=1e-4)


def test_a_perfect_match_has_finite_features():
    exact = DISTANCE.copy()
    exact[3, 2] = 0
    numbers, _ = measure_closeness(fit_front(exact), exact)
    assert np.isfinite(numbers).all()


def test_images_that_are_not_known_set_no_scale():
    lost = np.concatenate([DISTANCE, np.full((4, 8), np.nan, np.float32)])
    assert fit_front(lost).center.tolist() == fit_front(DISTANCE).center.tolist()


def test_neurons_that_are_twins_add_no_axis():
    twins = np.repeat(DISTANCE[:, :2], 4, axis=1)
    assert fit_front(twins).axes.shape[1] <= 4


@pytest.mark.parametrize(("distance", "message"), [(DISTANCE[:1], "at least 2"), (DISTANCE[:1].repeat(3, 0), "same")])
def test_mappings_that_tell_nothing_are_refused(distance, message):
    with pytest.raises(ValueError, match=message):
        fit_front(distance)


def test_another_map_is_refused():
    with pytest.raises(ValueError, match="distances to 7 neurons; the classifier knows a map of 8"):
        measure_closeness(fit_front(DISTANCE), DISTANCE[:, :7])
