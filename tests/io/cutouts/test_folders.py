import numpy as np
import pytest
from astropy.io import fits

from skysieve.io.cutouts import CutoutBatch, read_cutouts_folder, stream_batch, write_cutouts_folder
from skysieve.records import Catalog, Column

BANDS = ("g", "r", "z")


@pytest.fixture
def written(tmp_path, make_batch):
    write_cutouts_folder(tmp_path / "a", stream_batch(make_batch(0, 5), bands=BANDS))
    return tmp_path / "a"


def _make_pictures(n_bands):
    image = np.random.default_rng(0).integers(0, 256, (4, n_bands, 6, 7)).astype(np.float32)
    bad = np.zeros((4, 6, 7), dtype=bool)
    bad[1, 2, 3] = True
    rows = Catalog((Column("id", "i8"),), {"id": np.array([4, 2, 9, -1])})
    return CutoutBatch(image, bad, None, rows)


def test_fits_cutouts_are_read_back(written, make_batch, assert_same):
    stream = read_cutouts_folder(written)
    assert_same(next(stream.batches), make_batch(0, 5))
    assert stream.header.bands == BANDS


def test_a_fits_cutout_stands_alone(written, make_batch):
    with fits.open(written / "000000003.fits") as units:
        assert (units[0].header["ID"], units[0].header["BAND2"]) == (21, "r")
        assert [unit.name for unit in units[1:]] == ["BAD", "VARIANCE"]
        np.testing.assert_array_equal(units[0].data, make_batch(0, 5).image[3])


@pytest.mark.parametrize("n_bands", [1, 3])
def test_eight_bit_pictures_are_read_back(n_bands, tmp_path, assert_same):
    batch = _make_pictures(n_bands)
    write_cutouts_folder(tmp_path / "a", stream_batch(batch, bands=BANDS[:n_bands]), suffix=".png")
    assert_same(next(read_cutouts_folder(tmp_path / "a").batches), batch)


def test_limits_scale_a_picture(tmp_path):
    image = np.array([[-1.0, 0.0], [0.5, np.nan]], dtype=np.float32)[None, None]
    batch = CutoutBatch(image, np.zeros((1, 2, 2), bool), None, Catalog((Column("id", "i8"),), {"id": np.array([1])}))
    write_cutouts_folder(tmp_path / "a", stream_batch(batch, bands=("r",)), suffix=".png", limits=(0.0, 0.5))
    assert next(read_cutouts_folder(tmp_path / "a").batches).image.ravel().tolist() == [0, 0, 255, 0]


def test_a_folder_of_another_origin_is_read_by_name(written):
    (written / "cutouts.json").unlink()
    (written / "index.csv").unlink()
    stream = read_cutouts_folder(written, batch_rows=2)
    assert [batch.rows["id"].tolist() for batch in stream.batches] == [[0, 1], [2, 3], [4]]
    assert stream.header.bands == BANDS


def test_a_foreign_index_gives_columns_and_order(written):
    (written / "cutouts.json").unlink()
    (written / "index.csv").write_text("file,id,z,kind\n000000003.fits,8,0.5,spiral\n000000001.fits,5,nan,1\n")
    batch = next(read_cutouts_folder(written).batches)
    assert [column.dtype for column in batch.rows.schema] == ["i8", "f8", "str"]
    assert batch.rows["id"].tolist() == [8, 5]


def test_an_index_that_leads_out_of_the_folder_is_refused(written):
    (written / "index.csv").write_text("file,id,ra,image,ood\n../x.fits,8,1,a,True\n")
    with pytest.raises(ValueError, match="leads out of"):
        next(read_cutouts_folder(written).batches)


def test_a_truncated_file_is_refused(written):
    file = written / "000000002.fits"
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(ValueError, match=r"000000002\.fits: not a whole FITS file"):
        next(read_cutouts_folder(written).batches)


def test_a_cutout_of_another_shape_is_refused(written):
    fits.PrimaryHDU(np.zeros((3, 9, 9), np.float32)).writeto(written / "000000002.fits", overwrite=True)
    with pytest.raises(ValueError, match=r"a/000000002\.fits: has shape \(3, 9, 9\), the others \(3, 5, 4\)"):
        next(read_cutouts_folder(written).batches)


def test_a_pickle_named_as_a_picture_is_refused(tmp_path):
    (tmp_path / "0.png").write_bytes(b"\x80\x03]q\x00.")
    with pytest.raises(ValueError, match=r"0\.png: is a Python pickle"):
        read_cutouts_folder(tmp_path)


def test_a_picture_of_two_bands_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(ValueError, match="a PNG picture has 1 or 3 bands, the cutout has 2"):
        write_cutouts_folder(tmp_path / "a", stream_batch(_make_pictures(2), bands=("g", "r")), suffix=".png")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="there is no FITS file or PNG picture"):
        read_cutouts_folder(tmp_path)


def test_survey_cutouts_are_read(real_data):
    stream = read_cutouts_folder(real_data / "shreds" / "legacy_grz_fits", batch_rows=8)
    batch = next(stream.batches)
    assert batch.image.shape[1:] == (len(stream.header.bands), *stream.header.shape)
    assert np.isfinite(batch.image[~np.broadcast_to(batch.bad[:, None], batch.image.shape)]).all()
