import numpy as np
import pytest
from astropy.io.fits import Header

from skysieve.io.exposures.calibration import read_calibration
from skysieve.io.exposures.recipe import InputRecipe
from skysieve.io.exposures.units import parse_unit
from skysieve.records import ImageFlag

RECIPE = InputRecipe()


def _calibrate(cards, recipe=RECIPE, top=np.nan):
    header = Header()
    header.update(cards)
    return read_calibration([header], recipe, top=top)[0]


@pytest.mark.parametrize(
    ("cards", "zeropoint"),
    [
        ({"MAGZERO": 27.5}, 27.5),
        ({"MAGZERO": "27.5"}, 27.5),
        ({"MAGZERO": 0.0, "ZP": 25.0}, 25.0),
        ({"MAGZPT": (25.0, "[mag] Magnitude zero point per sec"), "EXPTIME": 100.0}, 30.0),
        ({"MAGZPT": (25.0, "zero point"), "EXPTIME": 100.0}, 25.0),
        ({"BUNIT": "nanomaggy"}, 22.5),
        ({"BUNIT": "maggies"}, 0.0),
        ({"BUNIT": "Jy"}, 8.9),
        ({"BUNIT": "mJy"}, 16.4),
        ({"BUNIT": "uJy"}, 23.9),
        ({"BUNIT": "nJy"}, 31.4),
        ({"FLUXMAG0": 1e12}, 30.0),
        ({"BUNIT": "ELECTRONS/S", "PHOTFLAM": 7.0723600e-20, "PHOTPLAM": 8047.468423}, 25.940),
        ({"BUNIT": "ELECTRONS", "PHOTFLAM": 7.0723600e-20, "PHOTPLAM": 8047.468423, "EXPTIME": 100.0}, 30.940),
        ({"BUNIT": "MJy/sr", "PIXAR_SR": 2e-14}, 8.9 - 2.5 * np.log10(2e-8)),
        ({"BUNIT": "JY/BEAM"}, np.nan),
        ({"BUNIT": "adu"}, np.nan),
    ],
)
def test_zeropoint_comes_from_keywords_then_from_the_unit(cards, zeropoint):
    np.testing.assert_allclose(_calibrate(cards).zeropoint, zeropoint, atol=6e-3)


@pytest.mark.parametrize(
    ("cards", "gain"),
    [
        ({"GAIN": 2.0}, 2.0),
        ({"GAINA": 4.0, "GAINB": 5.0}, 4.5),
        ({"ARAWGAIN": 4.4, "GAIN": -1}, 4.4),
        ({"BUNIT": "ADU/s", "GAIN": 2.0, "EXPTIME": 30.0}, 60.0),
        ({"BUNIT": "electron", "CCDGAIN": 2.0}, 1.0),
        ({"BUNIT": "e-/s", "EXPTIME": 30.0}, 30.0),
        ({"BUNIT": "nanomaggy", "GAIN": 2.0}, np.nan),
        ({"GAIN": "high"}, np.nan),
    ],
)
def test_gain_is_in_electrons_an_image_unit(cards, gain):
    np.testing.assert_equal(_calibrate(cards).gain, gain)


def test_overrides_win_over_headers_and_lift_the_exposure_flag():
    recipe = InputRecipe(zeropoint=25.0, gain=3.0, exptime=10.0, saturation=5e4)
    found, flags, messages = read_calibration([Header({"EXPTIME": -1, "GAIN": 1.0, "MAGZERO": 9.0})], recipe, top=255.0)
    assert (found.zeropoint, found.gain, found.exptime, found.saturation) == (25.0, 3.0, 10.0, 5e4)
    assert (flags, messages) == (ImageFlag(0), ())


def test_exposure_times_written_as_text_or_in_minutes_are_seconds():
    assert _calibrate({"EXPTIME": "53.907456"}).exptime == 53.907456
    assert _calibrate({"EXPOSURE": (50.0, "Exposure time minutes")}).exptime == 3000.0


def test_saturation_keyword_wins_over_the_top_of_the_type():
    assert _calibrate({"SATURATE": 40000.0}, top=65535.0).saturation == 40000.0
    assert _calibrate({"SATURATE": "none"}, top=65535.0).saturation == 65535.0


@pytest.mark.parametrize("unit", ["DN", "ADU", "adu", "counts", "Counts/sec", "electrons/s", "e-", "ELECTRON", "cps"])
def test_the_many_names_of_counts_are_units(unit):
    assert ImageFlag.BAD_UNIT not in read_calibration([Header({"BUNIT": unit})], RECIPE, top=np.nan)[1]


@pytest.mark.parametrize(
    "unit", ["JY/BEAM", "nanomaggies", "nMgy", "erg/cm**2/s/Angstrom", "MJy/sr", "K", "W m-2 Hz-1"]
)
def test_flux_units_are_units(unit):
    assert parse_unit(unit) is not None


def test_an_empty_unit_is_unknown_not_bad():
    assert ImageFlag.BAD_UNIT not in read_calibration([Header({"BUNIT": "  "})], RECIPE, top=np.nan)[1]
