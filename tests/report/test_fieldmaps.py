import numpy as np
import pytest

from skysieve.records import PsfModel
from skysieve.report.fieldmaps import draw_psf_field, evaluate_terms


def test_a_linear_psf_varies_with_u_then_v():
    terms = np.stack([np.full((1, 1), value) for value in (1.0, 0.1, 0.01)])
    assert evaluate_terms(PsfModel(terms, 1, (9, 9), 5, 2.0), 1.0, -1.0)[0, 0] == pytest.approx(1.09)


def test_terms_of_degree_two_run_uu_uv_vv():
    terms = np.zeros((6, 1, 1))
    terms[3:, 0, 0] = [1.0, 10.0, 100.0]
    assert evaluate_terms(PsfModel(terms, 2, (9, 9), 5, 2.0), 2.0, 3.0)[0, 0] == pytest.approx(4 + 60 + 900)


def test_four_stars_are_too_few_for_a_map_and_five_are_enough(make_catalog):
    assert draw_psf_field(make_catalog(4), (80, 100)) is None
    svg = draw_psf_field(make_catalog(5), (80, 100))
    assert b"median FWHM [pixel]" in svg
    assert b"ellipticity 0.1" in svg


def test_stars_of_unknown_shape_still_map_the_fwhm(make_catalog):
    catalog = make_catalog(8)
    catalog["ellipticity"][:] = np.nan
    svg = draw_psf_field(catalog, (80, 100))
    assert b"median FWHM" in svg
    assert b"ellipticity" not in svg
