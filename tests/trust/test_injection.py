from dataclasses import replace

import numpy as np
import pytest
from tests.trust.conftest import FWHM, make_band, make_conditions

from skysieve.records import Detector
from skysieve.simulate import Profiles
from skysieve.trust.injection import inject
from skysieve.trust.moffat import make_moffat
from skysieve.trust.recipe import InjectionRecipe

RECIPE = InjectionRecipe()


def put(detector, profiles, *, recipe=RECIPE, seed=0, **facts):
    psfs = [make_moffat(FWHM, shape=detector.shape)] * len(detector.bands)
    return inject(detector, profiles, psfs, conditions=make_conditions(**facts), recipe=recipe, seed=[seed])


def test_the_image_of_the_user_stays_as_it_is(detector, stars):
    before = detector.bands[0].data.copy()
    put(detector, stars)
    assert np.array_equal(detector.bands[0].data, before)


def test_without_gain_exactly_the_light_is_added(image, stars):
    plain = Detector("plain", (make_band(image),))
    added = put(plain, stars).detector.bands[0].data - image
    assert added.sum(dtype=float) == pytest.approx(4500, rel=2e-3)
    assert np.unravel_index(added.argmax(), added.shape) in {(60, 80), (60, 81)}


def test_with_gain_the_light_has_poisson_noise():
    empty = Detector("empty", (make_band(np.zeros((300, 300)), gain=4.0),))
    side = np.arange(40.0, 280, 40)
    x, y = (axis.ravel() for axis in np.meshgrid(side, side))
    profiles = Profiles(x=x, y=y, flux=np.full(36, 1e5), is_star=np.ones(36, bool))
    sums = [put(empty, profiles, seed=s).detector.bands[0].data.sum(dtype=float) for s in range(60)]
    assert np.std(sums) == pytest.approx(np.sqrt(36 * 1e5 / 4.0), rel=0.3)


def test_bad_pixels_stay_and_good_ones_stop_at_saturation(image, stars):
    bad = np.zeros(image.shape, bool)
    bad[:, :50] = True
    made = put(Detector("cut", (make_band(image, bad=bad, saturation=120.0),)), stars).detector.bands[0].data
    assert (made[:, :50] == 0).all()
    assert made[55:65, 70:90].max() == 120.0


def test_pixels_that_were_saturated_before_keep_their_value(image, stars):
    high = image.copy()
    high[60, 80] = 500.0
    made = put(Detector("high", (make_band(high, saturation=120.0),)), stars).detector.bands[0].data
    assert made[60, 80] == 500.0


def test_bands_get_the_colors_of_the_recipe(image, stars):
    both = Detector("two", (make_band(image), make_band(image, name="g")))
    recipe = replace(RECIPE, colors={"g": 2.5})
    made = put(both, stars, recipe=recipe, band_ratios=(1.0, 3.0)).detector
    light = [(band.data - image).sum(dtype=float) for band in made.bands]
    assert light[1] / light[0] == pytest.approx(0.3, rel=1e-2)
