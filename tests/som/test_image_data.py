"""Images are read by row, whatever they lie in."""

import numpy as np
import pytest
from tests.som.bars import draw_bars, write_bars, write_bars_store

from skysieve.io.cutouts import convert_cutouts
from skysieve.io.pink import write_pink_images
from skysieve.som.image_data import checksum_images, open_images, select_images, wrap_images

ROWS = np.array([4, 0, 2])


@pytest.mark.parametrize("channels", [1, 2])
def test_a_binary_of_pink_gives_rows_in_the_order_asked_for(tmp_path, channels):
    images = draw_bars(6, channels=channels)
    source = open_images(write_bars(tmp_path / "i.bin", images), scratch=tmp_path)
    assert (source.length, source.channels, source.side, source.numbered) == (6, channels, 10, True)
    np.testing.assert_array_equal(source.read(ROWS), images[ROWS])
    np.testing.assert_array_equal(source.read_catalog(ROWS)["id"], ROWS)


@pytest.mark.parametrize("form", ["store", "hdf5", "folder"])
def test_cutouts_give_the_same_images_in_every_form(tmp_path, form):
    images = draw_bars(6, channels=2)
    path = write_bars_store(tmp_path / "i.zarr", images, ids=np.arange(10, 16))
    if form != "store":
        convert_cutouts(path, tmp_path / {"hdf5": "i.h5", "folder": "i"}[form])
        path = tmp_path / {"hdf5": "i.h5", "folder": "i"}[form]
    source = open_images(path, scratch=tmp_path / "run")
    np.testing.assert_array_equal(source.read(ROWS), images[ROWS])
    np.testing.assert_array_equal(source.read_catalog(ROWS)["id"], ROWS + 10)
    assert source.bands == ("g", "r")
    assert (tmp_path / "run" / "images.zarr").exists() == (form != "store")


def test_marked_and_infinite_pixels_are_nan(tmp_path):
    images, bad = draw_bars(2), np.zeros((2, 10, 10), bool)
    images[0, 0, 3, 3], bad[1, 5, 6] = np.inf, True
    path = write_bars_store(tmp_path / "i.zarr", images, ids=np.arange(2), bad=bad)
    found = open_images(path, scratch=tmp_path).read(np.arange(2))
    assert np.argwhere(np.isnan(found)).tolist() == [[0, 0, 3, 3], [1, 0, 5, 6]]


def test_chosen_rows_are_a_source_of_their_own():
    images = draw_bars(6)
    chosen = select_images(wrap_images(images), ROWS)
    np.testing.assert_array_equal(chosen.read(np.array([2, 1])), images[[2, 0]])
    assert chosen.length == 3


def test_what_cannot_be_read_as_images_is_refused(tmp_path):
    with pytest.raises(ValueError, match="there is no such file"):
        open_images(tmp_path / "nothing.bin", scratch=tmp_path)
    write_pink_images(tmp_path / "v.bin", [np.zeros((2, 5))], shape=(5,))
    with pytest.raises(ValueError, match="vectors of 5 features"):
        open_images(tmp_path / "v.bin", scratch=tmp_path)
    with pytest.raises(ValueError, match="wanted are square ones"):
        wrap_images(np.zeros((2, 5, 6)))
    store = write_bars_store(tmp_path / "i.zarr", np.zeros((2, 1, 4, 6), np.float32), ids=np.arange(2))
    with pytest.raises(ValueError, match="cutouts of 4x6 pixels"):
        open_images(store, scratch=tmp_path)


def test_other_images_have_another_checksum(tmp_path):
    first = write_bars_store(tmp_path / "a.zarr", draw_bars(3), ids=np.arange(3))
    same = write_bars_store(tmp_path / "b.zarr", draw_bars(3), ids=np.arange(3))
    other = write_bars_store(tmp_path / "c.zarr", draw_bars(3, seed=1), ids=np.arange(3))
    assert checksum_images(first) == checksum_images(same) != checksum_images(other)
