import numpy as np
import pytest
from tests.trust.conftest import make_band

from skysieve.extraction import ExtractionRecipe, extract
from skysieve.records import Detector
from skysieve.trust.skies import LAGS, make_blank_sky, make_noise, measure_correlation, negate


@pytest.fixture(scope="module")
def correlated():
    """Noise of which neighbors share half their variance, with a bright source."""
    white = np.random.default_rng(1).normal(0, 1, (300, 301))
    noise = (white[:, 1:] + white[:, :-1]) / np.sqrt(2) * 3 + 100
    noise[100:110, 100:110] += 500
    return Detector("noise", (make_band(noise, gain=1.0, saturation=1e4),))


def test_the_negative_of_the_negative_is_the_image(correlated):
    turned = negate(correlated)
    assert np.array_equal(negate(turned).bands[0].data, correlated.bands[0].data)
    assert np.isnan(turned.bands[0].calibration.saturation)


def test_correlation_is_measured_between_sources_and_made_again(correlated):
    rng = np.random.default_rng(2)
    wanted = np.zeros((2 * LAGS + 1, 2 * LAGS + 1))
    wanted[LAGS, LAGS], wanted[LAGS, LAGS - 1], wanted[LAGS, LAGS + 1] = 1, 0.4, 0.4
    noise = make_noise((400, 500), wanted, rng=rng)
    again = measure_correlation(noise, np.ones(noise.shape, bool))
    assert again[LAGS, LAGS + 1] == pytest.approx(0.4, abs=0.03)
    assert again[LAGS + 1, LAGS] == pytest.approx(0.0, abs=0.03)


def test_a_blank_sky_has_the_images_noise_and_no_source(correlated):
    sky = make_blank_sky(correlated, ExtractionRecipe(), seed=(1, 2)).bands[0].data
    assert sky.std() == pytest.approx(3, rel=0.05)
    assert sky.mean() == pytest.approx(100, abs=0.5)
    assert sky.max() < 130
    found = measure_correlation((sky - 100) / 3, np.ones(sky.shape, bool))
    assert found[LAGS, LAGS + 1] == pytest.approx(0.5, abs=0.06)
    assert len(extract(Detector("sky", (make_band(sky),)), ExtractionRecipe()).catalog) < 5


def test_bad_pixels_stay_bad(correlated):
    bad = np.zeros((300, 300), bool)
    bad[:50] = True
    cut = Detector("cut", (make_band(correlated.bands[0].data, bad=bad),))
    sky = make_blank_sky(cut, ExtractionRecipe(), seed=(3,))
    assert (sky.bands[0].data[:50] == 0).all()
    assert sky.bands[0].bad is cut.bands[0].bad


def test_too_few_pixels_are_taken_for_white_noise():
    found = measure_correlation(np.ones((20, 20)), np.zeros((20, 20), bool))
    assert found.sum() == found[LAGS, LAGS] == 1
