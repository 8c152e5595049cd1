"""ROC and average precision agree with scikit-learn, ties and weights included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from skysieve.metrics import measure_auc, measure_average_precision, measure_roc


@st.composite
def samples(draw):
    """Objects of both kinds, many ties, weights of which some are zero."""
    n = draw(st.integers(2, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    truth, score = rng.random(n) < 0.4, rng.integers(0, draw(st.integers(1, 30)), n) / 8
    truth[:2] = True, False
    weights = rng.integers(0, 4, n) * 0.5
    weights[:2] = 1
    return truth, score, draw(st.sampled_from([None, weights]))


@given(samples())
def test_the_curve_is_the_one_of_scikit_learn(sample):
    truth, score, weights = sample
    roc = measure_roc(truth, score, weights=weights)
    false, true, threshold = roc_curve(truth, score, sample_weight=weights, drop_intermediate=False)
    np.testing.assert_allclose(roc.false_positive_rate, false, atol=1e-12)
    np.testing.assert_allclose(roc.true_positive_rate, true, atol=1e-12)
    np.testing.assert_array_equal(roc.threshold, threshold)


@given(samples())
def test_the_areas_are_those_of_scikit_learn(sample):
    truth, score, weights = sample
    area = roc_auc_score(truth, score, sample_weight=weights)
    precision = average_precision_score(truth, score, sample_weight=weights)
    assert measure_auc(truth, score, weights=weights) == pytest.approx(area, abs=1e-12)
    assert measure_average_precision(truth, score, weights=weights) == pytest.approx(precision, abs=1e-12)


@given(samples(), st.randoms())
def test_the_order_of_the_objects_does_not_matter(sample, random):
    truth, score, _ = sample
    order = np.array(random.sample(range(len(truth)), len(truth)))
    assert measure_auc(truth[order], score[order]) == pytest.approx(measure_auc(truth, score), abs=1e-12)


@given(samples())
def test_integer_weights_repeat_objects(sample):
    truth, score, _ = sample
    times = np.arange(len(truth)) % 3 + 1
    again = measure_average_precision(np.repeat(truth, times), np.repeat(score, times))
    assert measure_average_precision(truth, score, weights=times.astype(float)) == pytest.approx(again, abs=1e-12)


def test_by_hand_two_of_three_pairs_are_in_order_and_one_is_tied():
    truth, score = np.array([True, False, False, False]), np.array([0.5, 0.1, 0.5, 0.2])
    assert measure_auc(truth, score) == pytest.approx((2 + 0.5) / 3)


def test_without_true_objects_nothing_is_known_of_them():
    truth, score = np.zeros(3, dtype=bool), np.array([0.1, 0.2, 0.3])
    roc = measure_roc(truth, score)
    assert np.isnan(roc.true_positive_rate).all()
    assert roc.false_positive_rate.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert np.isnan([measure_auc(truth, score), measure_average_precision(truth, score)]).all()


def test_with_true_objects_only_precision_is_one_and_the_area_unknown():
    truth, score = np.ones(3, dtype=bool), np.array([0.1, 0.2, 0.3])
    assert np.isnan(measure_auc(truth, score))
    assert measure_average_precision(truth, score) == 1


def test_without_objects_there_is_one_point_and_no_area():
    roc = measure_roc(np.zeros(0, dtype=bool), np.zeros(0))
    assert roc.threshold.tolist() == [np.inf]
    assert np.isnan(measure_auc(np.zeros(0, dtype=bool), np.zeros(0)))


@pytest.mark.parametrize(
    ("weights", "sentence"), [([-1.0, 1.0], "-1.0 is negative"), ([np.nan, 1.0], "weights: 1 of 2")]
)
def test_bad_weights_are_refused(weights, sentence):
    with pytest.raises(ValueError, match=sentence):
        measure_roc(np.array([True, False]), np.array([0.1, 0.2]), weights=np.array(weights))
