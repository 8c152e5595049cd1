"""Orientations of images."""

import numpy as np
import pytest

from skysieve.som.transforms import (
    locate_source,
    make_geometry,
    measure_angles,
    orient_image,
    rotate_image,
    transform_image,
)

IMAGE = np.arange(9, dtype=np.float32).reshape(1, 3, 3)


@pytest.mark.parametrize(
    ("side", "neuron", "square", "disk"),
    [(32, 46, 22, 32), (64, 91, 45, 64), (124, 176, 87, 124), (150, 213, 106, 150)],
)
def test_default_sides_hold_the_whole_diagonal_and_stay_inside_every_rotation(side, neuron, square, disk):
    geometry = make_geometry(side)
    assert (geometry.neuron_side, geometry.region_side) == (neuron, square)
    assert make_geometry(side, shape="circular").region_side == disk


def test_one_rotation_keeps_the_side_of_the_image():
    geometry = make_geometry(32, rotations=1)
    assert (geometry.neuron_side, geometry.region_side, geometry.orientations) == (32, 32, 2)


def test_quarter_turns_are_clockwise_and_flips_follow_up_down():
    drawn = transform_image(IMAGE, make_geometry(3, rotations=4, neuron_side=3))[:, 0]
    assert drawn[1].tolist() == [[6, 3, 0], [7, 4, 1], [8, 5, 2]]
    assert drawn[4].tolist() == [[6, 7, 8], [3, 4, 5], [0, 1, 2]]
    assert (drawn[5] == drawn[1][::-1]).all()


def test_a_small_image_lies_in_a_frame_of_zeros_and_a_large_one_is_cropped():
    wide = rotate_image(IMAGE, 0, geometry=make_geometry(3, neuron_side=6, rotations=4, region_side=3))[0]
    assert (wide[1:4, 1:4] == IMAGE[0]).all()
    assert wide.sum() == IMAGE.sum()
    narrow = rotate_image(IMAGE, 0, geometry=make_geometry(3, neuron_side=1, rotations=4, region_side=1))
    assert narrow.ravel().tolist() == [4]


def test_rotation_by_45_degrees_carries_the_right_edge_down():
    image = np.zeros((1, 9, 9), np.float32)
    image[0, 4, 5:] = 1
    turned = rotate_image(image, 1, geometry=make_geometry(9, rotations=8))[0]
    center = len(turned) // 2
    assert turned[center + 2, center + 2] > 0.8
    assert turned[center - 2, center + 2] == 0


def test_bilinear_weights_sum_to_one_inside_the_image_and_to_zero_outside():
    geometry = make_geometry(16, rotations=32)
    rows, columns = (grid.ravel() for grid in np.indices((geometry.neuron_side,) * 2))
    sums = locate_source(3, rows, columns, geometry=geometry)[1].sum(axis=1)
    assert np.isin(sums.round(5), [0, 1]).all()
    assert 0 < sums.mean() < 1


def test_one_orientation_is_the_same_as_among_all():
    geometry = make_geometry(6, rotations=12)
    image = np.random.default_rng(0).random((2, 6, 6), np.float32)
    drawn = transform_image(image, geometry)
    assert all((orient_image(image, t, geometry=geometry) == drawn[t]).all() for t in range(24))


def test_angles_count_up_from_zero_and_again_for_flipped_images():
    angles = measure_angles(np.arange(16), make_geometry(8, rotations=8))
    assert np.allclose(angles, np.tile(np.arange(8) * np.pi / 4, 2))


@pytest.mark.parametrize("rotations", [0, 2, 6])
def test_rotations_that_are_no_multiple_of_four_are_refused(rotations):
    with pytest.raises(ValueError, match="neither 1 nor a positive multiple of 4"):
        make_geometry(32, rotations=rotations)


def test_a_region_larger_than_the_neuron_is_refused():
    with pytest.raises(ValueError, match="region_side: 64 pixels do not fit into a neuron of 46"):
        make_geometry(32, region_side=64)


def test_images_of_one_pixel_are_refused():
    with pytest.raises(ValueError, match="at least 2x2"):
        make_geometry(1)
