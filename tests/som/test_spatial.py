"""Points between an image and a neuron's frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.som.spatial import locate_in_image, locate_in_neuron
from skysieve.som.transforms import locate_source, make_geometry, measure_angles, orient_image


def draw_ramps(geometry, orientation):
    """Columns and rows of an image as the engine draws them on the neuron's frame; NaN outside the image."""
    y, x = np.indices((geometry.image_side,) * 2).astype(np.float64)
    drawn = orient_image(np.stack([x, y, np.ones_like(x)]), orientation, geometry=geometry)
    return np.where(drawn[2] > 0.999, drawn[:2], np.nan)


@pytest.mark.parametrize(("side", "neuron"), [(12, 17), (12, 18), (13, 12), (12, 9)])
def test_points_land_where_the_engine_takes_its_pixels_in_every_orientation(side, neuron):
    geometry = make_geometry(side, rotations=24, neuron_side=neuron, region_side=5)
    y, x = np.indices((neuron, neuron)).astype(np.float64)
    for orientation in range(geometry.orientations):
        angle = measure_angles(np.array([orientation]), geometry)[0]
        flip = orientation >= geometry.rotations
        found = locate_in_image(x, y, angle=angle, flip=flip, image_side=side, neuron_side=neuron)
        drawn = draw_ramps(geometry, orientation)
        known = np.isfinite(drawn)
        assert known.sum() > side
        np.testing.assert_allclose(np.stack(found)[known], drawn[known], atol=2e-5)


@given(st.floats(-7, 7), st.booleans(), st.tuples(st.integers(2, 40), st.integers(2, 60)), st.floats(-99, 99))
def test_there_and_back_is_the_same_point(angle, flip, sides, x):
    how = {"angle": angle, "flip": flip, "image_side": sides[0], "neuron_side": sides[1]}
    there = locate_in_neuron(np.array([x]), np.array([3.5]), **how)
    back = locate_in_image(*there, **how)
    np.testing.assert_allclose(np.concatenate(back), [x, 3.5], atol=1e-9)


def test_each_point_may_have_its_own_transformation_and_an_unknown_point_stays_unknown():
    x, y = np.array([2.0, 2.0, np.nan]), np.array([1.0, 1.0, 0.0])
    angle, flip = np.array([0.0, np.pi / 2, 0.1], np.float32), np.array([0, 1, 0], np.int8)
    found = locate_in_image(x, y, angle=angle, flip=flip, image_side=3, neuron_side=3)
    np.testing.assert_allclose(found, [[2, 1, np.nan], [1, 0, np.nan]], atol=1e-9)


def test_pixels_agree_with_the_table_of_the_engine():
    geometry = make_geometry(16, rotations=32)
    rows, columns = np.array([10, 12]), np.array([9, 14])
    pixels, weights = locate_source(3, rows, columns, geometry=geometry)
    y, x = np.divmod(pixels, 16)
    wanted = (x * weights).sum(axis=1), (y * weights).sum(axis=1)
    angle = measure_angles(np.array([3]), geometry)[0]
    found = locate_in_image(
        columns * 1.0, rows * 1.0, angle=angle, flip=False, image_side=16, neuron_side=geometry.neuron_side
    )
    np.testing.assert_allclose(found, wanted, atol=1e-5)
