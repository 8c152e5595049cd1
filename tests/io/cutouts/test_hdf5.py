import h5py
import numpy as np
import pytest

from skysieve.io.cutouts import CutoutHeader, CutoutStream, read_cutouts_hdf5, stream_batch, write_cutouts_hdf5


@pytest.fixture
def written(tmp_path, make_batch):
    write_cutouts_hdf5(tmp_path / "a.h5", stream_batch(make_batch(0, 9), bands=("g", "r", "z"), pixel_scale=0.3))
    return tmp_path / "a.h5"


def test_what_was_written_is_read_back_batch_by_batch(written, make_batch, assert_same):
    stream = read_cutouts_hdf5(written, batch_rows=9)
    assert_same(next(stream.batches), make_batch(0, 9))
    assert (stream.header.bands, stream.header.pixel_scale, stream.length) == (("g", "r", "z"), 0.3, 9)
    assert [len(batch) for batch in read_cutouts_hdf5(written, batch_rows=4).batches] == [4, 4, 1]


def test_no_cutouts_are_an_empty_stream(tmp_path):
    write_cutouts_hdf5(tmp_path / "a.h5", CutoutStream(CutoutHeader(("r",), (3, 3)), 0, iter([])))
    stream = read_cutouts_hdf5(tmp_path / "a.h5")
    assert (stream.length, list(stream.batches)) == (0, [])


@pytest.mark.parametrize(("axes", "turn"), [("row band y x", (0, 1, 2, 3)), ("row y x band", (0, 2, 3, 1))])
def test_a_bare_dataset_is_read_in_either_order_of_axes(axes, turn, tmp_path, make_batch):
    image = make_batch(0, 4).image
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["stamps"] = image.transpose(turn).astype(">f8")
    batch = next(read_cutouts_hdf5(tmp_path / "a.h5", dataset="stamps", axes=axes).batches)
    np.testing.assert_array_equal(batch.image, image)
    np.testing.assert_array_equal(batch.bad, ~np.isfinite(image).all(axis=1))
    assert batch.rows["id"].tolist() == [0, 1, 2, 3]


def test_a_bare_dataset_of_planes_has_one_band(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["stamps"] = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    batch = next(read_cutouts_hdf5(tmp_path / "a.h5", dataset="stamps").batches)
    assert batch.image.shape == (2, 1, 3, 4)
    assert batch.image[1, 0, 2, 3] == 23


def test_a_dataset_of_the_wrong_shape_is_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["stamps"] = np.zeros((4, 5))
    with pytest.raises(ValueError, match=r"a\.h5: stamps is float64 of shape \(4, 5\), wanted are numbers"):
        read_cutouts_hdf5(tmp_path / "a.h5", dataset="stamps")
    with pytest.raises(ValueError, match=r"a\.h5: has no header of cutouts, but stamps"):
        read_cutouts_hdf5(tmp_path / "a.h5")


@pytest.mark.parametrize("name", ["image", "bad", "variance", "columns/ra"])
def test_a_missing_dataset_is_refused(name, written):
    with h5py.File(written, "a") as file:
        del file[name]
    with pytest.raises(ValueError, match=rf"a\.h5: the dataset {name} is missing"):
        read_cutouts_hdf5(written)


def test_damaged_files_and_pickles_are_refused(written, tmp_path):
    written.write_bytes(written.read_bytes()[:-500])
    with pytest.raises(ValueError, match=r"a\.h5: not a whole HDF5 file"):
        read_cutouts_hdf5(written)
    (tmp_path / "b.h5").write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(ValueError, match=r"b\.h5: is a Python pickle"):
        read_cutouts_hdf5(tmp_path / "b.h5")
