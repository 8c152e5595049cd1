import numpy as np
import pytest

from skysieve.records import Catalog, Column
from skysieve.trust.counts import Counts
from skysieve.trust.recipe import BinningRecipe
from skysieve.trust.scores import compare, find_measured, score, score_pulls
from skysieve.trust.summary import summarize_method


def make_rows(count: int = 2000, *, seed: int = 1, error: float = 1.0) -> Catalog:
    """Injected sources of which every fourth is missed; fluxes are half the true ones, errors right times a factor."""
    rng = np.random.default_rng(seed)
    found = np.arange(count) % 4 > 0
    unknown = np.where(found, 1.0, np.nan)
    flux = rng.uniform(100, 1000, count)
    inside = flux / 2
    values = {
        "mag": -2.5 * np.log10(flux), "flux": flux, "x": rng.uniform(0, 99, count),
        "is_star": np.arange(count) % 2 == 0, "y": rng.uniform(0, 99, count),
        "psf_fwhm": np.full(count, 3.0), "neighbor": rng.uniform(1, 60, count),
        "half_light_radius": rng.uniform(0.5, 5, count), "true_a": np.full(count, 2.0), "true_b": np.full(count, 1.0),
        "true_theta": np.full(count, 80.0), "true_fwhm": np.full(count, 3.0),
        "status_sep": np.where(found, "recovered", "missed").astype(object),
        "flux_inside_sep": inside * unknown, "flux_kron_err_sep": 5 * error * unknown,
        "flux_kron_sep": (inside + rng.normal(0, 5, count)) * unknown, "isolated_sep": found & (flux > 500),
        "x_err_sep": 0.1 * unknown, "y_err_sep": 0.1 * unknown, "fwhm_sep": 3.3 * unknown, "a_sep": 2.2 * unknown,
        "b_sep": 1.1 * unknown, "theta_sep": -85.0 * unknown, "stellarity_sep": rng.uniform(0, 1, count) * unknown,
    }  # fmt: skip
    values["x_sep"] = (values["x"] + rng.normal(0.05, 0.1, count)) * unknown
    values["y_sep"] = (values["y"] + rng.normal(0, 0.1, count)) * unknown
    schema = tuple(Column(n, "str" if v.dtype == object else v.dtype.str[1:]) for n, v in values.items())
    return Catalog(schema, values)


@pytest.fixture(scope="module")
def scores():
    rows = make_rows()
    return score(compare(rows, "sep"), np.ones(len(rows), bool))


def test_completeness_bias_and_coverage_are_those_put_in(scores):
    assert (scores["n"], scores["n_recovered"], scores["completeness"]) == (2000, 1500, 0.75)
    assert scores["completeness_lo"] < 0.75 < scores["completeness_hi"]
    assert scores["flux_bias"] == pytest.approx(0.753, abs=0.01)  # half of the light is lost: positive
    assert scores["outside_bias"] == pytest.approx(0.7526, abs=1e-3)
    assert scores["coverage68"] == pytest.approx(0.68, abs=0.04)
    assert scores["coverage95"] == pytest.approx(0.95, abs=0.02)
    assert scores["pull_sigma"] == pytest.approx(1, abs=0.08)


def test_positions_and_shapes_are_compared_with_the_truth(scores):
    assert scores["x_bias"] == pytest.approx(0.05, abs=0.01)
    assert scores["x_sigma"] == pytest.approx(0.1, rel=0.1)
    assert scores["y_pull_sigma"] == pytest.approx(1, rel=0.1)
    assert scores["fwhm_bias"] == pytest.approx(0.1)
    assert scores["ellipticity_bias"] == pytest.approx(0)
    assert scores["theta_bias"] == pytest.approx(15)  # across the branch cut at 90 degrees


def test_errors_that_are_half_as_large_as_they_should_be_cover_less():
    rows = make_rows(error=0.5)
    assert score(compare(rows, "sep"), np.ones(len(rows), bool))["coverage68"] == pytest.approx(0.38, abs=0.04)


def test_a_bin_without_sources_knows_nothing_and_says_so():
    rows = make_rows(8)
    scores = score(compare(rows, "sep"), np.zeros(8, bool))
    assert scores["n"] == 0
    assert np.isnan(scores["completeness"])
    assert np.isnan(scores["flux_bias"])


def test_pulls_without_a_stated_error_are_counted_apart():
    scores = score_pulls(np.array([0.1, np.nan, -3.0]))
    assert (scores["n_coverage"], scores["n_unknown"], scores["coverage68"]) == (2, 1, 0.5)


def test_a_method_that_was_not_run_has_no_rows_and_no_bins():
    rows = make_rows(20)
    assert len(find_measured(rows, "photutils")) == 0
    assert summarize_method(rows, Counts(), "photutils", recipe=BinningRecipe())["bins"] == []


def test_a_summary_holds_what_the_interface_promises():
    scores = summarize_method(make_rows(), Counts(new={"3": 5}), "sep", recipe=BinningRecipe(least=300))
    wanted = {"mag", "n", "completeness", "completeness_lo", "completeness_hi", "flux_bias", "sigma_mag", "coverage68",
              "coverage95"}  # fmt: skip
    assert all(wanted <= set(one) for one in scores["bins"])
    assert sum(one["n"] for one in scores["bins"]) == 2000
    assert min(one["n"] for one in scores["bins"]) >= 250
    assert {"mag", "n", "purity"} <= set(scores["purity"][0])
    assert scores["reliability"]["stellarity"]["auc"] == pytest.approx(0.5, abs=0.05)
