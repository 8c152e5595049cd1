"""Pictures and masks between images and neurons, against the engine and against the reference program."""

import numpy as np
import pytest

from skysieve.som.projection import (
    find_orientations,
    orient_images,
    project_image,
    project_mask,
    project_neuron,
    trim_neuron,
)
from skysieve.som.regions import make_region
from skysieve.som.transforms import make_geometry, measure_angles, transform_image

RANDOM = np.random.default_rng(3)


@pytest.mark.parametrize(("side", "neuron"), [(12, 17), (12, 18), (15, 11)])
def test_projected_images_are_what_the_engine_compares(side, neuron):
    geometry = make_geometry(side, rotations=24, neuron_side=neuron, region_side=5)
    image = RANDOM.random((2, side, side)).astype(np.float32)
    angles = measure_angles(np.arange(geometry.orientations), geometry)
    for number, drawn in enumerate(transform_image(image, geometry)):
        flip = number >= geometry.rotations
        found = project_image(image, angle=float(angles[number]), flip=flip, neuron_side=neuron)
        assert found.dtype == np.float32
        inside = ~((drawn == 0) ^ (found == 0))  # a pixel on the border may fall on either side of it
        assert inside.mean() > 0.97
        np.testing.assert_allclose(found[inside], drawn[inside], atol=3e-5)


def test_oriented_images_are_the_engines_to_the_bit():
    geometry = make_geometry(12, rotations=8)
    images = RANDOM.random((16, 1, 12, 12)).astype(np.float32)
    orientations = np.arange(16)
    drawn = orient_images(
        images, angles=measure_angles(orientations, geometry), flips=orientations >= 8, geometry=geometry
    )
    for image, orientation, found in zip(images, orientations, drawn, strict=True):
        assert (found == transform_image(image, geometry)[orientation]).all()


def test_the_stored_transformations_of_the_reference_program_give_its_distances(read_golden):
    case = read_golden("rnd_cart_unity_circular_numrot92_shuffle")
    region, neuron = make_region(case.geometry), 3
    orientations = case.orientation[:, neuron]
    drawn = orient_images(
        case.images,
        angles=measure_angles(orientations, case.geometry),
        flips=orientations >= case.geometry.rotations,
        geometry=case.geometry,
    )
    distance = np.sqrt(((drawn - case.som[neuron])[:, :, region] ** 2).sum(axis=(1, 2)))
    np.testing.assert_allclose(distance, case.distance[:, neuron], rtol=1e-5)
    wrong = np.sqrt(((drawn[:, :, ::-1] - case.som[neuron])[:, :, region] ** 2).sum(axis=(1, 2)))
    assert (wrong >= distance).all()


def test_a_neuron_brought_onto_its_image_resembles_it_and_the_opposite_turn_does_not():
    y, x = np.indices((41, 41)) - 20
    image = np.exp(-((x - 6) ** 2 + (y - 3) ** 2) / 8) + 0.5 * np.exp(-((x + 8) ** 2 + y**2) / 18)
    for angle, flip in ((0.4, False), (2.0, True), (np.pi, True), (4.9, False)):
        neuron = project_image(image, angle=angle, flip=flip, neuron_side=58)
        back = project_neuron(neuron, angle=angle, flip=flip, image_side=41)
        assert np.abs(back - image)[4:-4, 4:-4].max() < 0.1
        if not flip and angle != np.pi:
            assert np.abs(project_neuron(neuron, angle=-angle, flip=flip, image_side=41) - image).max() > 0.5


def test_quarter_turns_copy_pixels_both_ways():
    image = RANDOM.random((6, 6)).astype(np.float32)
    for turn in range(4):
        how = {"angle": turn * np.pi / 2, "flip": True}
        neuron = project_image(image, neuron_side=9, **how)
        assert (project_neuron(neuron, image_side=6, **how) == image).all()


def test_pixels_that_are_not_a_number_spread_no_farther_than_they_touch():
    image = np.ones((5, 5), np.float32)
    image[2, 2] = np.nan
    assert np.isnan(project_image(image, angle=np.pi / 2, flip=False, neuron_side=5)).sum() == 1
    assert 1 < np.isnan(project_image(image, angle=0.3, flip=False, neuron_side=5)).sum() <= 9


def test_a_mask_follows_its_neuron():
    mask = np.zeros((2, 9, 9), bool)
    mask[0, 2, 4] = True
    onto = project_mask(mask, angle=np.pi / 2, flip=False, image_side=5)
    assert np.argwhere(onto).tolist() == [[0, 2, 0]]
    picture = project_neuron(mask.astype(np.float32), angle=np.pi / 2, flip=False, image_side=5)
    assert (onto == (picture > 0.5)).all()
    assert not project_mask(mask, angle=0.0, flip=False, image_side=3).any()


def test_angles_of_another_number_of_rotations_are_refused():
    geometry = make_geometry(12, rotations=8)
    assert find_orientations(np.array([np.pi / 4]), np.array([1]), geometry=geometry).tolist() == [9]
    with pytest.raises(ValueError, match="angle of 10 deg: none of 8 rotations"):
        find_orientations(np.array([np.radians(10)]), np.array([0]), geometry=geometry)
    with pytest.raises(ValueError, match="angle of nan deg"):
        find_orientations(np.array([np.nan]), np.array([0]), geometry=geometry)


def test_trimming_keeps_the_center():
    neuron = np.zeros((1, 91, 91))
    neuron[0, 45, 45] = 1
    assert trim_neuron(neuron).shape == (1, 64, 64)
    assert trim_neuron(neuron)[0, 32, 32] == 1
