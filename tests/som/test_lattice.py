import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.config import dump_recipe, parse_recipe
from skysieve.som.lattice import Lattice

SIDES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
CARTESIAN = st.fixed_dictionaries({"shape": SIDES, "periodic": st.booleans()})
HEXAGONAL = st.fixed_dictionaries(
    {"shape": st.sampled_from([(1, 1), (3, 3), (7, 7)]), "periodic": st.booleans(), "hexagonal": st.just(True)}
)
LATTICES = CARTESIAN | HEXAGONAL


def test_cells_come_in_the_order_of_pink():
    assert Lattice((2, 3)).make_cells().tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert Lattice((2, 1, 2)).make_cells().tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1], [1, 0, 1]]
    hexagon = Lattice((3, 3), hexagonal=True)
    assert hexagon.make_cells().tolist() == [[1, 0], [2, 0], [0, 1], [1, 1], [2, 1], [0, 2], [1, 2]]


@pytest.mark.parametrize(("side", "count"), [(1, 1), (3, 7), (5, 19), (7, 37), (11, 91), (21, 331)])
def test_hexagons_have_the_number_of_neurons_pink_gives_them(side, count):
    lattice = Lattice((side, side), hexagonal=True)
    assert lattice.n_neurons == len(lattice.make_cells()) == count


def test_distances_are_euclidean_on_squares_and_steps_on_hexagons():
    assert Lattice((3, 3)).measure_distances()[0].tolist() == pytest.approx(
        [0, 1, 2, 1, 2**0.5, 5**0.5, 2, 5**0.5, 8**0.5]
    )
    assert Lattice((3, 3), hexagonal=True).measure_distances()[3].tolist() == [1, 1, 1, 0, 1, 1, 1]
    assert Lattice((3, 3), hexagonal=True).measure_distances()[0].tolist() == [0, 1, 1, 1, 2, 2, 2]


def test_periodic_distances_wrap():
    assert Lattice((5,), periodic=True).measure_distances()[0].tolist() == [0, 1, 2, 2, 1]
    assert Lattice((4, 4), periodic=True).measure_distances().max() == pytest.approx(8**0.5)


@pytest.mark.parametrize("radius", [1, 2, 5])
def test_every_neuron_of_a_periodic_hexagon_has_six_neighbors_and_the_same_view(radius):
    lattice = Lattice((2 * radius + 1,) * 2, hexagonal=True, periodic=True)
    assert set(lattice.find_neighbors().sum(axis=1)) == {6}
    distances = np.sort(lattice.measure_distances(), axis=1)
    assert (distances == distances[0]).all()
    assert distances.max() == radius


@given(keys=LATTICES)
def test_distances_are_a_metric(keys):
    lattice = Lattice(**keys)
    distances = lattice.measure_distances().astype(float)
    assert (distances == distances.T).all()
    assert ((distances == 0) == np.eye(lattice.n_neurons, dtype=bool)).all()
    assert (distances[:, None] <= distances[:, :, None] + distances[None] + 1e-5).all()


@given(keys=LATTICES)
def test_positions_of_neighbors_lie_near_each_other_on_open_lattices(keys):
    flat = Lattice(**keys | {"periodic": False})
    places = flat.make_positions()
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    near = (apart > 0) & (apart < (1.01 if flat.hexagonal else 1.74))
    assert (flat.find_neighbors() == near).all()


@given(keys=LATTICES)
def test_arranged_values_are_found_again(keys):
    lattice = Lattice(**keys)
    values = np.arange(lattice.n_neurons)
    grid = lattice.arrange(values)
    assert grid.shape == lattice.shape
    np.testing.assert_array_equal(np.sort(grid[np.isfinite(grid)]), values)


def test_a_lattice_is_written_into_a_recipe_and_read_back():
    lattice = Lattice((5, 5), hexagonal=True, periodic=True)
    assert parse_recipe(Lattice, dump_recipe(lattice)) == lattice


@pytest.mark.parametrize("keys", [{"shape": ()}, {"shape": (3, 0)}, {"shape": (1, 1, 1, 1)}])
def test_a_lattice_without_neurons_is_refused(keys):
    with pytest.raises(ValueError, match="has one to three sides"):
        Lattice(**keys)


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (3,)])
def test_a_hexagon_with_other_sides_is_refused(shape):
    with pytest.raises(ValueError, match="two equal odd sides"):
        Lattice(shape, hexagonal=True)
