"""Images are read by row, whatever they lie in."""

import numpy as np
import pytest
from tests.som.bars import draw_bars, write_bars, write_bars_store

from skysieve.io.catalogs import write_catalog
from skysieve.io.cutouts import convert_cutouts
from skysieve.io.pink import write_pink_images
from skysieve.records import Catalog, Column
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


def test_a_pixel_that_is_nan_in_one_band_is_good_in_the_others(tmp_path):
    images, bad = draw_bars(1, channels=2), np.ones((1, 10, 10), bool)
    bad[0, :, 1:] = False
    images[0, 0, 4, 0] = np.nan
    path = write_bars_store(tmp_path / "i.zarr", images, ids=np.arange(1), bad=bad)
    found = np.isnan(open_images(path, scratch=tmp_path).read(np.arange(1)))[0, :, :, 0]
    assert found.sum(axis=1).tolist() == [10, 9]


def test_rows_beside_a_binary_name_its_images(tmp_path):
    path = write_bars(tmp_path / "i.bin", draw_bars(3))
    before, rows = checksum_images(path), tmp_path / "i.rows.parquet"
    meta = {"bands": '["r"]', "preparation": '{"side": 10}'}
    write_catalog(Catalog((Column("id", "i8"),), {"id": np.array([7, 5, 6])}, meta), rows)
    source = open_images(path, scratch=tmp_path)
    assert source.read_catalog(np.array([2, 0]))["id"].tolist() == [6, 7]
    assert (source.bands, source.preparation, source.numbered) == (("r",), {"side": 10}, False)
    assert checksum_images(path) != before
    write_catalog(Catalog((Column("id", "i8"),), {"id": np.array([7, 5])}), rows)
    with pytest.raises(ValueError, match="2 rows for 3 images"):
        open_images(path, scratch=tmp_path)


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
