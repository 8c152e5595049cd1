import io

import numpy as np
from PIL import Image

from skysieve.records import PsfModel
from skysieve.report.fieldmaps import draw_psf_field, draw_psf_stamps


def test_psf_stamps_lie_where_the_field_is_with_y_upward():
    stamp = np.zeros((3, 3, 3))
    stamp[:, 1, 1], stamp[:, 1, 2] = (0.5, -0.5, 0.0), (0.5, 0.5, 0.0)  # to the right of the field, light moves right
    drawn = np.asarray(Image.open(io.BytesIO(draw_psf_stamps(PsfModel(stamp, 1, (30, 90), 5, 2.0)))).convert("L"))
    centers = drawn[2::5, 2::5].astype(int)
    assert (centers == centers[0]).all()
    assert (np.diff(centers[0]) < 0).all()


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
