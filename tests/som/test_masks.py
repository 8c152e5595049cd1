"""Masks drawn on neurons."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import pdist

from skysieve.som.masks import measure_area_ratio, measure_extent, select_region


@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_the_extent_is_the_largest_of_all_pairs(mask):
    distance, pixels = measure_extent(mask)
    every = np.argwhere(mask)
    if not len(every):
        assert np.isnan(distance)
        assert (pixels == -1).all()
        return
    assert distance == pytest.approx(pdist(every).max(initial=0.0))
    assert mask[pixels[:, 1], pixels[:, 0]].all()
    assert np.hypot(*(pixels[1] - pixels[0])) == pytest.approx(distance)


@pytest.mark.parametrize("mask", [np.eye(6, dtype=bool), np.eye(6, dtype=bool)[::-1], np.ones((1, 6), bool)])
def test_pixels_in_a_line_have_their_ends(mask):
    assert measure_extent(mask)[0] == pytest.approx(pdist(np.argwhere(mask)).max())


def test_a_large_mask_is_measured_by_its_hull():
    assert measure_extent(np.ones((2000, 1500), bool))[0] == pytest.approx(np.hypot(1999, 1499))


def test_a_region_has_a_wanted_label_and_no_unwanted_one():
    masks = {
        "lobe": np.array([[True, True, False]]),
        "core": np.array([[False, False, True]]),
        "bad": np.array([[True, False, False]]),
    }
    assert select_region(masks, includes={"lobe", "core"}).tolist() == [[True, True, True]]
    assert select_region(masks, includes=["lobe"], excludes=["bad", "unheard"]).tolist() == [[False, True, False]]
    assert not select_region(masks, includes=["unheard"]).any()
    with pytest.raises(ValueError, match="give at least one"):
        select_region({}, includes=["lobe"])


def test_areas_are_compared_and_nothing_is_as_large_as_told():
    wide, small, none = np.ones((4, 4), bool), np.eye(4, dtype=bool), np.zeros((4, 4), bool)
    assert measure_area_ratio(wide, small) == 4
    assert measure_area_ratio(wide, none) == 1
    assert np.isnan(measure_area_ratio(wide, none, empty=np.nan))
