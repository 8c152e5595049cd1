import numpy as np
import pytest

from skysieve.extraction.hotcold import Found, find_hot_cold, match_pair, measure_alone


def draw(places, *, flux=400.0, side=64, noise=0):
    y, x = np.mgrid[:side, :side]
    light = sum(flux / (8 * np.pi) * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 8) for px, py in places)
    return (light + np.random.default_rng(noise).normal(size=(side, side))).astype(np.float32)


def test_a_galaxy_alone_gives_its_flux_and_pixels():
    alone = measure_alone(draw([(30.0, 31.0)], flux=3000), 1.0, x=30.0, y=31.0)
    assert alone.flux == pytest.approx(3000, rel=0.05)
    assert alone.mask[31, 30]


def test_nothing_gives_nothing():
    alone = measure_alone(np.zeros((32, 32), np.float32), 1.0, x=16.0, y=16.0)
    assert np.isnan(alone.flux)
    assert not alone.mask.any()


def test_a_pair_far_apart_is_found_in_cold_mode():
    places = [(20.0, 30.0), (44.0, 30.0)]
    found = find_hot_cold(draw(places, flux=3000), 1.0)
    assert len(found) == 2
    match = match_pair(found, x=np.array([20.0, 44.0]), y=np.array([30.0, 30.0]), radius=2.0)
    np.testing.assert_allclose(found.x[match], [20, 44], atol=0.5)
    np.testing.assert_allclose(found.flux, 3000, rtol=0.1)


def invent(x, flux):
    x = np.array(x, float)
    return Found(x, np.zeros(len(x)), np.array(flux, float), np.ones(len(x)), np.zeros((4, 4), int))


@pytest.mark.parametrize(("x", "flux", "wanted"), [
    ([], [], [-1, -1]),
    ([0.4], [5.0], [0, -1]),
    ([3.0], [5.0], [-1, 0]),
    ([10.0, 0.0], [5.0, 4.0], [1, 0]),
    ([5.0, 10.0, 0.0], [1.0, 5.0, 4.0], [2, 1]),
])  # fmt: skip
def test_detections_are_given_by_the_papers_rules(x, flux, wanted):
    match = match_pair(invent(x, flux), x=np.array([0.0, 10.0]), y=np.zeros(2), radius=2.0)
    assert match.tolist() == wanted
