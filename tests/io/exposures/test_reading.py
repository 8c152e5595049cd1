import bz2
import gzip

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skysieve.io.exposures import InputRecipe, list_detectors, read_detector
from skysieve.records import ImageFlag

RECIPE = InputRecipe()
PLANE = np.arange(30, dtype=np.float32).reshape(5, 6)
DTYPES = ("u1", "i1", ">i2", "<u2", ">i4", "<u4", ">i8", "<f4", ">f8")


def _read(*images, recipe=RECIPE, **others):
    (address,) = list_detectors(images, recipe=recipe, **others)
    return read_detector(address, recipe)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("round")


@given(
    data=st.sampled_from(DTYPES).flatmap(
        lambda kind: hnp.arrays(np.dtype(kind), hnp.array_shapes(min_dims=2, max_dims=2))
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_in_any_type(folder, data):
    path = folder / "img.fits"
    fits.PrimaryHDU(data).writeto(path, overwrite=True)
    band = _read(path).bands[0]
    with np.errstate(invalid="ignore"):
        good = np.abs(data.astype(np.float64)) <= 1e30
        expected = np.where(good, data, 0).astype(np.float32)
    np.testing.assert_array_equal(band.bad, ~good)
    np.testing.assert_array_equal(band.data, expected)
    assert (band.data.dtype, band.data.dtype.isnative) == (np.float32, True)


def test_large_images_are_read_block_by_block_without_seams(write_image):
    data = np.arange(1_500_000, dtype=np.int32).reshape(1500, 1000)
    np.testing.assert_array_equal(_read(write_image(data=data)).bands[0].data, data)


def test_row_zero_of_the_file_is_row_zero(write_image):
    assert _read(write_image(data=PLANE)).bands[0].data[0, 1] == 1


def test_scale_zero_and_blank_are_honored(tmp_path):
    hdu = fits.PrimaryHDU(np.array([[1, 2], [-9, 4]], np.int16))
    hdu.header.update({"BSCALE": 0.5, "BZERO": 10.0, "BLANK": -9})
    hdu.writeto(tmp_path / "img.fits")
    raw = (tmp_path / "img.fits").read_bytes()
    assert b"BSCALE" in raw
    band = _read(tmp_path / "img.fits").bands[0]
    np.testing.assert_array_equal(band.data, [[10.5, 11], [0, 12]])
    np.testing.assert_array_equal(band.bad, [[False, False], [True, False]])


@pytest.mark.parametrize(("dtype", "top"), [("u1", 255), ("i2", 32767), ("u2", 65535), ("i4", np.nan), ("f4", np.nan)])
def test_saturation_falls_back_to_the_top_of_the_type(write_image, dtype, top):
    level = _read(write_image(data=PLANE.astype(dtype))).bands[0].calibration.saturation
    np.testing.assert_equal(level, top)


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_packed_mosaics_read_each_detector(write_units, tmp_path, suffix, pack):
    plain = write_units("m.fits", *((f"N{i}", 1, PLANE + i) for i in (1, 2, 3)))
    packed = tmp_path / f"p.fits{suffix}"
    packed.write_bytes(pack(plain.read_bytes()))
    found = list_detectors([packed], recipe=RECIPE)
    assert [address.stem for address in found] == ["p_1", "p_2", "p_3"]
    np.testing.assert_array_equal(read_detector(found[2], RECIPE).bands[0].data, PLANE + 3)


@pytest.mark.parametrize("kind", ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1"])
@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_tile_compressed_integers_are_exact(tmp_path, kind, dtype):
    data = np.arange(3000, dtype=dtype).reshape(50, 60)
    fits.CompImageHDU(data, compression_type=kind, name="N1").writeto(tmp_path / "img.fits.fz")
    detector = _read(tmp_path / "img.fits.fz")
    assert detector.label == "img.fits.fz"
    np.testing.assert_array_equal(detector.bands[0].data, data)


def test_tile_compressed_unsigned_float_and_nan_are_read(tmp_path):
    floats = np.random.default_rng(2).normal(100, 5, (64, 64)).astype(np.float32)
    floats[3, 4] = np.nan
    units = [fits.CompImageHDU(PLANE.astype(np.uint16) + 60000), fits.CompImageHDU(floats, quantize_level=64)]
    fits.HDUList([fits.PrimaryHDU(), *units]).writeto(tmp_path / "img.fits.fz")
    unsigned, quantized = (
        read_detector(a, RECIPE).bands[0] for a in list_detectors([tmp_path / "img.fits.fz"], recipe=RECIPE)
    )
    np.testing.assert_array_equal(unsigned.data, PLANE + 60000)
    assert unsigned.calibration.saturation == 65535
    assert np.argwhere(quantized.bad).tolist() == [[3, 4]]
    np.testing.assert_allclose(quantized.data[~quantized.bad], floats[~quantized.bad], atol=0.2)


def test_one_plane_of_a_cube_goes_to_each_band(write_image):
    bands = _read(write_image(data=np.stack([PLANE, PLANE + 100]))).bands
    np.testing.assert_array_equal(bands[1].data - bands[0].data, np.full((5, 6), 100))


def test_any_bit_of_a_mask_is_bad_unless_bits_are_named(write_units):
    quality = np.zeros((5, 6), np.int32)
    quality[0, :3] = 1, 4, 5
    path = write_units("flt.fits", ("SCI", 1, PLANE + 1), ("DQ", 1, quality))
    assert np.argwhere(_read(path).bands[0].bad).tolist() == [[0, 0], [0, 1], [0, 2]]
    band = _read(path, recipe=InputRecipe(bad_bits=4)).bands[0]
    assert np.argwhere(band.bad).tolist() == [[0, 1], [0, 2]]
    assert (band.data[band.bad] == 0).all()


def test_masks_that_mark_good_pixels_too_count_only_their_bad_bits(tmp_path):
    mask = fits.ImageHDU(
        np.array([[0, 1], [32, 33]], np.int32), fits.Header({"MP_BAD": 0, "HIERARCH MP_DETECTED": 5}), "MASK"
    )
    image = fits.ImageHDU(np.ones((2, 2), np.float32), name="IMAGE")
    fits.HDUList([fits.PrimaryHDU(), image, mask]).writeto(tmp_path / "calexp.fits")
    np.testing.assert_array_equal(_read(tmp_path / "calexp.fits").bands[0].bad, [[False, True], [False, True]])


@pytest.mark.parametrize(
    ("kind", "weight", "variance"), [("ivar", 4.0, 0.25), ("variance", 4.0, 4.0), ("rms", 4.0, 16.0)]
)
def test_weights_become_variance_by_kind_and_bad_where_not_positive(write_image, kind, weight, variance):
    weights = np.array([[weight, 0], [-1, np.nan], [np.inf, 1e-40]])
    paths = write_image(data=np.ones((3, 2))), write_image("w.fits", data=weights)
    band = _read(paths[0], weights=[paths[1]], recipe=InputRecipe(weight_kind=kind)).bands[0]
    np.testing.assert_allclose(band.variance.ravel(), [variance, 0, 0, 0, 0, 0], atol=1e-30)
    np.testing.assert_array_equal(band.bad.ravel()[:5], [False, True, True, True, True])


def test_the_reference_band_is_the_one_named(write_image):
    bands = {name: write_image(f"{name}.fits") for name in ("g", "r")}
    assert _read(bands=bands, recipe=InputRecipe(reference_band="r")).reference == 1


def test_a_reference_band_that_an_image_lacks_is_told(write_image):
    detector = _read(write_image(EXPTIME=1.0), recipe=InputRecipe(reference_band="z"))
    assert detector.messages == ("img.fits: there is no band z; the only one is the reference",)


def test_sky_comes_from_the_band_that_has_it(write_image, sky):
    bands = {"g": write_image("g.fits", EXPTIME=1.0), "r": write_image("r.fits", EXPTIME=1.0, **sky)}
    detector = _read(bands=bands)
    assert detector.wcs is not None
    assert ImageFlag.NO_WCS not in detector.flags


def test_complaints_name_the_band_where_only_one_has_them(write_image):
    bands = {"g": write_image("n_g.fits", EXPTIME=1.0), "r": write_image("n_r.fits", EXPTIME=-1.0)}
    (message,) = _read(bands=bands).messages
    assert message.startswith("g_r: band r: EXPTIME = -1.0 is not a positive number")


def test_extensions_inherit_from_the_primary_header(write_units):
    path = write_units("m.fits", ("N1", 1, PLANE), primary={"EXPTIME": 30.0, "FILTER": "i", "MAGZERO": 27.5})
    band = _read(path).bands[0]
    assert (band.name, band.calibration.exptime, band.calibration.zeropoint) == ("i", 30.0, 27.5)
