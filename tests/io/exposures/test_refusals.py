"""Every kind of bad input: a flag and one sentence, and the others go on."""

import bz2
import gzip
import pickle

import numpy as np
import pytest
from astropy.io import fits

from skysieve.io.exposures import InputRecipe, list_detectors, read_detector
from skysieve.records import ImageFlag

RECIPE = InputRecipe()
BLOCK = 2880


def _whole(data=None, **cards):
    pixels = np.ones((50, 60), np.float32) if data is None else data
    return b"".join(
        [fits.PrimaryHDU(pixels, fits.Header(cards)).header.tostring().encode(), pixels.byteswap().tobytes()]
    )


UNREADABLE = {
    "empty.fits": (b"", ImageFlag.UNREADABLE, "the file is empty"),
    "text.fits": (b"my notes of the night\n", ImageFlag.UNREADABLE, "is text, not an image"),
    "model.fits": (pickle.dumps([1, 2]), ImageFlag.UNREADABLE, "is a Python pickle"),
    "model.pkl": (pickle.dumps([1, 2], protocol=0), ImageFlag.UNREADABLE, "is a Python pickle"),
    "noise.fits": (bytes(range(1, 30)) * 9, ImageFlag.UNREADABLE, "is neither FITS nor a picture"),
    "half.png": (b"\x89PNG\r\n\x1a\n\x00\x00", ImageFlag.UNREADABLE, "is a damaged picture"),
    "cut.fits": (_whole()[:-3000], ImageFlag.TRUNCATED, "the file ends before its pixels do"),
    "header.fits": (_whole()[:800], ImageFlag.TRUNCATED, "the file ends before its pixels do"),
    "cut.fits.gz": (gzip.compress(_whole())[:-30], ImageFlag.TRUNCATED, "the file ends before its pixels do"),
    "cut.fits.bz2": (bz2.compress(_whole())[:-30], ImageFlag.UNREADABLE, "cannot be read"),
    "nothing.fits": (fits.Header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0}).tostring().encode(), 1, "holds no image"),
    "odd.fits": (_whole().replace(b"NAXIS1  =                   60", b"NAXIS1  =                   AB"), 1, "NAXIS"),
    "spectra.fits": (_whole(np.ones((20, 3, 4), np.float32)), ImageFlag.UNREADABLE, "is a cube of 4 x 3 x 20"),
    "four.fits": (_whole(np.ones((2, 3, 4, 5), np.float32)), ImageFlag.UNREADABLE, "is a cube of 5 x 4 x 3 x 2"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_bad_file_is_a_flagged_item_with_a_sentence_and_the_good_one_goes_on(tmp_path, write_image, name):
    content, flag, sentence = UNREADABLE[name]
    (tmp_path / name).write_bytes(content)
    bad, good = list_detectors([tmp_path / name, write_image("good.fits")], recipe=RECIPE)
    assert (bad.label, bad.bands, bad.shape, bad.flags) == (name, (), (0, 0), ImageFlag(flag))
    assert bad.messages[0].startswith(f"{name}: ")
    assert sentence in bad.messages[0]
    assert read_detector(good, RECIPE).shape == (5, 6)


def test_a_missing_file_and_a_folder_are_flagged_with_what_to_do(tmp_path):
    gone, folder = list_detectors([tmp_path / "gone.fits", tmp_path], recipe=RECIPE)
    assert "there is no such file" in gone.messages[0]
    assert "name the images in it" in folder.messages[0]


def test_reading_an_item_without_bands_repeats_its_sentence(tmp_path):
    (gone,) = list_detectors([tmp_path / "gone.fits"], recipe=RECIPE)
    with pytest.raises(ValueError, match=r"^gone.fits: there is no such file"):
        read_detector(gone, RECIPE)


def test_a_file_that_vanishes_after_listing_is_an_os_error_that_names_it(write_image):
    path = write_image()
    (address,) = list_detectors([path], recipe=RECIPE)
    path.unlink()
    with pytest.raises(OSError, match=r"^img.fits: "):
        read_detector(address, RECIPE)


def test_an_all_nan_image_reads_as_all_bad_zeros(write_image):
    (address,) = list_detectors([write_image(data=np.full((4, 5), np.nan, np.float32))], recipe=RECIPE)
    band = read_detector(address, RECIPE).bands[0]
    assert band.bad.all()
    assert not band.data.any()


def test_infinite_and_huge_pixels_are_bad(write_image):
    data = np.array([[1, np.inf, -np.inf], [np.nan, 1e31, -2]], np.float64)
    (address,) = list_detectors([write_image(data=data)], recipe=RECIPE)
    band = read_detector(address, RECIPE).bands[0]
    np.testing.assert_array_equal(band.bad, [[False, True, True], [True, True, False]])
    np.testing.assert_array_equal(band.data, [[1, 0, 0], [0, 0, -2]])


@pytest.mark.parametrize("data", [np.full((1, 1), 7.0), np.full((9, 8), 7.0)])
def test_constant_and_one_pixel_images_read(write_image, data):
    (address,) = list_detectors([write_image(data=data)], recipe=RECIPE)
    detector = read_detector(address, RECIPE)
    assert detector.shape == data.shape
    assert (detector.bands[0].data == 7).all()


@pytest.mark.parametrize(
    ("cards", "flag", "sentence"),
    [
        ({}, ImageFlag.NO_EXPTIME, "EXPTIME is missing; repair the header or pass --exptime SECONDS"),
        ({"EXPTIME": -5.0}, ImageFlag.BAD_EXPTIME, "EXPTIME = -5.0 is not a positive number"),
        ({"EXPTIME": 0}, ImageFlag.BAD_EXPTIME, "EXPTIME = 0 is not a positive number"),
        ({"EXPTIME": "long"}, ImageFlag.BAD_EXPTIME, "EXPTIME = long is not a positive number"),
        ({"BUNIT": "furlong"}, ImageFlag.BAD_UNIT, "BUNIT = 'furlong' is not a known unit"),
        ({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CD1_1": 0.0}, ImageFlag.BAD_WCS, "world coordinates"),
        ({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": "here"}, ImageFlag.BAD_WCS, "world coordinates"),
        ({"CTYPE1": "RA---ZZZ", "CTYPE2": "DEC--ZZZ"}, ImageFlag.BAD_WCS, "world coordinates"),
    ],
)
def test_a_header_that_tells_wrongly_is_flagged_with_a_sentence(write_image, cards, flag, sentence):
    (address,) = list_detectors([write_image(**cards)], recipe=RECIPE)
    detector = read_detector(address, RECIPE)
    assert flag in detector.flags
    assert any(message.startswith("img.fits: ") and sentence in message for message in detector.messages)


def test_duplicate_extension_names_are_flagged_and_told_apart_by_number(write_units):
    path = write_units("two.fits", ("CCD", 1, np.ones((3, 4))), ("CCD", 1, np.zeros((3, 4))), ("X", 1, np.ones((3, 4))))
    found = list_detectors([path], recipe=RECIPE)
    assert [address.label for address in found] == ["two.fits[1]", "two.fits[2]", "two.fits[3]"]
    twice = ImageFlag.DUPLICATE_EXTNAME
    assert [address.flags for address in found] == [twice, twice, ImageFlag(0)]


def test_only_the_cut_detector_of_a_truncated_mosaic_is_lost(write_units):
    path = write_units("mosaic.fits", *((f"CCD{i}", 1, np.full((40, 50), i, np.float32)) for i in (1, 2, 3)))
    path.write_bytes(path.read_bytes()[: -7 * BLOCK])
    first, second = list_detectors([path], recipe=RECIPE)
    assert [address.flags for address in (first, second)] == [ImageFlag(0), ImageFlag.TRUNCATED]
    assert (read_detector(first, RECIPE).bands[0].data == 1).all()
    assert second.messages[0].startswith("mosaic.fits[2]: the file ends before its pixels do")


def test_a_cut_gzip_mosaic_keeps_the_detectors_before_the_cut(write_units, tmp_path):
    rng = np.random.default_rng(1)
    path = write_units("mosaic.fits", *((f"CCD{i}", 1, rng.normal(size=(60, 70))) for i in (1, 2)))
    packed = tmp_path / "cut.fits.gz"
    packed.write_bytes(gzip.compress(path.read_bytes())[:-6000])
    first, second = list_detectors([packed], recipe=RECIPE)
    assert read_detector(first, RECIPE).shape == (60, 70)
    assert second.flags == ImageFlag.TRUNCATED


def test_damaged_tiles_are_one_sentence(tmp_path):
    path = tmp_path / "img.fits.fz"
    fits.CompImageHDU(np.arange(4000, dtype=np.int32).reshape(40, 100), compression_type="GZIP_1").writeto(path)
    raw = path.read_bytes()
    path.write_bytes(raw[:-BLOCK] + bytes(BLOCK))
    (address,) = list_detectors([path], recipe=RECIPE)
    with pytest.raises(OSError, match=r"^img.fits.fz: the compressed pixels cannot be read"):
        read_detector(address, RECIPE)


def test_a_header_that_hides_where_the_next_unit_begins_costs_only_what_follows(write_units):
    path = write_units("m.fits", *((f"N{i}", 1, np.full((3, 4), i, np.int16)) for i in (1, 2)))
    raw = path.read_bytes()
    second = raw.rindex(b"BITPIX  =                   16")
    path.write_bytes(raw[:second] + b"BITPIX  =                   17" + raw[second + 30 :])
    good, bad = list_detectors([path], recipe=RECIPE)
    assert (read_detector(good, RECIPE).bands[0].data == 1).all()
    assert bad.messages[0].startswith("m.fits[2]: the header's BITPIX is none of the standard's")
