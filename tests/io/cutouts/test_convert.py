import pytest

from skysieve.io.cutouts import convert_cutouts, open_cutouts, stream_batch, write_cutouts_store


def test_cutouts_survive_the_way_through_every_form(tmp_path, make_batch, assert_same):
    write_cutouts_store(tmp_path / "a.zarr", stream_batch(make_batch(0, 7), bands=("g", "r", "z"), pixel_scale=0.2))
    for source, target in [("a.zarr", "b.h5"), ("b.h5", "c"), ("c", "d.zarr")]:
        convert_cutouts(tmp_path / source, tmp_path / target)
    stream = open_cutouts(tmp_path / "d.zarr")
    assert_same(next(stream.batches), make_batch(0, 7))
    assert stream.header.pixel_scale == 0.2


def test_a_conversion_that_fails_leaves_nothing(tmp_path, make_batch):
    write_cutouts_store(tmp_path / "a.zarr", stream_batch(make_batch(0, 7), bands=("g", "r", "z")))
    (tmp_path / "a.zarr" / "image" / "c.0.0.0.0").unlink()
    for target in ("b.h5", "b", "b.zarr"):
        with pytest.raises(ValueError, match=r"a\.zarr/image"):
            convert_cutouts(tmp_path / "a.zarr", tmp_path / target)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]


def test_unknown_suffixes_missing_sources_and_existing_targets_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"b\.npy: is none of"):
        convert_cutouts(tmp_path / "a.zarr", tmp_path / "b.npy")
    with pytest.raises(ValueError, match=r"a\.zarr: there is no such file"):
        convert_cutouts(tmp_path / "a.zarr", tmp_path / "b.h5")
    (tmp_path / "b.h5").touch()
    with pytest.raises(ValueError, match=r"b\.h5: exists already"):
        convert_cutouts(tmp_path / "a.zarr", tmp_path / "b.h5")
