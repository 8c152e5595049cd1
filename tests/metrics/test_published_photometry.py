"""The numbers printed by Boucaud et al. (2020), from their catalog of 4776 blends, with our metrics."""

import csv
import gzip

import numpy as np
import pytest

from skysieve.metrics import (
    bootstrap,
    measure_bias,
    measure_delta_mag,
    measure_mape,
    measure_outlier_fraction,
    measure_sigma_mag,
    select_finite,
)

ZEROPOINT = 25.67  # of the published SExtractor fluxes: g1_sex_mag = 25.67 - 2.5 log10(g1_flux_sex)


@pytest.fixture(scope="module")
def blends(real_data):
    with gzip.open(real_data / "deblending" / "coindeblend_paper_output_catalog.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    numbers = {name: [row[name] or "nan" for row in rows] for name in rows[0] if not name.endswith("type")}
    return {name: np.array(values, dtype=float) for name, values in numbers.items()}


def measure_errors(blends, code):
    return np.concatenate([measure_delta_mag(blends[f"{g}_flux_{code}"], blends[f"{g}_flux"]) for g in ("g1", "g2")])


def test_the_total_flux_error_of_blend2flux_is_that_of_table_2(blends):
    errors = [measure_mape(blends[f"{galaxy}_flux_b2f"], blends[f"{galaxy}_flux"]) for galaxy in ("g1", "g2")]
    assert round(float(np.mean(errors)), 2) == 8.12


@pytest.mark.parametrize("code", ["b2f", "b2m2f"])
def test_networks_are_unbiased_with_a_tenth_of_a_magnitude_and_one_outlier_in_a_thousand(blends, code):
    delta = measure_errors(blends, code)
    assert abs(measure_bias(delta)) < 0.02
    assert round(measure_sigma_mag(delta, statistic="std"), 1) == round(measure_sigma_mag(delta), 1) == 0.1
    assert 0.0005 < measure_outlier_fraction(delta).value < 0.002


def test_source_extractor_finds_three_of_four_pairs_and_scatters_half_a_magnitude(blends):
    pairs = blends["detection"] == 2
    assert pairs.mean() == pytest.approx(0.75, abs=0.01)
    delta = np.concatenate([blends[f"{galaxy}_sex_mag"] - blends[f"{galaxy}_mag"] for galaxy in ("g1", "g2")])
    delta = delta[np.tile(pairs, 2)]
    assert measure_sigma_mag(delta, statistic="std") == pytest.approx(0.55, abs=0.1)
    assert measure_outlier_fraction(delta).value == pytest.approx(0.1, abs=0.03)


def test_magnitudes_of_the_catalog_are_those_of_its_fluxes(blends):
    flux, magnitude = blends["g1_flux_sex"], blends["g1_sex_mag"]
    known = select_finite(flux, magnitude)
    assert np.count_nonzero(~known) == 794  # where only the companion was found
    delta = measure_delta_mag(flux[known], 10 ** (0.4 * (ZEROPOINT - magnitude[known])))
    assert measure_bias(delta, statistic="mean") == pytest.approx(0, abs=0.01)


def test_the_error_by_galaxy_is_larger_than_the_one_by_blend(blends):
    delta = measure_delta_mag(blends["g1_flux_b2f"], blends["g1_flux"])
    by_galaxy = bootstrap(measure_bias, [delta], groups=blends["g1_id"], resamples=300)
    by_blend = bootstrap(measure_bias, [delta], resamples=300)
    assert (by_galaxy.groups, by_blend.groups) == (383, 4776)
    assert by_galaxy.error > 1.5 * by_blend.error
