import numpy as np
import pytest

from skysieve.report.quantities import (
    get_flags,
    get_numbers,
    measure_brightness,
    measure_magnitudes,
    select_stars,
)


def test_absent_columns_are_unknown_numbers_and_no_flags(make_catalog):
    catalog = make_catalog(2)
    assert np.isnan(get_numbers(catalog, "seeing")).all()
    assert get_flags(catalog, ignore=1024).tolist() == [0, 0]


def test_without_a_zeropoint_magnitudes_are_instrumental_and_labeled_so(make_catalog):
    magnitudes = measure_magnitudes(make_catalog(1))
    assert magnitudes.values[0] == pytest.approx(-7.5)
    assert magnitudes.errors[0] == pytest.approx(0.010857)
    assert magnitudes.label.startswith("instrumental")


def test_calibrated_magnitudes_are_taken_as_they_are(make_catalog):
    catalog = make_catalog(2)
    catalog["mag"][0] = 20.5
    magnitudes = measure_magnitudes(catalog)
    assert magnitudes.calibrated
    np.testing.assert_array_equal(magnitudes.values, [20.5, np.nan])


def test_a_source_without_flux_is_ranked_by_its_peak_and_else_last(make_catalog):
    catalog = make_catalog(3)
    catalog["flux_kron"][:] = [5.0, np.nan, np.nan]
    catalog["peak"][1] = 9.0
    catalog["npix"][2] = -1
    assert np.argsort(-measure_brightness(catalog)).tolist() == [1, 0, 2]


def test_stars_are_pointlike_bright_and_unflagged(make_catalog):
    catalog = make_catalog(5)
    catalog["stellarity"][0] = np.nan
    catalog["flags"][:] = [0, 4, 1024, 0, 0]
    catalog["flux_kron_err"][3] = 1000.0
    assert select_stars(catalog).tolist() == [False, False, True, False, True]
