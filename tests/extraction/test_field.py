"""Polynomials over the detector."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.extraction.field import count_degree, evaluate_field, fit_field, list_terms

SHAPE = (101, 201)
X, Y = np.random.default_rng(0).uniform(0, 100, (2, 60))


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_the_number_of_terms_tells_the_degree(degree):
    terms = list_terms(X, Y, shape=SHAPE, degree=degree)
    assert terms.shape[1] == (degree + 1) * (degree + 2) // 2
    assert count_degree(terms.shape[1]) == degree


def test_terms_run_one_u_v_uu_uv_vv_over_minus_one_to_one():
    terms = list_terms(np.array([200.0, 50.0]), np.array([0.0, 50.0]), shape=SHAPE, degree=2)
    np.testing.assert_allclose(terms, [[1, 1, -1, 1, -1, 1], [1, -0.5, 0, 0.25, 0, 0]])


@given(st.lists(st.floats(-5, 5), min_size=6, max_size=6))
def test_a_fit_returns_the_polynomial_it_was_given(coefficients):
    values = list_terms(X, Y, shape=SHAPE, degree=2) @ np.array(coefficients)
    np.testing.assert_allclose(fit_field(values, X, Y, shape=SHAPE, degree=2), coefficients, atol=1e-9)


def test_beyond_the_detector_values_stay_as_on_its_border():
    far = evaluate_field(np.array([0.0, 1.0, 0.0]), np.array([200.0, 1e6]), np.array([3.0, 3.0]), shape=SHAPE)
    assert far.tolist() == [1.0, 1.0]


def test_a_detector_one_pixel_wide_divides_by_nothing():
    assert np.isfinite(list_terms(np.zeros(2), np.arange(2.0), shape=(2, 1), degree=3)).all()
