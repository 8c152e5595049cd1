"""A forest as plain arrays."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from skysieve.morphology.forest import apply_forest, grow_forest

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 6)).astype(np.float32)
Y = (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(int) + (X[:, 2] > 1)


def test_the_arrays_give_what_the_library_gives():
    theirs = RandomForestClassifier(20, min_samples_leaf=2, random_state=3).fit(X, Y)
    new = RNG.normal(size=(300, 6)).astype(np.float32)
    ours = apply_forest(grow_forest(X, Y, classes=3, trees=20, seed=3), new)
    assert ours == pytest.approx(theirs.predict_proba(new), abs=1e-14)


def test_a_class_without_objects_has_no_probability():
    found = apply_forest(grow_forest(X, 2 * (Y > 0), classes=3, trees=5), X[:7])
    assert (found[:, 1] == 0).all()
    assert found.sum(axis=1) == pytest.approx(1)


def test_no_objects_have_no_probabilities():
    assert apply_forest(grow_forest(X, Y, classes=3, trees=2), X[:0]).shape == (0, 3)
