from dataclasses import replace

import numpy as np
import pytest

from skysieve.quality.census import Census, Place
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.layout import learn_layout, read_layouts, write_layouts
from skysieve.quality.mosaic import check_mosaic

SIDE = 0.15


def make_census(names="ABCD", *, ra=150.0, dec=20.0, turn=0.0, wcs=True, marks=True):
    """Detectors in a row from west to east, the camera turned by an angle [deg]."""
    places = []
    for number, name in enumerate(names):
        seat = "ABCD".index(name)
        offset = (seat - 1.5) * SIDE * np.exp(-1j * np.radians(turn))
        own = (("CCDNUM", str(seat)), ("DETSEC", f"[{seat}:{seat},1:1]")) if marks else ()
        place = Place(name, number + 1, (60, 50), own)
        if wcs:
            east = ra + offset.real / np.cos(np.radians(dec))
            place = replace(place, ra=east % 360, dec=dec + offset.imag, angle=(turn + 180) % 360, side=SIDE)
        places.append(place)
    return Census("CAM", tuple(places))


def learn(**settings):
    pointings = [(10.0, -60.0, 0.0), (359.99, 80.0, 90.0), (200.0, 0.0, 181.0), (30.0, 5.0, 10.0)]
    return learn_layout([make_census(ra=ra, dec=dec, turn=turn, **settings) for ra, dec, turn in pointings])


def check(census, layout):
    return check_mosaic(census, layout, name="a.fits")


@pytest.mark.parametrize("settings", [{}, {"wcs": False}, {"marks": False}, {"wcs": False, "marks": False}])
def test_a_whole_mosaic_has_no_flags_wherever_it_points(settings):
    census = make_census(ra=0.01, dec=-70.0, turn=37.0, **settings)
    assert check(census, learn(**settings)) == (ExposureFlag(0), ())


def test_a_missing_detector_is_named():
    flags, messages = check(make_census("ABD"), learn())
    assert flags == ExposureFlag.MISSING_DETECTORS
    assert messages[0].startswith("a.fits: detectors C are missing")


@pytest.mark.parametrize("settings", [{"marks": False}, {"wcs": False}])
def test_swapped_detectors_are_found_by_coordinates_or_by_marks(settings):
    census = make_census(turn=20.0, **settings)
    a, b, c, d = census.places
    swapped = replace(census, places=(a, replace(c, name="B"), replace(b, name="C"), d))
    flags, messages = check(swapped, learn(**settings))
    assert flags == ExposureFlag.SWAPPED_DETECTORS
    assert "detectors B, C are not where" in messages[0]


def test_without_marks_and_coordinates_the_order_tells_of_a_swap():
    settings = {"wcs": False, "marks": False}
    assert check(make_census("ACBD", **settings), learn(**settings))[0] == ExposureFlag.SWAPPED_DETECTORS
    assert check(make_census("ACBD"), learn())[0] == ExposureFlag(0)


def test_one_odd_exposure_does_not_spoil_the_layout():
    odd = make_census("ABCD")
    odd = replace(odd, places=(replace(odd.places[3], name="A"), *odd.places[1:3], replace(odd.places[0], name="D")))
    layout = learn_layout([odd, make_census(), make_census(turn=5.0)])
    assert check(make_census(dec=-30.0), layout)[0] == ExposureFlag(0)
    assert check(odd, layout)[0] == ExposureFlag.SWAPPED_DETECTORS


def test_repeated_names_and_new_or_reshaped_detectors_are_flagged():
    census = make_census()
    twice = replace(census, places=(*census.places, census.places[0]))
    assert check(twice, learn())[0] == ExposureFlag.DUPLICATE_NAMES
    other = replace(census, places=(*census.places[:3], replace(census.places[3], shape=(9, 9))))
    assert check(other, learn())[0] == ExposureFlag.OTHER_LAYOUT
    new = replace(census, places=(*census.places, Place("X", 9, (60, 50))))
    assert "detectors X are not in" in check(new, learn())[1][0]


def test_two_exposures_do_not_make_a_layout():
    assert learn_layout([make_census()] * 2) is None
    assert check(make_census(), None)[0] == ExposureFlag.NO_LAYOUT
    assert check(make_census("A"), None)[0] == ExposureFlag(0)


def test_cameras_of_one_detector_have_no_layout():
    assert learn_layout([make_census("A")] * 3) is None


def test_layouts_come_back_from_their_file(tmp_path):
    write_layouts({"CAM": learn()}, tmp_path / "layout.json")
    assert read_layouts(tmp_path / "layout.json") == {"CAM": learn()}


@pytest.mark.parametrize("content", ["[]", "{", '{"layouts": 3}'])
def test_what_is_no_file_of_layouts_is_refused(tmp_path, content):
    (tmp_path / "layout.json").write_text(content)
    with pytest.raises(ValueError, match="holds no layouts of cameras"):
        read_layouts(tmp_path / "layout.json")
    with pytest.raises(ValueError, match="cannot be read"):
        read_layouts(tmp_path / "absent.json")
