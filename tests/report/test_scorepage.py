import numpy as np

from skysieve.metrics import measure_reliability
from skysieve.records import Catalog, Column
from skysieve.report.scorefigures import draw_reliability, draw_score_curves, draw_verdicts
from skysieve.report.scorepage import ScoreSummary, ScoreTable, write_score_page


def make_catalog(count):
    rng = np.random.default_rng(0)
    columns = {
        "mag": rng.uniform(18, 24, count), "mag_err": np.full(count, 0.1), "flux_radius": rng.uniform(2, 4, count),
        "psf_fwhm": np.full(count, 4.0), "stellarity": rng.uniform(size=count),
    }  # fmt: skip
    return Catalog(tuple(Column(name, "f8") for name in columns), columns)


def test_each_method_is_a_curve_with_its_name():
    series = {"ours": [(0.9, 0.01), (0.8, 0.02)], "theirs": [(0.7, None), (None, None)]}
    panel = draw_score_curves("score", "caption", label="seeing", edges=[0.5, 1.0, 2.0], series=series)
    assert panel.svg is not None
    assert b"ours" in panel.svg
    assert b"theirs" in panel.svg


def test_bins_without_numbers_are_said_not_drawn():
    panel = draw_score_curves("score", "caption", label="x", edges=[1.0, 2.0], series={"ours": [(None, None)]})
    assert panel.svg is None
    assert "Nothing to draw" in panel.caption


def test_reliability_is_drawn_for_each_method():
    rng = np.random.default_rng(1)
    chance = rng.uniform(size=500)
    panel = draw_reliability(
        "Reliability", "caption", {"ours": measure_reliability(rng.uniform(size=500) < chance, chance)}
    )
    assert panel.svg is not None


def test_verdicts_are_drawn_over_magnitude_and_size():
    assert draw_verdicts("sky", make_catalog(300)).svg is not None
    assert draw_verdicts("sky", make_catalog(0)).svg is None


def test_the_page_needs_no_other_file_and_escapes_what_it_shows(tmp_path):
    table = ScoreTable("Scores", ["name", "value"], [["<b>x</b>", "1"]])
    panel = draw_verdicts("sky", make_catalog(300))
    write_score_page(tmp_path / "report.html", ScoreSummary("A <title>", [table], [panel], {"model": {"name": "m"}}))
    text = (tmp_path / "report.html").read_text()
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "http" not in text.replace("http://www.w3.org", "").replace("http-equiv", "")
