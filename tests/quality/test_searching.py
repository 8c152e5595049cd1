import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skysieve.quality.fingerprint_store import HitMaps
from skysieve.quality.searching import find_exposures, measure_map_distances, measure_shares

SIDE = 15
CLUSTER = (np.arange(SIDE**2) // SIDE) // 5 + 3 * ((np.arange(SIDE**2) % SIDE) // 5)
"""Nine clusters of five by five neurons."""

KINDS = {"rich": (500, 100), "poor": (80, 100), "galaxies": (60, 500)}
"""Stars and galaxies of a detector of each kind of field."""

Map = arrays(float, SIDE**2, elements=st.floats(0, 100)).filter(lambda one: one.sum() > 1)


def draw_profile(x, y):
    """Chances of the neurons for sources of a kind: around one neuron, three cells wide."""
    at, across = np.divmod(np.arange(SIDE**2), SIDE)
    bell = np.exp(-0.5 * ((at - x) ** 2 + (across - y) ** 2) / 3.0**2)
    return bell / bell.sum()


def invent_maps(each=8, detectors=1):
    """Fields of each kind in turn, whose stars lie around neuron (3, 3) and galaxies around (11, 10)."""
    rng = np.random.default_rng(3)
    names = [f"{kind}{number}" for number in range(each) for kind in KINDS]
    hits = [
        rng.poisson(detectors * KINDS[name[:-1]][0] * draw_profile(3, 3))
        + rng.poisson(detectors * KINDS[name[:-1]][1] * draw_profile(11, 10))
        for name in names
    ]
    return HitMaps(tuple(names), np.stack(hits), np.full(len(names), detectors), CLUSTER)


def list_kinds(found):
    return [name[:-1] for name in found["exposure"]]


@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize("kind", list(KINDS))
def test_fields_find_their_like(kind, density):
    maps = invent_maps()
    found = find_exposures(maps, maps.hits[maps.exposures.index(f"{kind}0")].astype(float), density=density)
    assert found["exposure"][0] == f"{kind}0"
    assert found["distance"][0] == pytest.approx(0, abs=1e-7)
    assert set(list_kinds(found)[:6]) == {kind}
    assert (np.diff(found["distance"]) >= 0).all()


def test_numbers_of_sources_count_when_asked_for():
    rich = np.random.default_rng(1).poisson(400 * draw_profile(3, 3))
    poor = np.random.default_rng(2).poisson(20 * draw_profile(3, 3))
    shares, numbers = (
        measure_map_distances(poor[None].astype(float), rich.astype(float), density=one)[0] for one in (False, True)
    )
    assert shares < 0.25
    assert numbers > 0.55


def test_mosaics_are_compared_by_their_detectors():
    one, many = invent_maps(), invent_maps(detectors=36)
    found = find_exposures(many, one.hits[0].astype(float), density=True)
    assert set(list_kinds(found)[:8]) == {"rich"}
    assert found["distance"][0] < 0.1


def test_the_map_has_a_topology():
    """Sources one neuron beside are nearer than those five neurons away, although no neuron is shared."""
    maps = np.eye(SIDE**2)
    middle = 7 * SIDE + 7
    near, far = measure_map_distances(maps[[middle + 1, middle + 5]], maps[middle])
    assert 0 < near < 0.4 < far


@given(Map, Map, Map, st.booleans())
def test_distances_are_those_of_a_metric(one, two, three, density):
    def measure(first, second):
        return float(measure_map_distances(first[None], second, density=density)[0])

    assert measure(one, one) == pytest.approx(0, abs=1e-6)
    assert 0 <= measure(one, two) <= 1
    assert measure(one, two) == pytest.approx(measure(two, one), abs=1e-6)
    if not density:
        assert measure(one, three) <= measure(one, two) + measure(two, three) + 1e-6


def test_clusters_give_shares():
    hits = np.zeros((3, SIDE**2), int)
    hits[0, CLUSTER == 4] = 3
    hits[1, CLUSTER == 4] = 1
    hits[1, CLUSTER == 0] = 3
    maps = HitMaps(("all", "quarter", "empty"), hits, np.ones(3, int), CLUSTER)
    assert measure_shares(maps, [4])[:2].tolist() == [1, 0.25]
    assert find_exposures(maps, None, [4], least=0.2)["exposure"].tolist() == ["all", "quarter"]
    assert find_exposures(maps, None, [0], least=0.5)["share"].tolist() == [0.75]
    assert find_exposures(maps, None, [0, 4], least=1.0)["exposure"].tolist() == ["all", "quarter"]


def test_likeness_and_clusters_can_both_be_asked_for():
    maps = invent_maps()
    cluster = int(CLUSTER[3 * SIDE + 3])
    found = find_exposures(maps, maps.hits[1].astype(float), [cluster], least=0.3)
    assert set(list_kinds(found)) == {"rich"}
    assert (np.diff(found["distance"]) >= 0).all()


def test_what_cannot_be_searched_is_one_sentence():
    maps = invent_maps()
    with pytest.raises(ValueError, match="no usable sources"):
        find_exposures(maps, np.zeros(SIDE**2))
    with pytest.raises(ValueError, match="no cluster 9; the map has 0 to 8"):
        find_exposures(maps, None, [9])
    with pytest.raises(ValueError, match="square"):
        measure_map_distances(np.ones((1, 7)), np.ones(7))
