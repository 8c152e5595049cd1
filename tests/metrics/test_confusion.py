"""The confusion matrix counts like scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from skysieve.metrics import measure_confusion


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1))
def test_the_counts_are_those_of_scikit_learn(pairs):
    truth, found = np.array(pairs).T
    got = measure_confusion(truth, found, classes=4)
    np.testing.assert_array_equal(got, confusion_matrix(truth, found, labels=range(4)))


def test_booleans_are_two_classes():
    got = measure_confusion(np.array([True, True, False]), np.array([True, False, False]))
    assert got.tolist() == [[1, 0], [1, 1]]


def test_no_objects_give_zeros():
    assert measure_confusion(np.zeros(0, dtype=int), np.zeros(0, dtype=int), classes=3).tolist() == [[0] * 3] * 3


def test_an_unknown_label_is_refused():
    with pytest.raises(ValueError, match="found: the label 3 is none of the 3 classes; labels run from 0 to 2"):
        measure_confusion(np.array([0, 1]), np.array([0, 3]), classes=3)
