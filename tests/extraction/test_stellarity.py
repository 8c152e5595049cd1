"""Point-like or extended, by size alone."""

import numpy as np
import pytest

from skysieve.extraction.stars import StarLocus
from skysieve.extraction.stellarity import measure_stellarity

LOCUS = StarLocus(np.ones(1, bool), np.array([np.log(2.0)]), 0.03, (100, 100), (0.0, 2.0), 0.1)


def measure(radius: list[float], snr: float = 100.0) -> np.ndarray:
    place = np.full(len(radius), 50.0)
    return measure_stellarity(LOCUS, x=place, y=place, radius=np.array(radius), snr=np.full(len(radius), snr))


def test_a_star_is_near_one_and_a_galaxy_near_zero():
    star, galaxy = measure([2.0, 4.0])
    assert star > 0.9
    assert galaxy < 0.01


def test_stellarity_falls_with_size():
    assert (np.diff(measure([2.0, 2.1, 2.2, 2.4, 3.0])) < 0).all()


def test_noise_makes_every_size_undecided():
    assert np.abs(measure([2.0, 3.0, 4.0], snr=0.5) - 0.5).max() < 0.2


def test_without_stars_or_without_a_size_nothing_is_known():
    one = np.ones(2)
    assert np.isnan(measure_stellarity(None, x=one, y=one, radius=one, snr=one)).all()
    assert np.isnan(measure([np.nan])).all()


@pytest.mark.parametrize("snr", [-3.0, 0.0, 1e30])
def test_values_stay_between_zero_and_one(snr):
    values = measure([1e-30, 0.5, 2.0, 1e30], snr)
    assert ((values >= 0) & (values <= 1)).all()
