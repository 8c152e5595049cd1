import numpy as np
import pytest
from tests.trust.conftest import FWHM, make_detections

from skysieve.simulate import draw_profiles
from skysieve.trust.moffat import make_moffat
from skysieve.trust.truth import measure_true_flux, measure_true_shapes

SHAPE = (120, 160)


@pytest.fixture
def drawn(stars):
    return draw_profiles(stars, make_moffat(FWHM, shape=SHAPE), shape=SHAPE)


def test_a_large_aperture_holds_all_light_and_that_of_one_source_only(drawn, stars):
    wide = make_detections([40.0, 80.5], [60.0, 60.2], [1.0, 1.0])
    wide = wide.with_column(wide.schema[6], np.full(2, 30.0))
    light = measure_true_flux(drawn, np.array([0, 1]), wide)
    assert light == pytest.approx(stars.flux[:2], rel=5e-3)


def test_an_aperture_that_lies_elsewhere_holds_nothing(drawn):
    assert measure_true_flux(drawn, np.array([0]), make_detections([44.0], [75.0], [1.0]))[0] < 5


def test_shapes_are_round_as_wide_as_the_psf_and_nan_below_the_threshold(drawn):
    shapes = measure_true_shapes(drawn, cut=50.0)
    assert shapes.fwhm[1] == pytest.approx(FWHM, rel=0.1)
    assert shapes.b[1] / shapes.a[1] == pytest.approx(1, abs=0.15)
    assert np.isnan(shapes.a[2])
