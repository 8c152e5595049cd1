"""Removal of detections that bright wings explain."""

import numpy as np
import pytest

from skysieve.extraction.cleaning import find_spurious
from skysieve.extraction.footprints import Footprints


def make_pair(distance: float, *, margin: float = 0.1, bright: float = 1000.0) -> Footprints:
    """A bright source at the origin and a faint one beside it."""
    two = np.ones(2)
    numbers = {name: two.copy() for name in Footprints.__dataclass_fields__}
    for name in ("label", "group", "npix", "iso0", "peak_x", "peak_y", "flags"):
        numbers[name] = np.ones(2, int)
    numbers |= {"x": np.array([0.0, distance]), "y": np.zeros(2), "flux": np.array([10 * bright, 5.0])}
    numbers |= {"filtered_peak": np.array([bright, 1.6]), "margin": np.array([50.0, margin]), "xy": np.zeros(2)}
    return Footprints(
        **{**numbers, "npix": np.array([100, 6]), "a": 3 * two, "b": 3 * two, "x2": 9 * two, "y2": 9 * two}
    )


@pytest.mark.parametrize(("distance", "spurious"), [(8.0, True), (25.0, True), (31.0, False)])
def test_faint_bumps_go_only_within_ten_axes_of_a_bright_source(distance, spurious):
    assert find_spurious(make_pair(distance, margin=0.01), 1.0).tolist() == [False, spurious]


def test_a_bump_higher_than_the_wing_stays():
    assert not find_spurious(make_pair(8.0, margin=1.5), 1.0).any()


def test_wings_reach_the_threshold_at_the_edge_of_the_footprint():
    edge = np.sqrt(100 / np.pi)
    assert find_spurious(make_pair(edge * 0.99, margin=1.0), 1.0)[1]
    assert not find_spurious(make_pair(edge * 1.01, margin=1.0), 1.0)[1]


def test_steeper_wings_explain_less():
    assert find_spurious(make_pair(20.0, margin=0.05), 1.0)[1]
    assert not find_spurious(make_pair(20.0, margin=0.05), 5.0)[1]


@pytest.mark.parametrize("index", [0.0, 1e-3])
def test_no_index_and_a_tiny_one_remove_nothing(index):
    assert not find_spurious(make_pair(8.0), index).any()


def test_one_source_alone_is_never_spurious():
    assert find_spurious(make_pair(8.0).take(np.array([0])), 1.0).tolist() == [False]
