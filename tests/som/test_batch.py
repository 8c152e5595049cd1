import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skysieve.som.batch import move_to_means, sum_by_bmu

ALONE = np.eye(2, dtype=np.float32)


def test_sums_and_counts_go_to_the_bmu_feature_by_feature():
    vectors = np.array([[1.0, np.nan], [2.0, 4.0], [8.0, 8.0], [9.0, 9.0]])
    sums, counts = sum_by_bmu(vectors, np.array([1, 1, 0, -1]), n_neurons=3)
    assert sums.tolist() == [[8, 8], [3, 4], [0, 0]]
    assert counts.tolist() == [[1, 1], [2, 1], [0, 0]]


@given(weights=arrays("f8", 4, elements=st.integers(0, 5)))
def test_a_weight_counts_as_copies(weights):
    vectors, bmus = np.array([[1.0, np.nan], [2.0, 4.0], [8.0, 8.0], [9.0, 9.0]]), np.array([1, 0, 1, 0])
    found = sum_by_bmu(vectors, bmus, n_neurons=2, weights=weights)
    copies = weights.astype(int)
    wanted = sum_by_bmu(np.repeat(vectors, copies, axis=0), np.repeat(bmus, copies), n_neurons=2)
    np.testing.assert_array_equal(found, wanted)


def test_neurons_go_to_the_means_of_their_neighborhood():
    sums, counts = np.array([[6.0], [2.0]]), np.array([[2.0], [2.0]])
    neurons = np.zeros((2, 1))
    assert move_to_means(neurons, sums, counts, influence=ALONE, rate=1.0).tolist() == [[3], [1]]
    assert move_to_means(neurons, sums, counts, influence=np.ones_like(ALONE), rate=0.5).tolist() == [[1], [1]]


def test_a_feature_without_data_stays():
    neurons = np.array([[1.0, 2.0], [3.0, 4.0]])
    sums, counts = np.array([[8.0, 0.0], [0.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 0.0]])
    assert move_to_means(neurons, sums, counts, influence=ALONE, rate=1.0).tolist() == [[8, 2], [3, 4]]
