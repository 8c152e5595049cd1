"""Islands and hulls of known images, and what they promise of any image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skysieve.morphology.islands import convex_hull, convex_hull_smoothed, island_segmentation, label_islands


def make_double() -> np.ndarray:
    image = np.zeros((20, 20))
    image[4:8, 4:8], image[12:15, 12:15], image[0, 19] = 2.0, 1.0, 5.0
    return image


def test_islands_come_in_order_and_small_ones_do_not_come():
    sizes = [int(island.sum()) for island in island_segmentation(make_double(), 0.5)]
    assert sizes == [16, 9]
    assert [int(i.sum()) for i in island_segmentation(make_double(), 0.5, minimum_island_size=1)] == [1, 16, 9]


def test_the_background_comes_first_on_request():
    background, *islands = island_segmentation(make_double(), 0.5, return_background=True)
    assert background.sum() == 400 - 16 - 9
    assert len(islands) == 2


def test_a_gap_of_one_pixel_does_not_part_an_island():
    image = np.zeros((9, 15))
    image[2:7, 1:6] = image[2:7, 7:12] = 1
    assert [int(island.sum()) for island in island_segmentation(image, 0.5)] == [50]


def test_an_island_at_the_border_is_whole():
    image = np.zeros((6, 6))
    image[:3, :3] = 1
    assert [int(island.sum()) for island in island_segmentation(image, 0.5)] == [9]


def test_nothing_above_the_threshold_has_no_island_and_no_hull():
    assert list(island_segmentation(np.full((5, 5), np.nan), 0.0)) == []
    assert not convex_hull(np.zeros((5, 5))).any()
    assert not convex_hull_smoothed(np.zeros((5, 5)), 2.0).any()


@given(arrays(np.float64, (12, 11), elements=st.sampled_from([0.0, 0.0, 1.0, np.nan])), st.integers(1, 6))
def test_islands_hold_pixels_above_the_threshold_and_no_other(image, smallest):
    labels = label_islands(image, 0.5, minimum_island_size=smallest)
    assert (image[labels > 0] == 1).all()
    counts = np.bincount(labels.ravel())[1:]
    assert (counts >= smallest).all()
    assert smallest > 1 or (labels > 0).sum() == (image == 1).sum()


@given(arrays(np.float64, (9, 9), elements=st.sampled_from([0.0, 0.0, 0.0, 1.0])))
def test_a_hull_contains_the_emission_and_its_own_hull_is_itself(image):
    hull = convex_hull(image)
    assert hull[image > 0.5].all()
    assert (convex_hull(hull.astype(float)) == hull).mean() > 0.95


def test_smoothing_widens_the_hull_as_the_level_says():
    image = np.zeros((41, 41))
    image[10:31, :] = 1
    rows = {level: convex_hull_smoothed(image, 3.0, level=level)[:, 20].sum() for level in (0.5, 0.159)}
    assert rows == {0.5: 21, 0.159: 27}


def test_a_level_of_1_is_refused():
    with pytest.raises(ValueError, match="0 < level < 1"):
        convex_hull_smoothed(np.ones((5, 5)), 1.0, level=1.0)
