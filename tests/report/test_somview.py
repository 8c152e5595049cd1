"""What the pages of maps are made from."""

import numpy as np
import pytest
from tests.report.somviews import make_view

from skysieve.report.somview import view_mapping
from skysieve.som.lattice import Lattice
from skysieve.som.mapped import StoredMapping

STORED = StoredMapping(
    np.array([[1, 2, 3], [3, 2, 1]], np.float32),
    np.array([[1, 0, 0], [0, 0, 1]], np.int8),
    np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], np.float32),
    Lattice((3,)),
)


def test_images_have_the_distance_and_turn_of_their_best_neuron_that_is_allowed():
    mapped = view_mapping(STORED, allowed=np.array([True, True, False]))
    assert mapped.bmus.tolist() == [0, 1]
    np.testing.assert_allclose(mapped.distances, [1, 2])
    np.testing.assert_allclose(mapped.angles, [0.1, 0.5])
    assert mapped.flips.tolist() == [True, False]
    assert mapped.names == ["0", "1"]


def test_one_allowed_neuron_has_no_second():
    assert view_mapping(STORED, allowed=np.array([False, True, False])).best_two.tolist() == [[1], [1]]


def test_labels_of_other_images_are_refused():
    with pytest.raises(ValueError, match="labels: 3 for 2 mapped images"):
        view_mapping(STORED, labels=np.array(["a", "b", "c"]))
    assert make_view().mapped.best_two[-1].tolist() == [-1, -1]
