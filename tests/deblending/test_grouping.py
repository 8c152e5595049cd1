import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skysieve.deblending.grouping import MOST_SIDE, STEP, group_sources, plan_windows

places = st.lists(st.tuples(st.floats(0, 500), st.floats(0, 300)), max_size=40)


def plan(points, size=2.0):
    x, y = np.array(points, float).reshape(-1, 2).T
    return plan_windows(x, y, np.full(len(x), size))


@given(places)
def test_every_source_is_measured_once(points):
    own = np.sort(np.concatenate([np.zeros(0, int), *(window.own for window in plan(points))]))
    np.testing.assert_array_equal(own, np.arange(len(points)))


@given(places)
def test_windows_hold_their_own_sources_and_have_sides_the_network_takes(points):
    for window in plan(points):
        assert set(window.own) <= set(window.sources)
        assert window.side % STEP == 0
        assert window.side <= MOST_SIDE or len(window.own) == 1


def test_friends_of_friends_are_one_group_and_far_sources_are_not():
    x, y = np.array([0.0, 10.0, 20.0, 100.0]), np.zeros(4)
    group = group_sources(x, y, np.full(4, 2.0))
    assert group[0] == group[1] == group[2] != group[3]


def test_no_source_has_no_window():
    assert plan([]) == []


def test_a_long_chain_is_cut_and_says_so():
    windows = plan([(8.0 * step, 0.0) for step in range(60)])
    assert len(windows) > 1
    assert all(window.cut for window in windows)
