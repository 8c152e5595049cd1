import numpy as np
from tests.trust.conftest import make_detections

from skysieve.trust.rows import find_isolated, measure_neighbors

NOTHING = make_detections([], [], [])


def test_isolated_are_unflagged_sources_whose_kron_circles_meet_no_other():
    found = make_detections([20.0, 29.0, 60.0, 90.0], [20.0, 20.0, 20.0, 20.0], [1.0, 1.0, 1.0, 1.0])
    flags = next(column for column in found.schema if column.name == "flags")
    found = found.with_column(flags, np.array([0, 512 | 1024, 512, 1]))
    assert find_isolated(found, original=NOTHING, gap=0.0).tolist() == [False, False, True, False]
    assert find_isolated(found, original=NOTHING, gap=40.0).tolist() == [False, False, False, False]


def test_a_huge_neighbor_reaches_far():
    found = make_detections([20.0, 90.0, 160.0], [20.0, 20.0, 20.0], [1.0, 1.0, 1.0])
    size = next(column for column in found.schema if column.name == "a")
    found = found.with_column(size, np.array([1.3, 1.3, 20.0]))
    assert find_isolated(found, original=NOTHING, gap=0.0).tolist() == [True, False, False]


def test_a_source_that_swallowed_a_known_one_is_not_isolated():
    found = make_detections([20.0, 60.0], [20.0, 20.0], [1.0, 1.0])
    known = make_detections([24.0], [20.0], [1.0])
    assert find_isolated(found, original=NOTHING, gap=0.0).tolist() == [True, True]
    assert find_isolated(found, original=known, gap=0.0).tolist() == [False, True]


def test_neighbors_are_original_or_injected_sources():
    x, y = np.array([10.0, 50.0]), np.array([10.0, 10.0])
    assert measure_neighbors(x, y, make_detections([13.0], [10.0], [1.0])).tolist() == [3.0, 37.0]
    assert measure_neighbors(x[:1], y[:1], make_detections([], [], [])).tolist() == [np.inf]
