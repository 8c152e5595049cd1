"""Prediction sets hold the true class as often as promised."""

import math

import numpy as np
import pytest

from skysieve.metrics import fit_conformal, make_prediction_sets


def make_classes(seed, n):
    """Objects of three classes with probabilities that are far too sure of themselves."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    logits = 3 * (np.eye(3)[truth] + rng.normal(0, 1, (n, 3)))
    return truth, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("score", ["least", "adaptive"])
@pytest.mark.parametrize("coverage", [0.68, 0.9])
def test_sets_cover_as_promised_even_after_a_fit_of_few(score, coverage):
    held = []
    for seed in range(300):
        truth, probability = make_classes(seed, 540)
        conformal = fit_conformal(truth[:40], probability[:40], coverage=coverage, score=score)
        held.append(make_prediction_sets(conformal, probability[40:])[np.arange(500), truth[40:]].mean())
    error = np.std(held) / np.sqrt(len(held))
    assert coverage - 2 * error < np.mean(held) < coverage + 1 / 41 + 2 * error


def test_the_threshold_is_the_order_statistic_that_finite_samples_want():
    probability = np.column_stack([np.arange(1, 10) / 10, 1 - np.arange(1, 10) / 10])
    fit = fit_conformal(np.zeros(9, dtype=int), probability, coverage=0.8)
    assert fit.threshold == pytest.approx(0.8)  # the eighth smallest of 0.1 ... 0.9: ceil(10 * 0.8) = 8


def test_too_few_objects_promise_nothing_but_all_classes():
    truth, probability = make_classes(1, 8)
    fit = fit_conformal(truth, probability, coverage=0.9)
    assert math.isinf(fit.threshold)
    assert make_prediction_sets(fit, probability).all()
    assert math.isinf(fit_conformal(truth[:0], probability[:0]).threshold)


def test_a_higher_coverage_never_takes_a_class_away():
    truth, probability = make_classes(2, 200)
    sets = [make_prediction_sets(fit_conformal(truth, probability, coverage=c), probability) for c in (0.5, 0.8, 0.95)]
    assert np.all(sets[0] <= sets[1])
    assert np.all(sets[1] <= sets[2])


def test_adaptive_scores_sum_from_the_most_probable_class_down():
    probability = np.array([[0.2, 0.5, 0.3]])
    assert fit_conformal(np.array([2]), probability, coverage=0.5, score="adaptive").threshold == pytest.approx(0.8)


def test_what_cannot_be_fitted_is_refused():
    probability = np.full((2, 2), 0.5)
    with pytest.raises(ValueError, match=r"coverage=90.0: a fraction"):
        fit_conformal(np.zeros(2, dtype=int), probability, coverage=90.0)
    with pytest.raises(ValueError, match="the label 2 is none of the 2 classes"):
        fit_conformal(np.array([0, 2]), probability)
