import json

import pytest
from tests.quality.nights import write_exposure, write_night

from skysieve.cli.main import invoke
from skysieve.quality.assess_report import count_verdicts, list_exposures, make_night, summarize_assessment
from skysieve.quality.assessments import read_assessment
from skysieve.quality.galleries import Looker
from skysieve.report.qualitypage import render_quality_page


@pytest.fixture
def night(tmp_path):
    return read_assessment(*write_night(tmp_path), folder=None)


def summarize(night, looker=None):
    return summarize_assessment(night, title="A night", looker=looker or Looker(), on_done=lambda _: None)


def test_verdicts_are_counted_by_cause(night):
    table = count_verdicts(night)
    cells = {row[0][1]: dict(zip(table.head, (text for _, text in row), strict=True)) for row in table.rows}
    assert cells["bad"]["exposures"] == "2"
    assert (cells["bad"]["bad tracking"], cells["bad"]["other"], cells["hole"]["other"]) == ("1", "1", "1")
    assert cells["acceptable"]["good"] == ""


def test_each_exposure_is_a_row_with_flags_in_words(night):
    table = list_exposures(night)
    row = dict(zip(table.head, table.rows[1], strict=True))
    assert row["cause"] == ("bad tracking", "bad tracking")
    assert (row["flags"][1], row["cuts failed"][1]) == ("dead detectors", "ellipticity")
    assert row["lost [s]"] == (50.0, "50.0")
    assert dict(zip(table.head, table.rows[3], strict=True))["P(good)"] == ("", "")


def test_partly_failing_exposures_are_mapped_first(night):
    maps = summarize(night).maps
    assert [one.name for one in maps] == ["c.fits", "a.fits", "b.fits"]
    assert "1: P(good) 0.300" in maps[0].drawing
    assert "2: no light" in maps[0].drawing


def test_losses_that_the_table_has_are_drawn(night):
    assert set(make_night(night).lost) == {"seeing", "tracking"}
    assert "seeing 15 s" in summarize(night).panels[1].caption


def test_cases_show_pictures_of_their_worst_detector(night, tmp_path):
    write_exposure(tmp_path / "b.fits")
    cases = {case.name: case for case in summarize(night, Looker(tmp_path, side=32)).cases}
    assert set(cases) == {"b.fits", "a.fits", "c.fits"}
    assert cases["b.fits"].pictures[0][0] == "Detector 2, 60 x 50 pixels"
    assert cases["a.fits"].pictures == []


def test_the_page_tells_all_and_escapes_what_files_say(night):
    text = render_quality_page(summarize(night))
    assert "cannot be &lt;b&gt;read&lt;/b&gt;" in text
    assert "<b>read" not in text
    assert text == render_quality_page(summarize(night))


def test_without_detectors_there_are_no_maps(tmp_path):
    verdicts, _ = write_night(tmp_path)
    page = render_quality_page(summarize(read_assessment(verdicts, None, folder=None)))
    assert "the table of detectors was not given" in page


def test_the_command_writes_the_page(tmp_path, capsys):
    verdicts, ccds = write_night(tmp_path)
    out = tmp_path / "page.html"
    assert invoke(["quality", "show", str(verdicts), "--ccds", str(ccds), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["focal_planes"] == 3
    assert "A part" not in out.read_text()
