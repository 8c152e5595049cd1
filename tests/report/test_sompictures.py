"""Neurons and images as small pictures."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from skysieve.report.sompictures import (
    Range,
    encode_image,
    encode_picture,
    make_palette,
    measure_ranges,
    shrink,
    stretch_values,
)


def decode(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))


@pytest.mark.parametrize("stretch", ["asinh", "sqrt", "linear"])
def test_every_stretch_runs_from_dark_to_bright_and_never_back(stretch):
    bright = stretch_values(np.linspace(-1, 3, 50), Range(0.0, 2.0), stretch)
    assert (np.diff(bright) >= 0).all()
    assert (bright[0], bright[-1]) == (0, 1)


def test_faint_light_is_lifted_most_by_asinh():
    faint = [float(stretch_values(np.array([0.02]), Range(0.0, 1.0), how)[0]) for how in ("linear", "sqrt", "asinh")]
    assert faint[0] == pytest.approx(0.02)
    assert faint[1] > faint[0] < faint[2]


def test_ranges_are_those_of_each_channel_and_ignore_bad_pixels():
    pictures = np.zeros((2, 3, 4, 4))
    pictures[0, 0] = np.linspace(0, 10, 16).reshape(4, 4)
    pictures[0, 1], pictures[0, 2] = -5.0, np.nan
    pictures[0, 0, 0, 0] = np.inf
    first, second, third = measure_ranges(pictures)
    assert first.low == 0
    assert first.high == pytest.approx(10, rel=0.05)
    assert second.low == -5 < second.high
    assert third == Range(0.0, 1.0)
    assert measure_ranges(np.full((1, 1, 2, 2), np.nan)) == [Range(0.0, 1.0)]


def test_row_0_lies_at_the_bottom_and_unknown_pixels_are_gray():
    pixels = np.array([[0.0, 1.0], [np.nan, 0.0]])
    picture = decode(encode_picture(pixels, Range(0.0, 1.0), channel=0, stretch="linear"))
    assert (picture[1, 1] == make_palette(0)[254]).all()
    assert picture[0, 0].tolist() == [128, 128, 128]


def test_channels_have_their_own_colors_and_start_again_after_four():
    assert (make_palette(0) != make_palette(1)).any()
    assert (make_palette(0) == make_palette(4)).all()


def test_an_image_is_shown_on_its_own_scale_however_faint():
    image = np.zeros((2, 9, 9))
    image[0, 4, 4], image[1, 2, 2] = 1e-6, 1e6
    for number, png in enumerate(encode_image(image, side=20)):
        assert (decode(png) == make_palette(number)[254]).all(axis=-1).sum() == 1


def test_large_pictures_are_averaged_and_bad_pixels_left_out():
    pixels = np.ones((1, 10, 10))
    pixels[0, 0, 0], pixels[0, 5:, 5:] = np.nan, np.nan
    small = shrink(pixels, side=5)
    assert small.shape == (1, 5, 5)
    assert small[0, 0, 0] == 1
    assert np.isnan(small[0, -1, -1])
    assert shrink(pixels, side=10).shape == (1, 10, 10)
