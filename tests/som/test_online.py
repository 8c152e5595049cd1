import numpy as np

from skysieve.som.lattice import Lattice
from skysieve.som.online import train_online
from skysieve.som.schedule import Stage

DISTANCES = Lattice((2,)).measure_distances()
NEURONS = np.array([[0.0, 0.0], [4.0, 4.0]])
STAGE = Stage(method="online", sigma=1.0, rate=0.5)
EVERY = np.arange(1)


def test_each_vector_pulls_the_bmu_by_the_rate_and_its_neighbor_by_less():
    moved = train_online(np.array([[1.0, 0.0]]), NEURONS, STAGE, distances=DISTANCES, order=EVERY)
    pull = 0.5 * np.exp(-0.5)
    np.testing.assert_allclose(moved, [[0.5, 0], [4 - 3 * pull, 4 - 4 * pull]], rtol=1e-6)
    assert NEURONS[0, 0] == 0


def test_a_missing_feature_moves_nothing():
    moved = train_online(
        np.array([[1.0, np.nan], [np.nan, np.nan]]), NEURONS, STAGE, distances=DISTANCES, order=np.arange(2)
    )
    assert moved[:, 1].tolist() == [0, 4]
    assert moved[0, 0] == 0.5


def test_a_weight_of_zero_moves_nothing():
    vector = np.array([[1.0, 0.0]])
    still = train_online(vector, NEURONS, STAGE, distances=DISTANCES, order=EVERY, weights=np.zeros(1))
    assert (still == NEURONS).all()


def test_a_decaying_rate_ends_lower_than_it_starts():
    stage = Stage(method="online", sigma=1e-3, rate=1.0, rate_end=0.25, decay="linear")
    vectors = np.array([[1.0, 0.0], [0.0, 0.0]])
    moved = train_online(vectors, NEURONS, stage, distances=DISTANCES, order=np.arange(2))
    np.testing.assert_allclose(moved[0, 0], 1 - 0.625, rtol=1e-6)


def test_the_order_is_followed():
    vectors = np.array([[1.0, 0.0], [0.0, 1.0]])
    one, other = (
        train_online(vectors, NEURONS, STAGE, distances=DISTANCES, order=np.array(order)) for order in ([0, 1], [1, 0])
    )
    np.testing.assert_allclose(one[0], [0.25, 0.5])
    np.testing.assert_allclose(other[0], [0.5, 0.25])
