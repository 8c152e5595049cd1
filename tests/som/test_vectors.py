import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from skysieve.som.initialization import make_pca_neurons
from skysieve.som.lattice import Lattice
from skysieve.som.matching import find_bmus, measure_bmu_distances
from skysieve.som.mersenne import shuffle_order
from skysieve.som.online import train_online
from skysieve.som.quality import measure_quantization_error, measure_topographic_error
from skysieve.som.schedule import Schedule, Stage
from skysieve.som.vectors import make_vector_schedule, train_vectors

SQUARE = np.random.default_rng(5).random((2000, 2)).astype(np.float32)
LATTICES = [Lattice((6, 6)), Lattice((7, 7), hexagonal=True), Lattice((30,)), Lattice((3, 3, 3))]


@pytest.mark.parametrize("lattice", LATTICES)
def test_a_trained_map_covers_a_square_evenly(lattice):
    start = make_pca_neurons(SQUARE, lattice)
    neurons = train_vectors(SQUARE, start, make_vector_schedule(lattice), lattice=lattice).neurons
    error = measure_quantization_error(measure_bmu_distances(SQUARE, neurons, find_bmus(SQUARE, neurons)[:, 0]))
    assert error < 0.65 / lattice.n_neurons**0.5
    if len(lattice.shape) == 2:
        assert measure_topographic_error(find_bmus(SQUARE, neurons, count=2), lattice) < 0.15


@pytest.mark.parametrize("hexagonal", [False, True])
def test_a_periodic_map_covers_a_torus_without_edges(hexagonal):
    angles = np.random.default_rng(6).random((4000, 2)) * 2 * np.pi
    torus = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    lattice = Lattice((7, 7), hexagonal=hexagonal, periodic=True)
    start = make_pca_neurons(torus, lattice)
    trained = train_vectors(torus, start, make_vector_schedule(lattice), lattice=lattice)
    hits = np.bincount(find_bmus(torus, trained.neurons)[:, 0], minlength=lattice.n_neurons)
    assert (hits > 0.5 * hits.mean()).mean() > 0.9
    assert trained.movements[-1] < trained.movements[0] / 10


@given(method=st.sampled_from(["batch", "online"]), compat=st.sampled_from(["skysieve", "pink"]))
def test_training_depends_on_the_seed_alone_and_not_on_threads(method, compat):
    schedule, lattice = Schedule((Stage(2, method, sigma=2.0, sigma_end=1.0, rate=0.5),)), Lattice((3, 3))
    start = make_pca_neurons(SQUARE[:200], lattice)
    neurons = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            neurons.append(train_vectors(SQUARE[:200], start, schedule, lattice=lattice, seed=4, compat=compat).neurons)
    np.testing.assert_array_equal(*neurons)


def test_another_seed_takes_the_vectors_in_another_order():
    schedule, lattice = Schedule((Stage(1, "online", sigma=1.0, rate=0.5),)), Lattice((2,))
    one, two = (train_vectors(SQUARE[:50], SQUARE[:2], schedule, lattice=lattice, seed=seed).neurons for seed in (1, 2))
    assert (one != two).any()


def test_pinks_order_is_taken_on_request():
    stage, lattice = Stage(2, "online", sigma=1.0, rate=0.5), Lattice((2,))
    found = train_vectors(SQUARE[:9], SQUARE[:2], Schedule((stage,)), lattice=lattice, seed=1234, compat="pink")
    wanted = SQUARE[:2]
    for turn in range(2):
        order = shuffle_order(9, seed=1234, iteration=turn)
        wanted = train_online(SQUARE[:9], wanted, stage, distances=lattice.measure_distances(), order=order)
    assert (found.neurons == wanted).all()


def test_a_weight_counts_as_copies_in_batch_training():
    lattice = Lattice((2, 2))
    start, schedule = make_pca_neurons(SQUARE, lattice), make_vector_schedule(lattice)
    weights = np.where(np.arange(300) < 100, 3.0, 1.0)
    found = train_vectors(SQUARE[:300], start, schedule, lattice=lattice, weights=weights).neurons
    copies = np.concatenate([SQUARE[:300], SQUARE[:100], SQUARE[:100]])
    wanted = train_vectors(copies, start, schedule, lattice=lattice).neurons
    np.testing.assert_allclose(found, wanted, atol=1e-9)


def test_what_cannot_be_trained_is_refused():
    with pytest.raises(ValueError, match="2 are given; the lattice has 4"):
        train_vectors(SQUARE, SQUARE[:2], Schedule((Stage(),)), lattice=Lattice((2, 2)))
    with pytest.raises(ValueError, match="vectors do not turn"):
        train_vectors(SQUARE, SQUARE[:2], Schedule(), lattice=Lattice((2,)))
