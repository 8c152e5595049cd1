from dataclasses import replace

import numpy as np
import pytest
from tests.trust.conftest import FWHM, NOISE, make_band, make_conditions

from skysieve.extraction import extract
from skysieve.records import Detector
from skysieve.trust.conditions import measure_conditions, parse_conditions
from skysieve.trust.moffat import make_moffat


def test_psf_depth_and_noise_are_those_of_the_image(detector, found, quick):
    conditions, psfs = measure_conditions(detector, found, quick.chain.extraction, psf=None)
    assert conditions.psf_kind == "measured"
    assert conditions.fwhm == pytest.approx(FWHM, rel=0.1)
    assert conditions.noise == pytest.approx(NOISE, rel=0.05)
    assert conditions.depth == pytest.approx(5 * NOISE * np.sqrt(2.266) * FWHM, rel=0.15)
    assert psfs[0].coefficients[0].sum() == pytest.approx(1.0, abs=1e-4)


def test_a_given_psf_is_taken_as_it_is(detector, quick):
    given = make_moffat(4.0, shape=detector.shape)
    found = extract(detector, quick.chain.extraction, psf=given)
    conditions, psfs = measure_conditions(detector, found, quick.chain.extraction, psf=given)
    assert conditions.psf_kind == "given"
    assert np.array_equal(psfs[0].coefficients, given.coefficients)


def test_without_stars_a_moffat_stands_in(quick):
    noise = np.random.default_rng(3).normal(0, 1, (90, 90))
    empty = Detector("empty", (make_band(noise),))
    conditions, psfs = measure_conditions(
        empty, extract(empty, quick.chain.extraction), quick.chain.extraction, psf=None
    )
    assert (conditions.psf_kind, conditions.fwhm, conditions.calibrated) == ("assumed", 3.0, False)
    assert conditions.zeropoint == 0.0
    assert psfs[0].n_stars == 0


def test_bands_without_zeropoints_get_the_same_signal_to_noise(image, quick):
    both = Detector("two", (make_band(image, name="g"), make_band(5 * image, name="r")))
    conditions, _ = measure_conditions(both, extract(both, quick.chain.extraction), quick.chain.extraction, psf=None)
    assert conditions.band_ratios == pytest.approx((1.0, 5.0), rel=0.02)


def test_bands_with_zeropoints_get_the_same_magnitude(image, quick):
    both = Detector("two", (make_band(image, zeropoint=25.0), make_band(image, name="g", zeropoint=27.5)))
    conditions, _ = measure_conditions(both, extract(both, quick.chain.extraction), quick.chain.extraction, psf=None)
    assert conditions.band_ratios == pytest.approx((1.0, 10.0))


def test_conditions_survive_json():
    facts = replace(make_conditions(), pixel_scale=np.nan)
    again = parse_conditions(facts.to_plain())
    assert np.isnan(again.pixel_scale)
    assert replace(again, pixel_scale=0.0) == replace(facts, pixel_scale=0.0)
