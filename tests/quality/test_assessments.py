import numpy as np
import pytest
from tests.quality.nights import CCDS, META, NIGHT, make_table, write_exposure, write_night

from skysieve.io.catalogs import write_catalog
from skysieve.quality.assessments import (
    find_layouts,
    find_worst,
    name_cuts,
    name_flags,
    place_detectors,
    read_assessment,
)


def test_exposures_keep_the_order_of_the_table_where_no_time_is_known(tmp_path):
    found = read_assessment(*write_night(tmp_path), folder=None)
    assert found.verdicts["exposure"].tolist() == ["b.fits", "a.fits", "c.fits", "torn.fits"]
    assert found.order == "in the order of the table"


def test_exposures_are_sorted_by_the_time_in_their_headers(tmp_path):
    tables = write_night(tmp_path)
    write_exposure(tmp_path / "b.fits", start="2026-03-01T23:00:00")
    write_exposure(tmp_path / "a.fits", start="2026-03-01T21:00:00")
    found = read_assessment(*tables, folder=tmp_path)
    assert found.verdicts["exposure"].tolist() == ["a.fits", "b.fits", "c.fits", "torn.fits"]
    assert found.order == "by the time at which they began, 2 of unknown time last"


def test_flags_and_cuts_are_told_in_words():
    table = make_table(NIGHT, META)
    assert name_flags(table, 1) == ["dead detectors"]
    assert name_cuts(table, 1) == ["ellipticity"]
    assert name_flags(table, 0) == name_cuts(table, 0) == []


def test_detectors_lie_as_the_headers_say_also_for_exposures_without_a_file(tmp_path):
    found = read_assessment(*write_night(tmp_path), folder=None)
    write_exposure(tmp_path / "a.fits")
    planes = find_layouts(found, tmp_path)
    assert planes["a.fits"].source == "by DETSEC in their headers"
    assert planes["c.fits"] is planes["a.fits"]
    assert "torn.fits" not in planes
    assert find_layouts(found, None)["a.fits"].source.startswith("a grid")


def test_values_come_to_the_places_of_their_detectors(tmp_path):
    found = read_assessment(*write_night(tmp_path), folder=None)
    plane = find_layouts(found, None)["a.fits"]
    assert place_detectors(found, "a.fits", plane, "p_good").tolist() == [0.1, 0.2]
    assert np.isnan(place_detectors(found, "torn.fits", plane, "p_good")).all()


def test_the_worst_detector_has_light(tmp_path):
    found = read_assessment(*write_night(tmp_path), folder=None)
    assert [find_worst(found, name) for name in ("b.fits", "c.fits", "torn.fits")] == ["2", "1", ""]


def test_a_table_of_something_else_is_refused(tmp_path):
    verdicts, ccds = write_night(tmp_path)
    with pytest.raises(ValueError, match="has no column verdict; give the table that skysieve quality assess --out"):
        read_assessment(ccds, None, folder=None)
    with pytest.raises(ValueError, match="has no column ccd"):
        read_assessment(verdicts, verdicts, folder=None)


def test_detectors_of_another_run_are_refused(tmp_path):
    verdicts, ccds = write_night(tmp_path)
    write_catalog(make_table([CCDS[0] | {"exposure": "z.fits"}]), ccds)
    with pytest.raises(ValueError, match=r"detectors of z\.fits"):
        read_assessment(verdicts, ccds, folder=None)
