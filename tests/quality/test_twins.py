import numpy as np

from skysieve.quality.twins import measure_twins


def draw(count, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 500, (count, 2)), rng.uniform(1, 10, count)


def test_a_telescope_that_jumped_gives_every_star_a_twin_at_one_separation():
    places, flux = draw(30)
    both, light = np.concatenate([places, places + np.array([12.0, 16.0])]), np.concatenate([flux, 0.7 * flux])
    twins, length = measure_twins(both, light, fwhm=4.0, pixels=250_000)
    assert twins > 2
    assert abs(length - 5) < 0.8


def test_stars_by_chance_have_none():
    places, flux = draw(60)
    twins, _ = measure_twins(places, flux, fwhm=4.0, pixels=250_000)
    assert twins < 1.7


def test_few_sources_tell_nothing():
    places, flux = draw(3)
    assert measure_twins(places, flux, fwhm=4.0, pixels=250_000) == (0.0, 0.0)
