import pytest
from astropy.io.fits import Header

from skysieve.io.exposures.roles import find_role, name_band, name_planes


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("", "science"),
        ("SCI", "science"),
        ("N15", "science"),
        ("CCD07", "science"),
        ("DQ", "mask"),
        ("MASK_3", "mask"),
        ("WHT", "ivar"),
        ("INVVAR", "ivar"),
        ("ERR", "rms"),
        ("VARIANCE", "variance"),
        ("VAR_POISSON", "other"),
        ("CHI2", "other"),
        ("PSF012", "other"),
    ],
)
def test_names_tell_roles(name, role):
    assert find_role(name) == role


@pytest.mark.parametrize(
    ("cards", "band"),
    [
        ({}, ""),
        ({"FILTER": "r"}, "r"),
        ({"FILTER": "z DECam SDSS c0004 9260.0 1520.0"}, "z"),
        ({"FILTER": "Clear"}, "Clear"),
        ({"FILTER": "", "BAND": "g"}, "g"),
        ({"FILTER1": "F606W", "FILTER2": "CLEAR2L"}, "F606W"),
        ({"FILTNAM": "../r'"}, "r"),
        ({"FILTER": 3}, ""),
    ],
)
def test_filters_become_short_clean_names(cards, band):
    assert name_band([Header(cards)]) == band


def test_planes_are_named_by_keywords_letters_or_numbers():
    assert name_planes([Header({"FILTER1": "g", "FILTER2": "r"})], 2) == ("g", "r")
    assert name_planes([Header({"BANDS": "grz"})], 3) == ("g", "r", "z")
    assert name_planes([Header({"BAND1": "g", "BAND2": "g"})], 2) == ("0", "1")
