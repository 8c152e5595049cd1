import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from skysieve.io.exposures import InputRecipe, list_detectors, read_detector
from skysieve.records import ImageFlag

RECIPE = InputRecipe()
COLOR16 = np.arange(2 * 3 * 3, dtype=np.uint16).reshape(2, 3, 3) * 3001 + 5


def _read(path):
    (address,) = list_detectors([path], recipe=RECIPE)
    return read_detector(address, RECIPE)


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _write_png16(path, pixels, color_type):
    rows, columns = pixels.shape[:2]
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", columns, rows, 16, color_type, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def test_the_top_row_of_a_picture_is_row_zero(tmp_path):
    Image.fromarray(np.array([[9, 8], [1, 0]], np.uint8)).save(tmp_path / "p.png")
    detector = _read(tmp_path / "p.png")
    np.testing.assert_array_equal(detector.bands[0].data, [[9, 8], [1, 0]])
    assert detector.bands[0].calibration.saturation == 255


def test_color_planes_are_red_green_blue(tmp_path):
    Image.fromarray(np.full((2, 2, 3), (1, 2, 3), np.uint8)).save(tmp_path / "p.tiff")
    assert [(band.name, band.data[0, 0]) for band in _read(tmp_path / "p.tiff").bands] == [("R", 1), ("G", 2), ("B", 3)]


@pytest.mark.parametrize("alpha", [False, True])
def test_sixteen_bit_color_keeps_both_bytes(tmp_path, alpha):
    pixels = np.dstack([COLOR16, np.full((2, 3), 65535, np.uint16)]) if alpha else COLOR16
    _write_png16(tmp_path / "p.png", pixels, 6 if alpha else 2)
    detector = _read(tmp_path / "p.png")
    np.testing.assert_array_equal(np.dstack([band.data for band in detector.bands]), COLOR16)
    assert detector.bands[0].calibration.saturation == 65535


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_gray_is_one_band(tmp_path, suffix):
    Image.fromarray(COLOR16[..., 0]).save(tmp_path / f"p.{suffix}")
    (band,) = _read(tmp_path / f"p.{suffix}").bands
    np.testing.assert_array_equal(band.data, COLOR16[..., 0])
    assert band.calibration.saturation == 65535


def test_floating_point_tiff_keeps_values_and_has_no_saturation(tmp_path):
    Image.fromarray(np.array([[0.5, -2.25]], np.float32)).save(tmp_path / "p.tif")
    (band,) = _read(tmp_path / "p.tif").bands
    np.testing.assert_array_equal(band.data, [[0.5, -2.25]])
    assert np.isnan(band.calibration.saturation)


@pytest.mark.parametrize(
    ("mode", "names"), [("1", [""]), ("LA", [""]), ("P", ["R", "G", "B"]), ("RGBA", ["R", "G", "B"])]
)
def test_every_mode_of_picture_is_read(tmp_path, mode, names):
    Image.new(mode, (4, 3)).save(tmp_path / "p.png")
    detector = _read(tmp_path / "p.png")
    assert ([band.name for band in detector.bands], detector.shape) == (names, (3, 4))


def test_a_picture_has_no_sky_and_complains_of_nothing(tmp_path):
    Image.new("RGB", (4, 3)).save(tmp_path / "p.jpg")
    detector = _read(tmp_path / "p.jpg")
    assert ImageFlag.NO_WCS in detector.flags
    assert detector.messages == ()


def test_a_picture_cut_off_within_its_pixels_is_one_sentence(tmp_path):
    Image.fromarray(np.random.default_rng(3).integers(0, 255, (64, 64, 3), np.uint8)).save(tmp_path / "p.png")
    (tmp_path / "p.png").write_bytes((tmp_path / "p.png").read_bytes()[:4000])
    (address,) = list_detectors([tmp_path / "p.png"], recipe=RECIPE)
    with pytest.raises(OSError, match=r"^p.png: "):
        read_detector(address, RECIPE)
