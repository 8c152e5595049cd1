import numpy as np
import pytest

from skysieve.records import Column, SourceFlag
from skysieve.stellarity.features import COLUMNS, FEATURES, measure_features, measure_log_snr


def put(catalog, name, value, *, row=0):
    column = next(one for one in catalog.schema if one.name == name)
    values = catalog[name].copy()
    values[row] = value
    return catalog.with_column(column, values)


def test_features_have_no_unit_of_flux_or_length(make_sources):
    catalog = make_sources(5, 5)
    lengths = ("psf_fwhm", "flux_radius", "flux_radius_20", "flux_radius_90", "fwhm", "a", "b")
    scaled = catalog
    for name in (*lengths, "flux_kron", "flux_kron_err", "flux_iso", "peak", "npix"):
        factor = 2 if name in lengths else 4 if name == "npix" else 1e-9 / (4 if name == "peak" else 1)
        column = Column(name, "f8")
        scaled = scaled.with_column(column, catalog[name] * float(factor))
    one, other = measure_features(catalog), measure_features(scaled)
    kept = [name for name in FEATURES if name != "psf_fwhm"]
    at = [FEATURES.index(name) for name in kept]
    assert other[:, at] == pytest.approx(one[:, at], abs=1e-5)


def test_a_star_has_the_size_of_the_psf(make_sources):
    width = measure_features(make_sources(20, 0))[:, FEATURES.index("width")]
    assert abs(width.mean()) < 0.02


@pytest.mark.parametrize(
    ("name", "value"),
    [("psf_fwhm", np.nan), ("flux_kron", -1.0), ("spread_model", np.nan), ("flags", int(SourceFlag.SATURATED))],
)
def test_what_cannot_be_judged_has_no_features(make_sources, name, value):
    features = measure_features(put(make_sources(3, 0), name, value))
    assert np.isnan(features[0]).all()
    assert np.isfinite(features[1:]).all()


def test_no_sources_have_no_rows(make_sources):
    assert measure_features(make_sources(0, 0)).shape == (0, len(FEATURES))


def test_the_signal_to_noise_is_known_where_it_is_positive(make_sources):
    log_snr = measure_log_snr(put(make_sources(2, 0, snr=20.0), "flux_kron", -5.0))
    assert np.isnan(log_snr[0])
    assert log_snr[1] == pytest.approx(np.log(20))


def test_a_catalog_without_the_columns_is_refused(make_sources):
    catalog = make_sources(1, 0)
    bare = type(catalog)(catalog.schema[:3], {c.name: catalog[c.name] for c in catalog.schema[:3]})
    with pytest.raises(ValueError, match=f"columns {COLUMNS[0]}.* are missing; give a catalog of skysieve run"):
        measure_features(bare)
