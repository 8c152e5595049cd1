import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.io.pink import read_pink_som
from skysieve.som.initialization import make_directed_neurons, make_pca_neurons, make_random_neurons
from skysieve.som.lattice import Lattice

CORNERS = [
    (0, 1),
    (1, 0),
    (0, 45),
    (45, 2),
    (45, 45),
]  # of frames of 46 pixels: no rotated image of 32 pixels comes here


@pytest.mark.parametrize(
    ("case", "make_neurons"),
    [
        ("cart_init_random", make_random_neurons),
        ("rnd_hex5_unity_circular_numrot92", make_random_neurons),
        ("cart_init_random_pref", make_directed_neurons),
    ],
)
def test_first_neurons_are_those_of_pink(case, make_neurons, golden_folder):
    """Where all images are 0, training with PINK only scales each neuron; what it started from shows in the ratios."""
    trained = read_pink_som(golden_folder / case / "som.bin").neurons
    start = make_neurons(len(trained), (46, 46), seed=1234, compat="pink")
    ratios = np.stack([trained[:, y, x] / start[:, y, x] for y, x in CORNERS])
    assert (np.ptp(ratios, axis=0) < 1e-5 * ratios[0]).all()


def test_directed_neurons_have_a_diagonal_of_ones_in_every_channel():
    neurons = make_directed_neurons(3, (2, 4, 4), seed=1)
    assert (np.diagonal(neurons, axis1=-2, axis2=-1) == 1).all()
    assert (neurons[..., 0, 1:] < 1).all()


def test_pink_marks_as_many_planes_as_there_are_neurons():
    neurons = make_directed_neurons(4, (2, 3, 3), seed=1, compat="pink")
    marked = (np.diagonal(neurons, axis1=-2, axis2=-1) == 1).all(axis=-1)
    assert marked.tolist() == [[True, True], [True, True], [False, False], [False, False]]


@given(seed=st.integers(0, 2**31), compat=st.sampled_from(["pink", "skysieve"]))
def test_random_neurons_depend_on_the_seed_alone(seed, compat):
    one, two = (make_random_neurons(2, (3,), seed=seed, compat=compat) for _ in range(2))
    assert (one == two).all()
    assert (one != make_random_neurons(2, (3,), seed=seed + 1, compat=compat)).any()


def test_principal_axes_of_a_line_are_the_line():
    line = np.linspace(-1, 3, 101)[:, None] * np.array([3.0, 4.0])
    neurons = make_pca_neurons(line, Lattice((5,)))
    np.testing.assert_allclose(neurons[:, 0] * 4, neurons[:, 1] * 3, atol=1e-9)
    np.testing.assert_allclose(neurons.mean(axis=0), [3, 4])
    np.testing.assert_allclose(neurons.std(axis=0), line.std(axis=0))


@given(copies=st.integers(1, 4), lattice=st.sampled_from([Lattice((3, 4)), Lattice((3, 3), hexagonal=True)]))
def test_weights_count_as_copies(copies, lattice):
    vectors = np.random.default_rng(0).normal(size=(20, 3))
    repeated = np.concatenate([vectors, *[vectors[:5]] * (copies - 1)])
    weights = np.where(np.arange(20) < 5, copies, 1).astype(float)
    wanted = make_pca_neurons(repeated, lattice)
    np.testing.assert_allclose(make_pca_neurons(vectors, lattice, weights=weights), wanted, atol=1e-9)


def test_principal_axes_survive_missing_values_and_one_vector():
    vectors = np.array([[1.0, np.nan, np.nan], [3.0, 2.0, np.nan]])
    assert np.isfinite(make_pca_neurons(vectors, Lattice((2, 2)))).all()
    assert (make_pca_neurons(vectors[1:, :2], Lattice((2, 2))) == [3.0, 2.0]).all()


def test_a_direction_of_something_not_square_is_refused():
    with pytest.raises(ValueError, match="needs square images"):
        make_directed_neurons(1, (5,), seed=0)
