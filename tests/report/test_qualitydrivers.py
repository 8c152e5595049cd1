import numpy as np
import pytest

from skysieve.records import Band
from skysieve.report.qualitydrivers import (
    DriversSummary,
    MarkedDetector,
    PulledPicture,
    draw_cutout,
    draw_pull_map,
    draw_pulls,
    draw_small,
    write_drivers_page,
)
from skysieve.som.lattice import Lattice


def make_summary(**changes):
    cutout = PulledPicture(draw_cutout(np.eye(5, dtype=np.float32)), "ccd 1 <b>", -0.5)
    band = Band("r", np.random.default_rng(0).normal(size=(40, 60)).astype(np.float32), np.zeros((40, 60), bool))
    detector = MarkedDetector("ccd 1", draw_small(band), (40, 60), [(10.0, 5.0, 0.3), (20.0, 8.0, -0.2)])
    panels = [draw_pulls(["ellipticity = 0.3", "cluster 7"], [1.2, -0.3], cause="bt")]
    parts = {
        "title": "Why a.fits is bad", "lead": "a.fits: bad (bt).", "facts": [("P(good)", "0.02")], "panels": panels,
        "cutouts": [cutout], "detectors": [detector], "tables": [("Similar", ("a", "b"), [("x", "y")], "A note.")],
    }  # fmt: skip
    return DriversSummary(**(parts | changes))


def write(tmp_path, summary):
    write_drivers_page(tmp_path / "page.html", summary)
    return (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_page_is_the_same_each_time_and_escapes_texts(tmp_path):
    page = write(tmp_path, make_summary())
    assert page == write(tmp_path, make_summary())
    assert "ccd 1 &lt;b&gt;" in page
    assert "-0.50: ccd 1" in page


def test_marks_stand_where_pictures_show_their_sources(tmp_path):
    """Pictures run upward: y = 5 of 40 rows is 34.5 from the top."""
    page = write(tmp_path, make_summary())
    assert '<circle class="toward" cx="10.5" cy="34.5"' in page
    assert '<circle class="against" cx="20.5" cy="31.5"' in page


def test_a_page_without_sources_says_so(tmp_path):
    nothing = [draw_pulls([], [], cause="bt"), draw_pull_map(np.full(9, np.nan), Lattice((3, 3)), cause="bt")]
    page = write(tmp_path, make_summary(cutouts=[], detectors=[], panels=nothing, tables=[]))
    assert "There is no cutout" in page
    assert page.count("Nothing to draw") == 2


@pytest.mark.parametrize("pulls", [np.array([0.0] * 9), np.array([np.nan, -3.0, *[0.5] * 7])])
def test_a_map_of_pulls_draws_all_neurons_with_sources(pulls):
    assert draw_pull_map(pulls, Lattice((3, 3)), cause="bt").svg.startswith(b"<svg")


def test_cutouts_are_drawn_with_one_stretch():
    sky, star = np.zeros((3, 3), np.float32), np.full((3, 3), 9, np.float32)
    assert draw_cutout(sky) != draw_cutout(star)
    assert draw_cutout(star) == draw_cutout(star + 5)
