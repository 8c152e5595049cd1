import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from threadpoolctl import threadpool_limits

from skysieve.som.matching import find_bmus, measure_bmu_distances, measure_distances

SMALL = st.floats(-4, 4, width=32)
NEURONS = np.array([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]])


def rank_by_definition(vectors, neurons):
    squares = np.nansum((vectors[:, None].astype(float) - neurons) ** 2, axis=-1)
    return np.argsort(squares, axis=1, kind="stable")


def test_the_nearest_neuron_wins_and_of_equals_the_first():
    vectors = np.array([[0.1, 0.0], [0.5, 9.0], [0.5, 0.0], [9.0, 9.0]])
    assert find_bmus(vectors, NEURONS)[:, 0].tolist() == [0, 2, 0, 2]


def test_missing_features_are_left_out():
    vectors = np.array([[np.nan, 4.0], [0.9, np.nan], [np.nan, np.nan]])
    assert find_bmus(vectors, NEURONS)[:, 0].tolist() == [2, 1, -1]
    np.testing.assert_allclose(measure_distances(vectors, NEURONS)[:2, 0], [4 * 2**0.5, 0.9 * 2**0.5])
    assert np.isnan(measure_distances(vectors, NEURONS)[2]).all()


@given(
    vectors=arrays("f4", (7, 3), elements=SMALL | st.just(np.nan)),
    neurons=arrays("f8", (6, 3), elements=SMALL),
    offset=st.sampled_from([0.0, 1000.0]),
)
def test_matches_are_those_of_the_definition_in_double_precision(vectors, neurons, offset):
    vectors, neurons = vectors + np.float32(offset), neurons + offset
    wanted = rank_by_definition(vectors, neurons)
    wanted[np.isnan(vectors).all(axis=1)] = -1
    assert (find_bmus(vectors, neurons, count=3) == wanted[:, :3]).all()


def test_close_calls_far_from_the_origin_are_exact():
    rng = np.random.default_rng(3)
    vectors = (1e6 + rng.normal(size=(500, 4))).astype(np.float32)
    neurons = 1e6 + rng.normal(scale=1e-2, size=(50, 4))
    assert (find_bmus(vectors, neurons, count=2) == rank_by_definition(vectors, neurons)[:, :2]).all()


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_tiny_and_huge_numbers_match_too(scale):
    vectors = np.random.default_rng(0).normal(size=(50, 3)) * scale
    neurons = vectors[:5]
    assert (find_bmus(vectors, neurons)[:, 0] == rank_by_definition(vectors, neurons)[:, 0]).all()


def test_one_and_two_threads_match_alike():
    rng = np.random.default_rng(1)
    vectors, neurons = rng.normal(size=(3000, 40)).astype(np.float32), rng.normal(size=(300, 40))
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(find_bmus(vectors, neurons, count=2))
    assert (found[0] == found[1]).all()


@given(vectors=arrays("f8", (5, 3), elements=SMALL | st.just(np.nan)))
def test_distances_to_the_bmu_are_the_smallest_of_all_distances(vectors):
    neurons = np.arange(12.0).reshape(4, 3)
    bmus = find_bmus(vectors, neurons)[:, 0]
    smallest = measure_distances(vectors, neurons).min(axis=1)
    np.testing.assert_allclose(measure_bmu_distances(vectors, neurons, bmus), smallest, atol=1e-6)


def test_no_vectors_match_nothing():
    assert find_bmus(np.empty((0, 2)), NEURONS, count=2).shape == (0, 2)


def test_infinite_vectors_and_too_many_ranks_are_refused():
    with pytest.raises(ValueError, match="an infinite value is found"):
        find_bmus(np.array([[np.inf, 0.0]]), NEURONS)
    with pytest.raises(ValueError, match="count = 4: wanted is 1 to 3"):
        find_bmus(np.zeros((1, 2)), NEURONS, count=4)
