from dataclasses import replace

import numpy as np
import pytest
from tests.trust.conftest import make_conditions

from skysieve.trust.population import count_rounds, draw_population, measure_range, measure_spacing
from skysieve.trust.recipe import InjectionRecipe, TrustRecipe

GOOD = np.zeros((300, 400), bool)


def test_a_round_is_the_same_whenever_it_is_drawn():
    first, second = (draw_population(3, make_conditions(), TrustRecipe(), bad=GOOD, image_index=2) for _ in range(2))
    other = draw_population(3, make_conditions(), TrustRecipe(), bad=GOOD, image_index=1)
    assert np.array_equal(first.profiles.flux, second.profiles.flux)
    assert not np.array_equal(first.profiles.flux[:5], other.profiles.flux[:5])


def test_grids_and_random_places_take_turns():
    placements = [draw_population(k, make_conditions(), TrustRecipe(), bad=GOOD).placement for k in range(4)]
    assert placements == ["grid", "random", "grid", "random"]


def test_magnitudes_and_sizes_stay_in_their_ranges():
    recipe = TrustRecipe(injection=InjectionRecipe(slope=0.3, sizes=(0.5, 2.0), stars=0.3))
    profiles = draw_population(0, make_conditions(), recipe, bad=np.zeros((2000, 2000), bool)).profiles
    mag, low_high = 25 - 2.5 * np.log10(profiles.flux), measure_range(make_conditions(), recipe.injection)
    sizes = profiles.half_light_radius[~profiles.is_star]
    assert low_high[0] <= mag.min()
    assert mag.max() <= low_high[1]
    assert np.median(mag) > np.mean(low_high) + 1  # rising counts
    assert 1.5 <= sizes.min() < 1.7
    assert 5.5 < sizes.max() <= 6.0
    assert profiles.is_star.mean() == pytest.approx(0.3, abs=0.05)


def test_the_brightest_stars_stay_below_saturation():
    facts = make_conditions(brightest=2000.0)
    bright, faint = measure_range(facts, InjectionRecipe(saturation_share=0.5))
    assert 10 ** (-0.4 * (bright - 25)) == pytest.approx(1000.0)
    assert faint == pytest.approx(facts.depth_mag + 2)


def test_a_magnitude_of_room_is_left_where_everything_saturates():
    bright, faint = measure_range(make_conditions(brightest=1.0), InjectionRecipe())
    assert faint - bright == pytest.approx(1.0)


def test_large_galaxies_are_kept_apart():
    recipe = InjectionRecipe(sizes=(1.0, 40.0), size_unit="pixel")
    assert measure_spacing(make_conditions(), recipe) == 160.0


def test_small_images_take_more_rounds_up_to_the_limit():
    rounds = [count_rounds((n, n), make_conditions(), InjectionRecipe(count=500)) for n in (4000, 500, 30)]
    assert rounds[0] == 2
    assert 2 < rounds[1] < 200
    assert rounds[2] == 200


def test_sizes_in_arcsec_need_a_pixel_scale():
    recipe = replace(TrustRecipe(), injection=InjectionRecipe(size_unit="arcsec"))
    with pytest.raises(ValueError, match="need sky coordinates"):
        draw_population(0, make_conditions(pixel_scale=np.nan), recipe, bad=GOOD)
