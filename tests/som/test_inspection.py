"""What a mapping says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.som.inspection import (
    count_labels,
    find_best_matches,
    find_images,
    find_worst_matches,
    group_images,
    pick_distances,
    pick_transforms,
    rank_allowed_neurons,
)
from skysieve.som.lattice import Lattice
from skysieve.som.mapped import StoredMapping

NAN = np.nan


def make_mapping():
    distance = np.array([[2, 1, 3], [1, 1, 0], [NAN, NAN, NAN]], np.float32)
    flip = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], np.int8)
    angle = np.arange(9, dtype=np.float32).reshape(3, 3)
    return StoredMapping(distance, flip, angle, Lattice((3,)))


def test_neurons_that_are_not_allowed_are_nobodys_best():
    mapping = make_mapping()
    every = np.ones(3, bool)
    assert (rank_allowed_neurons(mapping, every, count=3) == mapping.rank(3)).all()
    assert rank_allowed_neurons(mapping, np.array([True, False, True]), count=2).tolist() == [[0, 2], [2, 0], [-1, -1]]


def test_masks_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="2 values; the map has 3 neurons"):
        rank_allowed_neurons(make_mapping(), np.ones(2, bool))
    with pytest.raises(ValueError, match="1 neurons where 2 are wanted"):
        rank_allowed_neurons(make_mapping(), np.array([True, False, False]), count=2)


def test_distances_and_transformations_are_those_of_the_named_neurons():
    mapping, neurons = make_mapping(), np.array([1, 2, -1])
    np.testing.assert_array_equal(pick_distances(mapping, neurons), [1, 0, NAN])
    angles, flips = pick_transforms(mapping, neurons)
    np.testing.assert_array_equal(angles, [1, 5, NAN])
    assert flips.tolist() == [True, True, False]


@given(st.lists(st.integers(-1, 4), max_size=30))
def test_groups_are_the_images_of_each_neuron(neurons):
    bmus = np.array(neurons, np.int64)
    groups = group_images(bmus, 5)
    assert [group.tolist() for group in groups] == [find_images(bmus, neuron).tolist() for neuron in range(5)]


def test_labels_are_counted_where_their_images_lie_and_no_label_is_none():
    counts = count_labels(np.array(["b", "a", "", "b", "b"]), np.array([0, 1, 1, 1, -1]), 3)
    assert {name: values.tolist() for name, values in counts.items()} == {"a": [0, 1, 0], "b": [1, 1, 0]}
    assert count_labels(np.array([7, 7]), np.array([2, -1]), 3)["7"].tolist() == [0, 0, 1]
    assert count_labels(np.array([None, "a"], object), np.array([0, 1]), 2)["a"].tolist() == [0, 1]


def test_matches_are_ordered_ties_by_number_and_unknown_ones_left_out():
    distances = np.array([3.0, 1.0, NAN, 3.0, 2.0])
    assert find_worst_matches(distances).tolist() == [0, 3, 4, 1]
    assert find_best_matches(distances, count=2).tolist() == [1, 4]
    assert find_worst_matches(distances, count=1, among=np.array([4, 1, 2])).tolist() == [4]
    assert find_best_matches(distances, among=np.array([], np.int64)).tolist() == []


@pytest.mark.parametrize(("fraction", "found"), [(0.0, 0), (0.01, 1), (0.5, 2), (0.75, 3), (1.0, 4)])
def test_a_fraction_is_rounded_up(fraction, found):
    assert len(find_worst_matches(np.array([3.0, 1.0, NAN, 3.0, 2.0]), fraction=fraction)) == found


def test_a_count_goes_before_a_fraction_and_nonsense_is_refused():
    assert len(find_worst_matches(np.ones(9), count=2, fraction=1.0)) == 2
    with pytest.raises(ValueError, match="fraction from 0 to 1"):
        find_worst_matches(np.ones(9), fraction=2.0)
    with pytest.raises(ValueError, match="count from 0"):
        find_worst_matches(np.ones(9), count=-1)
