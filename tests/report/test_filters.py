import math

import pytest

from skysieve.report.filters import choose_red_green_blue, measure_wavelength


@pytest.mark.parametrize(
    "names",
    [
        ["g", "r", "i"],
        ["decam-G", "sdss_r", "HSC-Y"],
        ["F435W", "F606W", "F160W"],
        ["B", "V", "Ks"],
        ["g'", "r'", "i'"],
    ],
)
def test_known_filters_given_blue_to_red_are_turned_around(names):
    assert choose_red_green_blue(names) == (2, 1, 0)


def test_unknown_filters_stay_as_given():
    assert choose_red_green_blue(["plate", "clear", "g"]) == (0, 1, 2)


def test_channels_of_a_picture_stay_red_green_blue():
    assert choose_red_green_blue(["R", "G", "B"]) == (0, 1, 2)


def test_a_name_without_a_filter_has_no_wavelength():
    assert math.isnan(measure_wavelength("telescope 2"))


def test_two_bands_make_no_color_picture():
    with pytest.raises(ValueError, match="2 bands cannot make a color picture"):
        choose_red_green_blue(["g", "r"])
