"""Average precision at one overlap: answers known by hand, and what must not change it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from skysieve.metrics import Instances, bootstrap, match_voc, measure_voc_ap

NEAR, FAR = [0.0, 0.0, 10.0, 10.0], [50.0, 50.0, 60.0, 60.0]


def make_instances(boxes, scores=None, labels=None):
    boxes = np.array(boxes, dtype=float).reshape(-1, 4)
    labels = np.ones(len(boxes), dtype=int) if labels is None else np.array(labels)
    return Instances(labels, boxes=boxes, scores=None if scores is None else np.array(scores, dtype=float))


def make_ranking(hits, missed=0):
    """Detections from the highest score down, one an image: hits have a true object below, others do not."""
    truth = [make_instances([NEAR] if hit else []) for hit in hits] + [make_instances([NEAR])] * missed
    found = [make_instances([NEAR], [1 - n / 100]) for n in range(len(hits))] + [make_instances([], [])] * missed
    return match_voc(truth, found)


@pytest.mark.parametrize(
    ("hits", "missed", "every", "eleven"),
    [
        ([True], 0, 1.0, 1.0),
        ([False, True], 0, 0.5, 0.5),
        ([True, False, True], 0, (1 + 2 / 3) / 2, (6 + 5 * 2 / 3) / 11),
        ([True, False, True], 2, (1 + 2 / 3) / 4, (3 + 3 * 2 / 3) / 11),
        ([True] * 3, 7, 0.3, 4 / 11),  # completeness 0.3 counts although 3 / 10 < 0.30000000000000004
        ([False], 1, 0.0, 0.0),
    ],
)
def test_rankings_by_hand(hits, missed, every, eleven):
    matches = make_ranking(hits, missed)
    assert measure_voc_ap(matches).classes == {1: pytest.approx(every)}
    assert measure_voc_ap(matches, points="eleven").mean == pytest.approx(eleven)


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_the_area_lies_above_the_one_without_interpolation(hits):
    ap = measure_voc_ap(make_ranking(hits)).mean
    if any(hits):
        assert average_precision_score(hits, -np.arange(len(hits))) - 1e-12 <= ap <= 1
    else:
        assert math.isnan(ap)


def test_a_second_detection_of_one_object_misses():
    matches = match_voc([make_instances([NEAR])], [make_instances([NEAR, NEAR], [0.5, 0.9])])
    assert matches.hit.tolist() == [False, True]


def test_a_detection_goes_to_the_object_it_overlaps_most_even_when_that_is_taken():
    truth = make_instances([NEAR, [0.0, 0.0, 10.0, 7.0]])
    found = make_instances([NEAR, [0.0, 0.0, 10.0, 9.0]], [0.9, 0.8])
    assert match_voc([truth], [found]).hit.tolist() == [True, False]


def test_an_overlap_on_the_threshold_hits():
    found = make_instances([[0.0, 0.0, 10.0, 5.0]], [1.0])
    assert match_voc([make_instances([NEAR])], [found], iou=0.5).hit.tolist() == [True]
    assert match_voc([make_instances([NEAR])], [found], iou=0.51).hit.tolist() == [False]


def test_classes_do_not_mix_and_absent_ones_are_unknown():
    truth = make_instances([NEAR, FAR], labels=[1, 2])
    ap = measure_voc_ap(match_voc([truth], [make_instances([NEAR, FAR, FAR], [0.9, 0.8, 0.7], labels=[1, 1, 3])]))
    assert (ap.classes[1], ap.classes[2]) == (1, 0)
    assert math.isnan(ap.classes[3])
    assert ap.mean == 0.5


def test_masks_are_matched_like_boxes():
    masks = np.zeros((2, 9, 9), dtype=bool)
    masks[0, 1:4, 1:4] = masks[1, 5:8, 5:8] = True
    truth, found = (
        Instances(np.array([1, 1]), masks=masks),
        Instances(np.array([1]), masks=masks[1:], scores=np.ones(1)),
    )
    assert measure_voc_ap(match_voc([truth], [found], by="masks")).mean == 0.5


def test_equal_scores_enter_together_whatever_their_order():
    truth, other = make_instances([NEAR]), make_instances([])
    found = make_instances([NEAR], [0.5])
    forth, back = match_voc([truth, other], [found, found]), match_voc([other, truth], [found, found])
    assert measure_voc_ap(forth).mean == measure_voc_ap(back).mean == 0.5


def test_an_image_named_twice_counts_twice():
    hits = [True, False, True, True, False]
    chosen = np.array([0, 1, 1, 2, 4, 4, 4])
    twice = make_ranking([hits[n] for n in chosen])
    twice = type(twice)(**{**vars(twice), "score": 1 - chosen / 100})
    for points in ("all", "eleven"):
        ap = measure_voc_ap(make_ranking(hits), points=points, images=chosen)
        assert ap.mean == pytest.approx(measure_voc_ap(twice, points=points).mean)


def test_images_can_be_drawn_by_group():
    hits = np.random.default_rng(0).random(60) < 0.6
    matches = make_ranking(hits.tolist(), 20)
    images = np.arange(80)
    estimate = bootstrap(lambda n: measure_voc_ap(matches, images=n).mean, [images], groups=images // 4, resamples=100)
    assert estimate.value == measure_voc_ap(matches).mean
    assert 0 < estimate.error < 0.2


def test_nothing_true_or_found_is_no_error():
    assert math.isnan(measure_voc_ap(match_voc([], [])).mean)
    assert math.isnan(measure_voc_ap(match_voc([make_instances([])], [make_instances([], [])])).mean)
    assert measure_voc_ap(match_voc([make_instances([NEAR])], [make_instances([], [])])).mean == 0


def test_what_cannot_be_matched_is_refused():
    here, there = make_instances([NEAR]), make_instances([NEAR], [1.0])
    with pytest.raises(ValueError, match="found: only 1 images"):
        match_voc([here, here], [there])
    with pytest.raises(ValueError, match="found, image 0: no scores given"):
        match_voc([here], [here])
    with pytest.raises(ValueError, match="truth, image 0: no masks given"):
        match_voc([here], [there], by="masks")
