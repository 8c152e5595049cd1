"""Intersection over union lies between 0 and 1, is symmetric, and agrees with pycocotools."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from skysieve.metrics import measure_box_iou, measure_mask_iou

SEEDS = st.integers(0, 2**32 - 1)


def make_boxes(rng, n):
    start = rng.integers(0, 8, (n, 2)) + rng.random((n, 2)) * rng.integers(0, 2)
    return np.hstack([start, start + rng.integers(0, 6, (n, 2))])


def make_masks(rng, n):
    y, x = np.mgrid[:9, :12]
    centers, radius = rng.uniform(0, 10, (n, 2)), rng.uniform(0, 5, n)
    return np.array([np.hypot(y - c[0], x - c[1]) < r for c, r in zip(centers, radius, strict=True)]).reshape(n, 9, 12)


@given(SEEDS)
def test_box_overlaps_are_symmetric_and_those_of_pycocotools(seed):
    rng = np.random.default_rng(seed)
    first, second = make_boxes(rng, 4), make_boxes(rng, 3)
    got = measure_box_iou(first, second)
    theirs = [np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]]) for boxes in (first, second)]
    filled = (theirs[0][:, None, 2:].prod(axis=2) + theirs[1][:, 2:].prod(axis=1)) > 0
    np.testing.assert_allclose(got[filled], coco_mask.iou(*theirs, [0] * 3)[filled], atol=1e-12)
    np.testing.assert_array_equal(got, measure_box_iou(second, first).T)
    assert np.all((got >= 0) & (got <= 1))


@given(SEEDS)
def test_mask_overlaps_are_symmetric_and_those_of_pycocotools(seed):
    rng = np.random.default_rng(seed)
    first, second = make_masks(rng, 4), make_masks(rng, 3)
    got = measure_mask_iou(first, second)
    codes = [[coco_mask.encode(np.asfortranarray(m, dtype=np.uint8)) for m in masks] for masks in (first, second)]
    filled = first.any(axis=(1, 2))[:, None] | second.any(axis=(1, 2))
    np.testing.assert_allclose(got[filled], coco_mask.iou(*codes, [0] * 3)[filled], atol=1e-12)
    np.testing.assert_array_equal(got, measure_mask_iou(second, first).T)


@given(SEEDS)
def test_a_thing_overlaps_itself_wholly_unless_it_is_empty(seed):
    rng = np.random.default_rng(seed)
    boxes, masks = make_boxes(rng, 5), make_masks(rng, 5)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    np.testing.assert_array_equal(np.diag(measure_box_iou(boxes, boxes)), area > 0)
    np.testing.assert_array_equal(np.diag(measure_mask_iou(masks, masks)), masks.any(axis=(1, 2)))


def test_boxes_that_cover_the_same_pixels_as_masks_overlap_the_same():
    masks = np.zeros((2, 8, 8), dtype=bool)
    masks[0, 1:5, 2:6] = True
    masks[1, 3:7, 3:8] = True
    boxes = np.array([[1.5, 0.5, 5.5, 4.5], [2.5, 2.5, 7.5, 6.5]])
    np.testing.assert_allclose(measure_box_iou(boxes, boxes), measure_mask_iou(masks, masks))
    assert measure_mask_iou(masks, masks)[0, 1] == pytest.approx(6 / 30)


def test_empty_lists_have_empty_tables():
    assert measure_box_iou(np.zeros((0, 4)), np.zeros((2, 4))).shape == (0, 2)
    assert measure_mask_iou(np.zeros((2, 3, 3), dtype=bool), np.zeros((0, 3, 3), dtype=bool)).shape == (2, 0)


def test_turned_boxes_missing_edges_are_refused():
    with pytest.raises(ValueError, match="second: 1 of 1 end before they begin"):
        measure_box_iou(np.zeros((1, 4)), np.array([[3.0, 0.0, 1.0, 1.0]]))
    with pytest.raises(ValueError, match="first: 1 of 4 values are NaN"):
        measure_box_iou(np.array([[0.0, 0.0, np.nan, 1.0]]), np.zeros((1, 4)))
