"""The group of the square."""

import numpy as np
import pytest

from skysieve.som.symmetry import FOLD, UNFOLD, find_orbits, permute_pixels


def test_the_basis_is_orthonormal():
    assert np.allclose(FOLD @ FOLD.T, np.eye(8))


@pytest.mark.parametrize("side", [4, 5])
def test_pixels_are_carried_as_turns_and_flips_carry_images(side):
    image = np.random.default_rng(0).random((side, side))
    drawn = [np.rot90(image, -turn)[::step] for step in (1, -1) for turn in range(4)]
    carried = permute_pixels(np.arange(side * side), side)
    assert (image.ravel()[carried] == np.reshape(drawn, (8, -1))).all()


@pytest.mark.parametrize("side", [4, 5])
def test_products_of_coefficients_are_the_eight_inner_products(side):
    image, neuron = np.random.default_rng(0).random((2, side * side))
    orbits = find_orbits(np.ones((side, side), bool))
    x, n = (FOLD @ (values[orbits.core] * orbits.scale) for values in (image, neuron))
    pairs = [
        [(0, 0, 1)], [(1, 1, 1)], [(2, 2, 1)], [(3, 3, 1)], [(4, 4, 1), (5, 5, 1)], [(5, 6, 1), (4, 7, -1)],
        [(6, 6, 1), (7, 7, 1)], [(7, 4, 1), (6, 5, -1)],
    ]  # fmt: skip
    products = [sum(sign * x[a] @ n[b] for a, b, sign in terms) for terms in pairs]
    assert np.allclose(UNFOLD @ products, image[permute_pixels(np.arange(side * side), side)] @ neuron)


def test_orbits_and_border_together_are_the_region():
    region = np.zeros((9, 9), bool)
    region[1:7, 1:7] = True
    orbits = find_orbits(region)
    assert sorted({*orbits.core.ravel().tolist(), *orbits.border.tolist()}) == np.flatnonzero(region).tolist()
    assert len(orbits.border) == 11
