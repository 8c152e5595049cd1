import math

import numpy as np
import pytest
from astropy.io import fits

from skysieve.io.exposures.layout import read_layout, read_start


def write(path, cards, *, primary=()):
    """A file of a detector of 20 x 10 pixels for each set of cards."""
    planes = []
    for own in cards:
        plane = fits.ImageHDU(np.zeros((10, 20), np.float32))
        plane.header.update(own)
        planes.append(plane)
    first = fits.PrimaryHDU()
    first.header.update(dict(primary))
    fits.HDUList([first, *planes]).writeto(path, overwrite=True)
    return path


def make_sky(dec):
    return {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": dec, "CRPIX1": 10.5, "CRPIX2": 5.5,
            "CD1_1": -0.01, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 0.01}  # fmt: skip


def test_sections_of_the_focal_plane_are_read_whichever_way_they_run(tmp_path):
    path = write(tmp_path / "a.fits", [{"DETSEC": "[1:20,1:10]"}, {"DETSEC": "[40:21,10:1]"}])
    places, source = read_layout(path)
    assert source == "DETSEC"
    assert places["2"].tolist() == [[21, 1], [40, 1], [40, 10], [21, 10]]


def test_world_coordinates_tell_where_detectors_lie_north_up_and_east_to_the_left(tmp_path):
    places, source = read_layout(write(tmp_path / "a.fits", [make_sky(2.0), make_sky(2.2)]))
    assert source == "WCS"
    middles = {name: corners.mean(axis=0) for name, corners in places.items()}
    assert middles["2"] - middles["1"] == pytest.approx([0, 0.2], abs=1e-4)
    assert places["1"][1] - places["1"][0] == pytest.approx([0.19, 0], abs=1e-4)


@pytest.mark.parametrize("cards", [
    [{"DETSEC": "[1:20,1:10]"}, {}], [{"DETSEC": "[1:20,1:10]"}] * 2, [make_sky(2.0)] * 2, [{}], [],
])  # fmt: skip
def test_a_layout_that_is_not_whole_is_none(tmp_path, cards):
    assert read_layout(write(tmp_path / "a.fits", cards)) == ({}, "")


@pytest.mark.parametrize("cards", [
    {"MJD-OBS": 61100.5}, {"DATE-OBS": "2026-03-01T12:00:00"}, {"DATE-OBS": "2026-03-01", "TIME-OBS": "12:00:00"},
])  # fmt: skip
def test_the_start_is_read_from_any_of_the_usual_keywords(tmp_path, cards):
    assert read_start(write(tmp_path / "a.fits", [], primary=cards)) == pytest.approx(61100.5)


@pytest.mark.parametrize("cards", [{}, {"DATE-OBS": "yesterday"}, {"DATE-OBS": "2026-03-01"}])
def test_an_unknown_start_is_nan(tmp_path, cards):
    assert math.isnan(read_start(write(tmp_path / "a.fits", [], primary=cards)))


def test_a_torn_file_tells_nothing(tmp_path):
    (tmp_path / "torn.fits").write_bytes(b"SIMPLE  =                    T")
    assert read_layout(tmp_path / "torn.fits") == ({}, "")
    assert math.isnan(read_start(tmp_path / "torn.fits"))
