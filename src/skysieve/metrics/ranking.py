"""How well a score ranks true objects above the others: ROC, the area under it, average precision."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from skysieve.metrics.checks import require_finite, require_same_length


@dataclass(frozen=True)
class RocCurve:
    """Rates of those scored at least ``threshold``; from (0, 0) at threshold infinity to (1, 1) at the lowest score."""

    false_positive_rate: Float[np.ndarray, " point"]
    true_positive_rate: Float[np.ndarray, " point"]
    threshold: Float[np.ndarray, " point"]


def measure_roc(
    truth: Bool[np.ndarray, " object"],
    score: Float[np.ndarray, " object"],
    *,
    weights: Float[np.ndarray, " object"] | None = None,
) -> RocCurve:
    """Measure the receiver operating characteristic of a score.

    Parameters
    ----------
    truth : ndarray of bool, shape (object,)
        True for the objects that should score high.
    score : ndarray, shape (object,)
        Any finite number that grows with the belief; NaN and infinity are refused.
    weights : ndarray, shape (object,), optional
        How much each object counts, 0 or more; one each by default.

    Returns
    -------
    RocCurve
        One point a distinct score (ties share a point), and (0, 0) in front. Without true objects the true positive
        rate is NaN throughout, without others the false positive rate.

    Raises
    ------
    ValueError
        When lengths differ, a number is not finite or a weight is negative.

    Notes
    -----
    Fawcett (2006), Pattern Recognition Letters 27, 861. Points on a straight line are kept.

    Examples
    --------
    >>> roc = measure_roc(np.array([False, True, False, True]), np.array([0.1, 0.8, 0.4, 0.4]))
    >>> roc.false_positive_rate, roc.true_positive_rate, roc.threshold
    (array([0. , 0. , 0.5, 1. ]), array([0. , 0.5, 1. , 1. ]), array([inf, 0.8, 0.4, 0.1]))
    """
    threshold, true, false = _count_above(truth, score, weights)
    return RocCurve(_normalize(false), _normalize(true), threshold)


def measure_auc(
    truth: Bool[np.ndarray, " object"],
    score: Float[np.ndarray, " object"],
    *,
    weights: Float[np.ndarray, " object"] | None = None,
) -> float:
    """Measure the area under the ROC: how often a true object scores above another, a tie counting half.

    Parameters
    ----------
    truth, score, weights : ndarray, shape (object,)
        As for :func:`measure_roc`.

    Returns
    -------
    float
        Between 0 and 1; NaN unless there are objects of both kinds.

    Raises
    ------
    ValueError
        As :func:`measure_roc`.

    Examples
    --------
    >>> measure_auc(np.array([False, True, False, True]), np.array([0.1, 0.8, 0.4, 0.4]))
    0.875
    """
    _, true, false = _count_above(truth, score, weights)
    if true[-1] == 0 or false[-1] == 0:
        return math.nan
    return float(np.trapezoid(_normalize(true), _normalize(false)))


def measure_average_precision(
    truth: Bool[np.ndarray, " object"],
    score: Float[np.ndarray, " object"],
    *,
    weights: Float[np.ndarray, " object"] | None = None,
) -> float:
    r"""Measure the purity averaged over completeness, as the threshold sinks.

    Parameters
    ----------
    truth, score, weights : ndarray, shape (object,)
        As for :func:`measure_roc`.

    Returns
    -------
    float
        Between 0 and 1; NaN without true objects.

    Raises
    ------
    ValueError
        As :func:`measure_roc`.

    Notes
    -----
    :math:`\sum_t (C_t - C_{t-1}) P_t` over the distinct scores t, not interpolated, with completeness C and purity P
    of those scored at least t.

    Examples
    --------
    >>> measure_average_precision(np.array([False, True, True]), np.array([0.5, 0.9, 0.1]))
    0.83333333333333...
    """
    _, true, false = _count_above(truth, score, weights)
    if true[-1] == 0:
        return math.nan
    purity = true[1:] / (true[1:] + false[1:])
    return float(np.sum(np.diff(_normalize(true)) * purity))


def _count_above(
    truth: Bool[np.ndarray, " object"],
    score: Float[np.ndarray, " object"],
    weights: Float[np.ndarray, " object"] | None,
) -> tuple[Float[np.ndarray, " point"], Float[np.ndarray, " point"], Float[np.ndarray, " point"]]:
    """Give the distinct scores from the highest down, and the weights of true and other objects at or above each."""
    require_same_length(truth=truth, score=score)
    require_finite("score", score)
    if weights is not None:
        _require_weights(score, weights)
        truth, score, weights = (column[weights > 0] for column in (truth, score, weights))
    if not np.all(score[1:] <= score[:-1]):  # sorting takes most of the time, and a bootstrap keeps the order
        order = np.argsort(-score)
        truth, score = truth[order], score[order]
        weights = weights if weights is None else weights[order]
    ends = np.flatnonzero(np.append(score[1:] != score[:-1], np.ones(min(1, len(score)), dtype=bool)))
    if weights is None:
        true = np.cumsum(truth)[ends].astype(np.float64)
        false = ends + 1 - true
    else:
        true, false = (np.cumsum(np.where(kind, weights, 0.0))[ends] for kind in (truth, np.logical_not(truth)))
    return np.append(np.inf, score[ends]), np.append(0.0, true), np.append(0.0, false)


def _require_weights(score: Float[np.ndarray, " object"], weights: Float[np.ndarray, " object"]) -> None:
    """Refuse weights that are not one finite number an object, 0 or more."""
    require_same_length(score=score, weights=weights)
    require_finite("weights", weights)
    if weights.size and weights.min() < 0:
        raise ValueError(f"weights: {weights.min()} is negative; weights are 0 or more")


def _normalize(count: Float[np.ndarray, " point"]) -> Float[np.ndarray, " point"]:
    """Divide a running sum by its end; NaN throughout when nothing was summed."""
    return count / count[-1] if count[-1] > 0 else np.full(len(count), np.nan)
