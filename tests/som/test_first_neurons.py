"""Maps start from noise, nothing, principal axes, or another map."""

import numpy as np
import pytest
from tests.som.bars import draw_bars

from skysieve.som.first_neurons import check_neurons, make_first_neurons, spread_principal_images, turn_upright
from skysieve.som.initialization import make_directed_neurons, make_random_neurons
from skysieve.som.lattice import Lattice
from skysieve.som.transforms import make_geometry

GEOMETRY = make_geometry(10, rotations=72)
LATTICE = Lattice((3, 2))


def start(init, **changes):
    options = {"lattice": LATTICE, "geometry": GEOMETRY, "seed": 7, **changes}
    return make_first_neurons(init, draw_bars(20, channels=2), **options)


@pytest.mark.parametrize("compat", ["skysieve", "pink"])
def test_named_starts_are_those_of_initialization(compat):
    shape = (2, 15, 15)
    np.testing.assert_array_equal(start("random", compat=compat), make_random_neurons(6, shape, seed=7, compat=compat))
    directed = make_directed_neurons(6, shape, seed=7, compat=compat)
    np.testing.assert_array_equal(start("random_with_preferred_direction", compat=compat), directed)
    assert not start("zero").any()


@pytest.mark.parametrize("angle", [0, 25, 45, 90, 140])
def test_an_upright_image_is_long_along_the_rows(angle):
    y, x = np.mgrid[:10, :10] - 4.5
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    bar = np.exp(-(((x * cos + y * sin) / 3) ** 2) - (y * cos - x * sin) ** 2).astype(np.float32)
    upright = turn_upright(bar[None], GEOMETRY)[0]
    rows, columns = np.indices(upright.shape) - 7.0
    assert (upright * columns**2).sum() > 4 * (upright * rows**2).sum()


def test_principal_images_are_the_same_however_images_are_turned():
    images = draw_bars(30)
    straight = spread_principal_images(images, Lattice((3,)), geometry=GEOMETRY)
    turned = spread_principal_images(np.rot90(images, 2, axes=(2, 3)).copy(), Lattice((3,)), geometry=GEOMETRY)
    np.testing.assert_allclose(straight, turned, atol=1e-4)
    assert np.abs(straight[0] - straight[2]).max() > 0.1


def test_principal_images_of_little_are_defined():
    assert not spread_principal_images(draw_bars(0), LATTICE, geometry=GEOMETRY).any()
    one = draw_bars(1)
    one[0, 0, 0, 0] = np.nan
    neurons = spread_principal_images(one, LATTICE, geometry=GEOMETRY)
    np.testing.assert_allclose(neurons, np.broadcast_to(neurons[:1], neurons.shape), atol=1e-6)


def test_neurons_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="neither one of zero, random"):
        start("randon")
    with pytest.raises(ValueError, match=r"\(2, 1, 3, 3\) are given; the map wants \(6, 1, 3, 3\)"):
        check_neurons(np.zeros((2, 1, 3, 3)), (6, 1, 3, 3))
    with pytest.raises(ValueError, match="not finite"):
        check_neurons(np.full((1, 1, 3, 3), np.nan), (1, 1, 3, 3))
