import numpy as np
import pytest

from skysieve.morphology.sorting import (
    apply_order,
    measure_extent,
    sort_area_ratio,
    sort_best_matching_first,
    sort_largest_first,
)
from skysieve.records.annotations import Annotations, NeuronAnnotation, Region

DISTANCE = np.array([3.0, 1.0, 2.0, 0.5])
BMU = np.array([0, 1, 1, -1])


def make_mask(width, height=1):
    mask = np.zeros((9, 9), bool)
    mask[:height, :width] = True
    return mask


def annotate(*neurons):
    named = [
        NeuronAnnotation(k, (), tuple(Region(label, channel, mask) for label, channel, mask in regions))
        for k, regions in enumerate(neurons)
    ]
    return Annotations(tuple(named), "", len(neurons), 9, 2)


def test_the_best_match_comes_first_and_the_unknown_last():
    assert sort_best_matching_first(np.array([2.0, np.nan, 1.0])).tolist() == [2, 0, 1]


def test_the_largest_region_comes_first_then_the_best_match():
    drawn = annotate([("a", 0, make_mask(3))], [("a", 0, make_mask(5))])
    assert sort_largest_first(BMU, DISTANCE, annotations=drawn).tolist() == [1, 2, 0, 3]


def test_only_named_labels_and_the_named_channel_count():
    drawn = annotate([("a", 0, make_mask(3)), ("b", 0, make_mask(9)), ("a", 1, make_mask(9))], [("a", 0, make_mask(5))])
    assert sort_largest_first(BMU, DISTANCE, annotations=drawn, labels=("a",)).tolist() == [1, 2, 0, 3]
    assert sort_largest_first(BMU, DISTANCE, annotations=drawn).tolist() == [0, 1, 2, 3]


def test_large_radio_over_small_hosts_comes_first_and_no_host_last():
    drawn = annotate([("a", 0, make_mask(9, 9))], [("a", 0, make_mask(4)), ("h", 1, make_mask(2))])
    assert sort_area_ratio(BMU, DISTANCE, annotations=drawn).tolist() == [1, 2, 0, 3]


@pytest.mark.parametrize(
    ("mask", "extent"), [(make_mask(0), 0), (make_mask(1), 0), (make_mask(5), 4), (make_mask(4, 5), 5)]
)
def test_the_extent_is_the_largest_distance_of_pixels(mask, extent):
    assert measure_extent(mask) == pytest.approx(extent)


def test_an_order_of_ones_own_must_name_each_image_once():
    assert apply_order(lambda count: np.random.default_rng(0).permutation(count), 5).shape == (5,)
    with pytest.raises(ValueError, match="wanted is each row from 0 to 2 exactly once"):
        apply_order(lambda count: np.zeros(count, int), 3)
