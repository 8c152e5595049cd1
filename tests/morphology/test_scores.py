"""How good classes are."""

import json

import numpy as np
import pytest

from skysieve.morphology.scores import list_scores, measure_by_distance, measure_scores, replace_unknown

TRUTH = np.array([0, 0, 0, 1])
PROBABILITY = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8]])


def test_scores_of_four_images_are_those_one_counts():
    scores = measure_scores(TRUTH, PROBABILITY, ("a", "b"), resamples=9)
    assert scores.accuracy.value == 0.75
    assert scores.balanced_accuracy.value == pytest.approx((2 / 3 + 1) / 2)
    assert scores.confusion.tolist() == [[2, 1], [0, 1]]
    assert (scores.completeness["a"].value, scores.purity["b"].value) == (pytest.approx(2 / 3), 0.5)


def test_errors_grow_when_images_come_in_groups():
    rng = np.random.default_rng(0)
    right = np.repeat(rng.random(50) < 0.7, 10)
    probability = np.where(right[:, None], [0.8, 0.2], [0.2, 0.8])
    truth, groups = np.zeros(500, np.int64), np.repeat(np.arange(50), 10)
    alone, grouped = (
        measure_scores(truth, probability, ("a", "b"), groups=one, resamples=40) for one in (None, groups)
    )
    assert grouped.accuracy.error > 2 * alone.accuracy.error


def test_images_far_from_their_neuron_are_judged_by_themselves():
    rows = measure_by_distance(TRUTH, PROBABILITY, np.array([1.0, 2.0, 9.0, 3.0]), bins=2)
    assert [row.accuracy.n for row in rows] == [2, 2]
    assert [row.accuracy.value for row in rows] == [1.0, 0.5]


def test_distances_that_are_all_equal_make_one_bin():
    assert len(measure_by_distance(TRUTH, PROBABILITY, np.ones(4))) == 1


def test_scores_go_into_strict_json():
    plain = list_scores(measure_scores(TRUTH[:1], PROBABILITY[:1], ("a", "b")))
    assert json.loads(json.dumps(plain, allow_nan=False))["purity"]["b"]["value"] is None
    assert replace_unknown({"x": (float("inf"), 1.0)}) == {"x": [None, 1.0]}


def test_no_images_are_refused():
    with pytest.raises(ValueError, match="no labeled image"):
        measure_scores(TRUTH[:0], PROBABILITY[:0], ("a", "b"))
