"""Mappings in a few numbers."""

import numpy as np
import pytest

from skysieve.som.lattice import Lattice
from skysieve.som.summary import summarize_mapping


def test_a_mapping_in_numbers():
    best_two = np.array([[0, 1], [0, 2], [-1, -1], [4, 3]])
    found = summarize_mapping(best_two, np.array([1.0, 2.0, np.nan, 6.0]), Lattice((5,)))
    assert (found.images, found.unknown, found.empty) == (4, 1, 3)
    assert found.quantization_error == 3
    assert found.topographic_error == pytest.approx(1 / 3)
    assert (found.coherence.count, found.coherence.known) == (2, 3)


def test_a_map_of_one_neuron_has_no_second_best():
    found = summarize_mapping(np.array([[0], [0]]), np.array([1.0, 2.0]), Lattice((1,)))
    assert found.quantization_error == 1.5
    assert np.isnan(found.topographic_error)
    assert found.coherence.known == 0
