import numpy as np
import pytest

from skysieve.simulate import list_surveys, read_survey
from skysieve.simulate.surveys import measure_sky_level, measure_zeropoint

CASES = [(name, band) for name in list_surveys() for band in read_survey(name).bands]


APERTURES = {"Euclid": 1.3, "HST": 0.24}
"""Diameters [arcsec] in which depths are published; elsewhere they are those of the PSF's noise-equivalent area."""

MARGINS = {"SDSS": 0.75, "Legacy": 0.4, "HST": 0.4}
"""How much deeper stars go than what was published: 95 % completeness, galaxies, light outside of the aperture."""


@pytest.mark.parametrize(("name", "band"), CASES, ids=lambda one: one)
def test_a_star_at_the_published_depth_stands_five_times_above_the_noise(name, band):
    survey = read_survey(name)
    one = survey.bands[band]
    electrons = 10 ** (0.4 * (one.zeropoint - one.depth)) * one.exposure * one.exposures
    area = np.pi / 4 * APERTURES[name] ** 2 if name in APERTURES else 1.3 * 2.266 * one.seeing**2
    level = measure_sky_level(survey, band, exposures=one.exposures) + survey.read_noise**2 * one.exposures
    sigma = np.sqrt(level * area / survey.pixel_scale**2)
    assert 2.5 * np.log10(electrons / sigma / 5) == pytest.approx(MARGINS.get(name, 0), abs=0.6)


def test_the_zeropoint_is_that_of_one_count():
    survey = read_survey("SDSS")
    assert measure_zeropoint(survey, "r", exposures=1) == pytest.approx(25.5 + 2.5 * np.log10(53.9 / 4.6))


@pytest.mark.parametrize("name", list_surveys())
def test_every_survey_names_its_sources(name):
    survey = read_survey(name)
    assert survey.reference in survey.bands
    assert all(len(text) > 20 for text in survey.sources.values())
    assert {"survey", "camera", "zeropoint", "profile"} <= set(survey.sources)


def test_an_unknown_survey_is_refused():
    with pytest.raises(ValueError, match="survey 'POSS' is not known; choose one of Legacy, SDSS, HSC"):
        read_survey("POSS")
