import numpy as np
import pytest

from skysieve.io.cutouts import CutoutBatch, CutoutHeader, CutoutStore
from skysieve.io.pink import PinkLayout, write_pink_images, write_pink_map, write_pink_transforms
from skysieve.morphology.nearest_images import open_nearest_images, turn_image
from skysieve.records import Catalog, Column
from skysieve.som.transforms import make_geometry, measure_angles, orient_image

RNG = np.random.default_rng(5)
IMAGES = RNG.random((5, 2, 8, 8)).astype(np.float32)
DISTANCE = np.array([[1, 9], [9, 1], [3, 9], [2, 9], [np.nan, np.nan]], np.float32)


@pytest.fixture
def mapping(tmp_path):
    layout = PinkLayout((2,))
    write_pink_map(tmp_path / "map.bin", [DISTANCE], layout=layout)
    still = np.zeros(DISTANCE.shape)
    write_pink_transforms(
        tmp_path / "transforms.bin", [(still.astype(np.int8), still.astype(np.float32))], layout=layout
    )
    write_pink_images(tmp_path / "images.bin", [IMAGES], shape=IMAGES.shape[1:])
    return tmp_path


@pytest.mark.parametrize("sides", [(8, 11), (9, 13), (8, 12)])
@pytest.mark.parametrize("orientation", [0, 1, 5, 17, 24, 30, 47])
def test_images_are_turned_as_the_engine_turns_them(sides, orientation):
    geometry = make_geometry(sides[0], rotations=24, neuron_side=sides[1])
    image = RNG.random((2, sides[0], sides[0])).astype(np.float32)
    angle = float(measure_angles(np.array([orientation]), geometry)[0])
    turned = turn_image(image, angle=angle, flip=orientation >= 24, side=sides[1])
    inside = slice(4, -4)
    expected = orient_image(image, orientation, geometry=geometry)
    np.testing.assert_allclose(turned[:, inside, inside], expected[:, inside, inside], atol=1e-4)


def test_images_of_a_neuron_come_nearest_first(mapping):
    nearest = open_nearest_images(mapping, mapping / "images.bin", n_neurons=2)
    found = nearest.turn(0, count=2, side=8)
    assert [(one.row, one.distance) for one in found] == [(0, 1.0), (3, 2.0)]
    np.testing.assert_array_equal(found[1].pixels, IMAGES[3])
    assert (nearest.count(0), nearest.count(1)) == (3, 1)


def test_pixels_that_are_not_finite_count_as_nothing():
    image = IMAGES[0].copy()
    image[0, 3, 3] = np.nan
    assert turn_image(image, angle=0.3, flip=True, side=11).min() >= 0


def test_files_that_do_not_belong_together_are_refused(mapping):
    with pytest.raises(ValueError, match="a mapping to 2 neurons; the map has 3"):
        open_nearest_images(mapping, mapping / "images.bin", n_neurons=3)
    write_pink_images(mapping / "few.bin", [IMAGES[:2]], shape=IMAGES.shape[1:])
    with pytest.raises(ValueError, match=r"few\.bin: 2 images, .* has 5; give the images that were mapped"):
        open_nearest_images(mapping, mapping / "few.bin", n_neurons=2)


def test_a_cutout_store_serves_as_well_without_its_bad_pixels(mapping):
    bad = np.zeros((5, 8, 8), bool)
    bad[1, 2, 3] = True
    rows = Catalog((Column("id", "i8"),), {"id": np.arange(5)})
    with CutoutStore.create(mapping / "images.zarr", CutoutHeader(("a", "b"), (8, 8))) as store:
        store.append(CutoutBatch(IMAGES, bad, None, rows))
    nearest = open_nearest_images(mapping, mapping / "images.zarr", n_neurons=2)
    np.testing.assert_array_equal(nearest.turn(1, count=3, side=8)[0].pixels, np.where(bad[1], 0, IMAGES[1]))
