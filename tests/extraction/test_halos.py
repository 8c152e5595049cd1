"""The wings of neighbors in an aperture: known integrals, and nothing of one's own."""

from dataclasses import fields

import numpy as np
import pytest

from skysieve.extraction.footprints import Footprints
from skysieve.extraction.halos import find_neighbors, measure_halos


@pytest.fixture
def sources():
    """Two sources of isophotal radius 5 and brightness 2, at (0, 0) and (30, 0)."""
    kinds = {field.name: int if "Int" in str(field.type) else float for field in fields(Footprints)}
    footprints = Footprints(**{name: np.zeros(2, kind) for name, kind in kinds.items()})
    footprints.x[1], footprints.threshold[:], footprints.npix[:] = 30, 2, round(np.pi * 25)
    return footprints


def test_the_light_in_a_circle_is_the_integral_of_the_profile(sources):
    near = find_neighbors(sources.take(np.zeros(1, int)), np.array([20.0]), np.zeros(1), owner=np.array([-1]))
    y, x = np.mgrid[-8:8:0.1, -8:8:0.1]
    inside = np.hypot(x, y) < 8
    integral = (2 * (25 / ((x + 20) ** 2 + y**2)) ** 2)[inside].sum() * 0.01
    assert measure_halos(near, np.array([8.0]))[0] == pytest.approx(integral, rel=0.03)


def test_a_source_is_no_neighbor_of_itself(sources):
    one = find_neighbors(sources, sources.x, sources.y, owner=np.arange(2))
    assert measure_halos(one, np.full(2, 3.0)) == pytest.approx(np.pi * 9 * 2 * 625 / (900 - 9) ** 2, rel=0.02)


def test_no_source_and_no_place_give_no_light(sources):
    alone = find_neighbors(sources.take(np.zeros(0, int)), np.ones(3), np.ones(3), owner=np.full(3, -1))
    assert measure_halos(alone, np.ones(3)).tolist() == [0, 0, 0]
    nowhere = find_neighbors(sources, np.zeros(0), np.zeros(0), owner=np.zeros(0, int))
    assert measure_halos(nowhere, np.zeros(0)).shape == (0,)
