import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from skysieve.trust.sites import keep_good, place_at_random, place_on_grid


@pytest.mark.parametrize("place", [place_on_grid, place_at_random])
@given(shape=st.tuples(st.integers(6, 300), st.integers(6, 300)), seed=st.integers(0, 99))
def test_sites_lie_in_the_image_and_keep_their_distance(place, shape, seed):
    sites = place(shape, spacing=25.0, margin=2.0, rng=np.random.default_rng(seed))
    assert len(sites) >= 1
    assert (sites >= 0).all()
    assert (sites <= np.array([shape[1], shape[0]]) - 1).all()
    assert len(sites) == 1 or pdist(sites).min() >= 25 - 1e-9


def test_random_sites_fill_the_image_evenly():
    many = [place_at_random((200, 200), spacing=40.0, margin=0.0, rng=np.random.default_rng(s)) for s in range(150)]
    x = np.concatenate(many)[:, 0]
    counts = np.histogram(x, np.linspace(0, 199, 5))[0]
    assert np.ptp(counts) < 5 * np.sqrt(counts.mean())


def test_sites_on_bad_pixels_are_left_out():
    bad = np.zeros((10, 20), bool)
    bad[:, 10:] = True
    assert keep_good(np.array([[3.0, 4.0], [10.2, 4.0]]), bad).tolist() == [[3.0, 4.0]]
