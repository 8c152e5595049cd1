import re
from dataclasses import replace

import numpy as np
import pytest

from skysieve.records import Band, Detector, make_empty_catalog
from skysieve.report import draw_preview
from skysieve.report.trustpage import TrustPicture, TrustSummary, render_trust_page, write_trust_page

SHARE = {"n_coverage": 90, "n_unknown": 0, "coverage68": 0.66, "coverage68_lo": 0.61, "coverage68_hi": 0.71,
         "coverage95": 0.94, "coverage95_lo": 0.91, "coverage95_hi": 0.97, "pull_median": 0.1,
         "pull_sigma": 1.05}  # fmt: skip


def make_bin(mag: float, completeness: float | None) -> dict:
    """One bin as trust.json holds it; without a completeness, one in which nothing was found."""
    shapes = {
        f"{name}_{what}": 0.1 for name in ("fwhm", "a", "b", "ellipticity", "theta") for what in ("bias", "sigma")
    }
    places = {f"{axis}_{what}": 0.02 for axis in "xy" for what in ("bias", "sigma", "pull_sigma")}
    scores = {"flux_bias": 0.05, "flux_bias_err": 0.01, "sigma_mag": 0.1, "outside_bias": 0.05, **places, **shapes}
    if completeness is None:
        scores = dict.fromkeys(scores)
    share = {"completeness": completeness or 0.0, "completeness_lo": 0.0, "completeness_hi": 1.0, "blended": 0.1}
    return {"mag": mag, "mag_lo": mag - 0.5, "mag_hi": mag + 0.5, "n": 300, "n_recovered": 200, **share, **scores,
            **SHARE, "isolated": dict(SHARE), "distance": mag, "size": mag}  # fmt: skip


def make_scores() -> dict:
    """Scores of one method."""
    bins = [make_bin(20.0, 0.9), make_bin(21.0, 0.1), make_bin(22.0, None)]
    half = {"mag": 20.5, "mag_lo": 20.4, "mag_hi": 20.6}
    purity = {"mag": 20.0, "mag_lo": 19.5, "mag_hi": 20.5, "n": 30, "n_spurious": 1, "purity": 0.97, "purity_lo": 0.95,
              "purity_hi": 0.99, "n_catalog": 40, "n_negated": 2, "n_blank": 0}  # fmt: skip
    probability = {"low": 0.0, "high": 0.1, "n": 50, "probability": 0.05, "fraction": 0.1, "error": 0.05}
    return {
        "n": 900, "bins": bins, "purity": [purity], "purity_overall": purity, "overall": bins[0],
        "completeness50": {"all": half, "stars": half, "galaxies": dict.fromkeys(half)}, "stars": bins,
        "galaxies": bins, "neighbor": bins, "size": bins,
        "detections": {"edges": [19.0, 20.0], "catalog": [40], "negated": [2], "blank": [0]},
        "pulls": {"edges": [-1.0, 0.0, 1.0], "all": [60, 50], "isolated": [40, 50]},
        "reliability": {"stellarity": {"n": 50, "calibration_error": 0.05, "auc": None, "bins": [probability]}},
    }  # fmt: skip


@pytest.fixture
def summary():
    facts = {"n_sources": 5, "depth_mag": 21.0, "conditions": {"fwhm": 3.0, "psf_kind": "measured"}}
    image = {"image": "<i>night.fits", "n": 900, "rounds": 2, "facts": facts, "flags": ["no_wcs"], "messages": [],
             "methods": {"skysieve": make_scores()}}  # fmt: skip
    content = {"verdict": "Completeness falls <b>", "cautions": [{"weight": "problem", "text": "bad & worse"}],
               "failures": ["Flux errors fail."], "calibrated": True, "images": [image],
               "methods": {"skysieve": make_scores(), "photutils": {"n": 0, "bins": [], "purity": []}}}  # fmt: skip
    band = Band("r", np.random.default_rng(1).normal(0, 1, (60, 80)).astype(np.float32), np.zeros((60, 80), bool))
    preview = draw_preview(Detector("<i>night.fits", (band,)), None, make_empty_catalog(()))
    at = np.array([10.0, 40.0, 79.0])
    status = np.array(["recovered", "blended", "missed"], object)
    picture = TrustPicture(preview, at, at / 2, at, status)
    return TrustSummary("<i>night.fits", content, [picture], {"seed": 1}, {"scores": "trust.json"})


def test_the_page_shows_figures_tables_and_marks(summary):
    page = render_trust_page(summary)
    assert page.count("<figcaption>") == 15
    assert [page.count(f'class="m {status}"') for status in ("recovered", "blended", "missed")] == [1, 1, 1]
    assert "20.50 ± 0.10" in page
    assert 'href="trust.json"' in page


def test_texts_of_the_input_are_escaped(summary):
    page = render_trust_page(summary)
    assert "<i>" not in page
    assert "&lt;i&gt;night.fits" in page
    assert "bad &amp; worse" in page


def test_the_page_needs_nothing_but_itself(summary):
    page = render_trust_page(summary)
    assert not re.search(r"(src|href)=\"https?:", page)


def test_without_any_image_the_page_says_so(summary, tmp_path):
    nothing = {"n": 0, "bins": [], "purity": []}
    content = {**summary.content, "methods": {"skysieve": nothing}, "images": []}
    write_trust_page(tmp_path / "trust.html", replace(summary, content=content, pictures=[]))
    page = (tmp_path / "trust.html").read_text(encoding="utf-8")
    assert "Nothing to draw" in page
    assert "No image was drawn" in page
