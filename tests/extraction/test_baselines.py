"""Plain sep and photutils: their own values, in our columns, and what they cannot give left unknown."""

import sys

import numpy as np
import pytest

from skysieve.extraction import ExtractionRecipe, baselines, extract
from skysieve.extraction.foreign import find_parents, limit_kron, make_footprints
from skysieve.extraction.recipe import BackgroundRecipe, PhotometryRecipe
from skysieve.records import Calibration, Detector, SourceFlag, decode_flags

BASELINES = ("sep", "photutils")


@pytest.fixture(scope="module")
def field(draw_field, add_noise, make_band):
    image = add_noise(draw_field((320, 320), stars=25, galaxies=20, seed=5).image, seed=6, level=100.0)
    return Detector("sim.fits", (make_band(image, calibration=Calibration(gain=3.0, zeropoint=25.0)),))


@pytest.fixture(scope="module")
def ours(field):
    recipe = ExtractionRecipe(
        background=BackgroundRecipe(second_look=False), photometry=PhotometryRecipe(positions="isophotal")
    )
    return extract(field, recipe).catalog


@pytest.fixture(scope="module", params=BASELINES)
def pairs(request, field, ours):
    """Columns of a baseline and of ours for isolated bright sources, matched by place."""
    other = extract(field, ExtractionRecipe(method=request.param)).catalog
    apart = np.hypot(ours["x"][:, None] - ours["x"], ours["y"][:, None] - ours["y"]) + 1e9 * np.eye(len(ours))
    clean = (apart.min(axis=1) > 20) & (ours["flux_kron"] > 10 * ours["flux_kron_err"]) & (ours["flags"] & 15 == 0)
    distance = np.hypot(ours["x"][:, None] - other["x"], ours["y"][:, None] - other["y"])
    return ours.take(clean), other.take(distance.argmin(axis=1)[clean]), request.param


def test_baselines_find_isolated_sources_where_ours_does(pairs):
    mine, theirs, _ = pairs
    assert len(mine) > 12
    assert np.mean(np.hypot(mine["x"] - theirs["x"], mine["y"] - theirs["y"]) < 0.3) > 0.95


@pytest.mark.parametrize(
    ("column", "tolerance"),
    [("flux_iso", 0.02), ("flux_iso_err", 0.02), ("flux_aper2", 0.02), ("flux_aper2_err", 0.03), ("a", 0.03),
     ("b", 0.03), ("peak", 0.01), ("npix", 0.04), ("background_rms", 0.03), ("flux_kron", 0.03)],
)  # fmt: skip
def test_baselines_measure_isolated_sources_as_ours_does(pairs, column, tolerance):
    mine, theirs, _ = pairs
    ratio = theirs[column] / mine[column]
    assert abs(np.median(ratio) - 1) < 0.015
    assert np.mean(np.abs(ratio - 1) < tolerance) > 0.85


def test_what_a_baseline_does_not_give_is_unknown(pairs):
    _, theirs, method = pairs
    assert np.isnan(theirs["stellarity"]).all()
    assert np.isnan(theirs["x_err"]).all() == (method == "photutils")
    assert (theirs["iso0"] == 0).all() == (method == "photutils")


@pytest.mark.parametrize("method", BASELINES)
def test_a_baseline_finds_nothing_in_an_empty_sky(method, add_noise, make_detector):
    recipe = ExtractionRecipe(method=method)
    extraction = extract(make_detector(add_noise(np.zeros((80, 90)), seed=1, level=10.0)), recipe)
    assert len(extraction.catalog) <= 1
    assert extraction.labels.max() == len(extraction.catalog)


def test_plain_sep_says_that_its_buffers_overflow(draw_field, make_detector, monkeypatch):
    monkeypatch.setattr(baselines, "SUB_OBJECTS", 2)
    crowd = make_detector(draw_field((120, 120), stars=60, galaxies=0, seed=1).image)
    with pytest.raises(RuntimeError, match=r"sim.fits: sep gave up \(.*overflow.*use the method skysieve"):
        extract(crowd, ExtractionRecipe(method="sep"))


def test_photutils_that_is_absent_is_named_with_the_way_to_get_it(field, monkeypatch):
    monkeypatch.setitem(sys.modules, "photutils.segmentation", None)
    with pytest.raises(ImportError, match=r"pip install skysieve\[photutils\]"):
        extract(field, ExtractionRecipe(method="photutils"))


@pytest.mark.parametrize("method", BASELINES)
def test_a_baseline_flags_saturated_and_bad_pixels(method, draw_sky, add_noise, make_band):
    sky = draw_sky(100, 100)
    sky.add_gaussian(30, 30, 3e4)
    sky.add_gaussian(70, 70, 3e4)
    image = add_noise(sky.image, seed=2)
    image[30, 30], bad = 9000.0, np.zeros((100, 100), bool)
    bad[70, 72] = True
    band = make_band(image, bad=bad, calibration=Calibration(saturation=5000.0))
    catalog = extract(Detector("d", (band,)), ExtractionRecipe(method=method)).catalog
    near = [catalog.row(int(np.hypot(catalog["x"] - at, catalog["y"] - at).argmin())) for at in (30, 70)]
    assert "saturated" in decode_flags(near[0]["flags"])
    assert "bad_pixels" in decode_flags(near[1]["flags"])


def test_sources_that_touch_share_the_brightest_as_parent():
    labels = np.array([[1, 1, 2, 0, 3], [0, 0, 0, 0, 0], [4, 4, 0, 5, 5]])
    assert find_parents(labels, np.array([1.0, 2.0, 9.0, 1.0, 1.0])).tolist() == [2, 2, 3, 4, 5]


def test_angles_and_widths_of_foreign_methods_keep_to_our_conventions():
    names = ("x", "y", "x2", "y2", "xy", "a", "b", "flux")
    values = {name: np.ones(3) for name in names} | {name: np.zeros(3, int) for name in ("peak_x", "peak_y")}
    values |= {"theta": np.radians([350.0, 100.0, 90.0]), "fwhm": np.array([-6957.0, 0.0, 2.5])}
    footprints = make_footprints(values, np.array([[1, 2, 3]]))
    assert np.degrees(footprints.theta) == pytest.approx([-10, -80, 90])
    assert footprints.fwhm == pytest.approx([np.nan, np.nan, 2.5], nan_ok=True)


@pytest.mark.parametrize("method", BASELINES)
def test_angles_of_a_baseline_lie_within_a_quarter_turn(field, method):
    assert np.abs(extract(field, ExtractionRecipe(method=method)).catalog["theta"]).max() <= 90


def test_the_kron_ellipse_has_a_smallest_size():
    factor = limit_kron(np.array([np.nan, 1.0, 2.0]), ExtractionRecipe())
    assert factor.tolist() == [3.5, 3.5, 5.0]


def test_plain_sep_tells_where_no_kron_radius_was_measured(field):
    catalog = extract(field, ExtractionRecipe(method="sep")).catalog
    fallback = (catalog["flags"] & int(SourceFlag.KRON_FALLBACK)) > 0
    assert np.allclose(catalog["kron_radius"][fallback], 3.5)
