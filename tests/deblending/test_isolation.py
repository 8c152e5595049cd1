"""A galaxy alone on its stamp."""

import numpy as np
import pytest

from skysieve.deblending.fieldnoise import FieldNoise, draw_field_noise
from skysieve.deblending.isolation import IsolationFlag, isolate_galaxy

CORRELATION = np.outer([0.4, 1, 0.4], [0.4, 1, 0.4])


def make_field(*objects, side=96, seed=0):
    """Return correlated noise of standard deviation 1 about 0.3, with Gaussian objects (x, y, peak)."""
    image = draw_field_noise(FieldNoise(1.0, 0.3, CORRELATION), shape=(side, side), rng=np.random.default_rng(seed))
    y, x = np.mgrid[:side, :side]
    return image + sum(peak * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 18) for x0, y0, peak in objects)


def test_neighbors_give_way_to_noise_like_the_field_s_and_the_galaxy_stays():
    stamp = make_field((48, 48, 60), (20, 70, 200), (75, 20, 80))
    found = isolate_galaxy(stamp, sigma=1.0, seed=1)
    assert found.flags == 0
    assert (found.stamp[~found.replaced] == stamp[~found.replaced].astype("f4")).all()
    assert found.replaced[70, 20]
    assert not found.replaced[found.mask].any()
    assert found.stamp[found.replaced].std() == pytest.approx(1, rel=0.2)
    assert found.stamp[found.replaced].mean() == pytest.approx(0.3, abs=0.3)
    assert found.noise.correlation[6, 7] == pytest.approx(0.4, abs=0.1)


def test_the_seed_decides_the_noise():
    stamp = make_field((48, 48, 60), (20, 70, 200))
    one, same, other = (isolate_galaxy(stamp, sigma=1.0, seed=seed).stamp for seed in ((1, 5), (1, 5), (1, 6)))
    assert (one == same).all()
    assert (one != other).any()


def test_known_noise_is_used():
    known = FieldNoise(0.01, 7.0, CORRELATION)
    found = isolate_galaxy(make_field((48, 48, 60), (20, 70, 200)), sigma=1.0, seed=1, noise=known)
    assert found.noise is known
    assert np.allclose(found.stamp[found.replaced], 7, atol=0.1)


def test_an_odd_pixel_is_replaced_and_flagged_where_the_galaxy_is():
    stamp = make_field((48, 48, 60))
    stamp[5, 5] = np.nan
    assert isolate_galaxy(stamp, sigma=1.0, seed=1).flags == 0
    stamp[48, 50] = np.inf
    found = isolate_galaxy(stamp, sigma=1.0, seed=1)
    assert found.flags == IsolationFlag.BAD_PIXELS
    assert np.isfinite(found.stamp).all()


@pytest.mark.parametrize(
    ("stamp", "flag"),
    [
        (make_field((48, 48, 60), (57, 48, 60)), IsolationFlag.TOUCHING),
        (make_field((4, 48, 60)), IsolationFlag.UNSEEN),
        (make_field((16, 16, 300), side=32), IsolationFlag.LITTLE_SKY),
    ],
)
def test_flaws_are_flagged(stamp, flag):
    assert isolate_galaxy(stamp, sigma=1.0, seed=1).flags & flag


def test_a_galaxy_at_the_edge_is_flagged():
    assert isolate_galaxy(make_field((4, 48, 60)), sigma=1.0, seed=1, x=4.0, y=48.0).flags == IsolationFlag.AT_EDGE


def test_noise_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match="the noise is 0"):
        isolate_galaxy(make_field((48, 48, 60)), sigma=0.0, seed=1)
