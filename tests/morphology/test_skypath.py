from itertools import permutations

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from skysieve.morphology import skypath
from skysieve.morphology.skypath import measure_separations, trace_path


def scatter(count, seed):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 0.02, count) + 359.99, rng.uniform(0, 0.02, count) - 60


def search(ra, dec):
    apart = measure_separations(ra, dec)
    start, end = np.unravel_index(apart.argmax(), apart.shape)
    inner = [k for k in range(len(ra)) if k not in (start, end)]
    ways = ([start, *one, end] for one in permutations(inner))
    return min(apart[way[:-1], way[1:]].sum() for way in ways)


@given(count=st.integers(2, 7), seed=st.integers(0, 99))
def test_short_paths_are_the_shortest(count, seed):
    ra, dec = scatter(count, seed)
    assert trace_path(ra, dec).length == pytest.approx(search(ra, dec))


@given(seed=st.integers(0, 99))
def test_the_heuristic_is_close_to_the_shortest_and_visits_all(seed):
    ra, dec = scatter(9, seed)
    best = trace_path(ra, dec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skypath, "EXACT", 0)
        path = trace_path(ra, dec)
    assert sorted(path.order) == list(range(9))
    assert best.length - 1e-9 <= path.length < 1.25 * best.length


def test_many_places_along_an_arc_are_taken_in_turn():
    angle = np.random.default_rng(3).permutation(np.linspace(0, np.pi, 40))
    path = trace_path(10 + 0.01 * np.cos(angle), 0.01 * np.sin(angle))
    along = angle[list(path.order)]
    assert np.all(np.diff(along) > 0) or np.all(np.diff(along) < 0)
    assert path.curliness == pytest.approx(np.pi / 2, rel=1e-3)


def test_separations_are_those_of_the_sphere():
    ra, dec = np.array([359.9, 0.2]), np.array([80.0, 80.1])
    sky = SkyCoord(ra, dec, unit="deg")
    assert measure_separations(ra, dec)[0, 1] == pytest.approx(sky[0].separation(sky[1]).arcsec)


@pytest.mark.parametrize("count", [0, 1])
def test_a_single_place_has_no_path(count):
    path = trace_path(np.full(count, 3.0), np.full(count, 4.0))
    assert (path.separation, path.length, len(path.order)) == (0, 0, count)
    assert np.isnan(path.curliness)


def test_places_on_top_of_each_other_have_no_length():
    assert trace_path(np.full(3, 3.0), np.full(3, 4.0)).length == 0
