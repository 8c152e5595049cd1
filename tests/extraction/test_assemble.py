"""From measurements to the catalog."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.extraction.assemble import IDS_PER_IMAGE, fill_identity, make_catalog, measure_magnitudes
from skysieve.records import Calibration, describe_flags

LAYOUT = {"bands": ["r"], "diameters": [5.0], "unit": "nanomaggy", "method": "skysieve"}


def test_columns_stand_in_the_order_of_the_schema_with_unknowns_filled_in():
    values = {"x": np.array([1.5]), **fill_identity("a.fits", np.array([1]), np.array([1]), image_index=0)}
    catalog = make_catalog(values, **LAYOUT)
    assert catalog.names[:4] == ("image", "id", "number", "parent")
    assert (catalog["x"][0], catalog["flags"][0]) == (1.5, 0)
    assert np.isnan(catalog["ra"][0])
    assert all(catalog[c.name].dtype == np.dtype(c.dtype) for c in catalog.schema if c.dtype != "str")


def test_a_column_outside_the_schema_is_refused():
    with pytest.raises(ValueError, match=r"columns \['colour'\] are not in the schema"):
        make_catalog({"id": np.array([1]), "colour": np.array([1.0])}, **LAYOUT)


def test_the_metadata_carry_the_unit_and_the_dictionary_of_flags():
    meta = make_catalog({"id": np.zeros(0, int), "image": np.zeros(0, object)}, **LAYOUT).meta
    assert (meta["flux_unit"], meta["method"]) == ("nanomaggy", "skysieve")
    assert json.loads(meta["flags"]).keys() == describe_flags().keys()


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 50))
def test_ids_are_unique_over_images_and_parents_are_ids(first, second, count):
    number = np.arange(1, count + 1)
    a, b = (fill_identity("i", number, number[::-1], image_index=k) for k in (first, second))
    assert first == second or not set(a["id"].tolist()) & set(b["id"].tolist())
    np.testing.assert_array_equal(a["id"], first * IDS_PER_IMAGE + number)
    np.testing.assert_array_equal(a["parent"], a["id"][::-1])


def test_magnitudes_follow_the_zeropoint():
    flux, error = np.array([1.0, 100.0, 0.0, -5.0, np.nan]), np.full(5, 0.5)
    mag, mag_err = measure_magnitudes(flux, error, Calibration(zeropoint=22.5))
    np.testing.assert_allclose(mag[:2], [22.5, 17.5])
    np.testing.assert_allclose(mag_err[:2], 1.0857 * np.array([0.5, 0.005]), rtol=1e-4)
    assert np.isnan(mag[2:]).all()
    assert np.isnan(mag_err[2:]).all()


def test_without_a_zeropoint_there_is_no_magnitude():
    mag, mag_err = measure_magnitudes(np.ones(1), np.ones(1), Calibration())
    assert np.isnan(mag[0])
    assert np.isnan(mag_err[0])
