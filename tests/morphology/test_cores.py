"""Three ways from features to probabilities."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tests.morphology.clouds import make_clouds

from skysieve.morphology.closeness import fit_front, measure_closeness
from skysieve.morphology.cores import METHODS, SETTINGS, apply_core, fit_core

DISTANCE, LABELS = make_clouds(120, seed=0)
FEATURES = measure_closeness(fit_front(DISTANCE), DISTANCE)


@pytest.mark.parametrize("method", METHODS)
def test_probabilities_sum_to_one_and_mostly_find_the_class(method):
    core = fit_core(method, SETTINGS[method][-1], FEATURES, LABELS, classes=3)
    found = apply_core(core, FEATURES)
    assert found.sum(axis=1) == pytest.approx(1)
    assert (found.argmax(axis=1) == LABELS).mean() > 0.75


@pytest.mark.parametrize("method", METHODS)
def test_a_class_that_was_never_seen_is_improbable(method):
    core = fit_core(method, SETTINGS[method][0], FEATURES, np.where(LABELS == 1, 0, LABELS), classes=3)
    assert apply_core(core, FEATURES)[:, 1].max() < 1e-6


def test_the_logistic_regression_gives_what_the_library_gives():
    theirs = LogisticRegression(C=1.0, max_iter=5000, tol=1e-3).fit(FEATURES[0].astype(float), LABELS)
    ours = apply_core(fit_core("logistic", 1.0, FEATURES, LABELS, classes=3), FEATURES)
    assert ours == pytest.approx(theirs.predict_proba(FEATURES[0].astype(float)), abs=1e-9)


def test_an_image_that_is_its_own_neighbor_is_believed():
    core = fit_core("neighbors", 5.0, FEATURES, LABELS, classes=3)
    found = apply_core(core, FEATURES)
    assert (found[np.arange(120), LABELS] > 0.8).all()


def test_fewer_images_than_neighbors_are_enough():
    few = (FEATURES[0][:3], FEATURES[1][:3])
    core = fit_core("neighbors", 20.0, few, np.array([0, 1, 1]), classes=3)
    assert apply_core(core, few).sum(axis=1) == pytest.approx(1)
