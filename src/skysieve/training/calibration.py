"""Probabilities that mean what they say: temperature and isotonic calibration of logits, applied with NumPy alone."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float, Integer
from scipy.optimize import isotonic_regression, minimize_scalar

Logits = Float[np.ndarray, " object"] | Float[np.ndarray, "object class"]
Labels = Integer[np.ndarray, " object"]

LARGEST = 100.0
"""Temperatures are sought between 1 / LARGEST and LARGEST."""
FAR = 1e200
"""Logits beyond are as good as infinite; up to there differences and quotients of them stay finite."""


@final
@dataclass(frozen=True)
class Temperature:
    """Divides all logits by one number."""

    temperature: float


@final
@dataclass(frozen=True)
class Isotonic:
    """Rising curves from scores to probabilities, straight between their knots; one curve each class.

    Curve ``k`` has the knots ``edges[k]:edges[k + 1]`` of ``scores`` (rising) and ``probabilities``. With one curve the
    scores are logits of a yes or no, with several they are softmax probabilities.
    """

    scores: Float[np.ndarray, " knot"]
    probabilities: Float[np.ndarray, " knot"]
    edges: Integer[np.ndarray, " edge"]


Calibrator = Temperature | Isotonic


def fit_temperature(logits: Logits, labels: Labels) -> Temperature:
    """Find the temperature that makes the labels most likely.

    Parameters
    ----------
    logits : array
        Of validation objects that the network was not trained on: (object,) the logit of yes, or (object, class).
    labels : array of int
        0 or 1, or the class.

    Returns
    -------
    Temperature
        Between 0.01 and 100; a bound means that the logits are all right or tell nothing.

    Raises
    ------
    ValueError
        If there are no objects, a logit is not finite, or a label is not a class.

    Notes
    -----
    Guo et al. (2017), section 4.2. The order of the objects, and so the ROC curve, stays as it is.

    Examples
    --------
    >>> fitted = fit_temperature(np.array([4.0, 4.0, 4.0, 4.0]), np.array([1, 1, 1, 0]))
    >>> round(float(calibrate(fitted, np.array([4.0]))[0]), 3)
    0.75
    """
    _refuse_bad(logits, labels)
    wide = _widen(logits)

    def measure_loss(log_temperature: float) -> float:
        scaled = wide / np.exp(log_temperature)
        return float(np.mean(_log_sum_exp(scaled) - scaled[np.arange(len(labels)), labels]))

    bound = float(np.log(LARGEST))
    found = minimize_scalar(measure_loss, bounds=(-bound, bound), method="bounded", options={"xatol": 1e-6})
    return Temperature(float(np.exp(found.x)))


def fit_isotonic(logits: Logits, labels: Labels) -> Isotonic:
    """Find the rising curve from logit to probability that fits best; with several classes one for each.

    Parameters
    ----------
    logits : array
        Of validation objects that the network was not trained on: (object,) the logit of yes, or (object, class).
    labels : array of int
        0 or 1, or the class.

    Returns
    -------
    Isotonic
        Its probabilities stay away from 0 and 1 by what the numbers of objects at both ends allow to tell.

    Raises
    ------
    ValueError
        If there are no objects, a logit is not finite, or a label is not a class.

    Notes
    -----
    Zadrozny & Elkan (2002): one class against the rest, then scaled to a sum of 1. It needs more objects than a
    temperature does, some thousand, and mends what a temperature cannot.
    """
    _refuse_bad(logits, labels)
    bounded = np.clip(logits.astype(float), -FAR, FAR)
    if logits.ndim == 1:
        curves = [_fit_curve(bounded, labels == 1)]
    else:
        shares = _softmax(bounded)
        curves = [_fit_curve(shares[:, k], labels == k) for k in range(logits.shape[1])]
    edges = np.cumsum([0, *(len(knots) for knots, _ in curves)])
    scores, probabilities = (np.concatenate(part) for part in zip(*curves, strict=True))
    return Isotonic(scores, probabilities, edges)


def calibrate(calibrator: Calibrator, logits: Logits) -> Logits:
    """Return calibrated probabilities.

    Parameters
    ----------
    calibrator : Temperature or Isotonic
        As fitted to logits of the same shape.
    logits : array
        (object,) the logit of yes, or (object, class).

    Returns
    -------
    array
        Of the shape of the logits: the probability of yes, or of each class, with a sum of 1. NaN where a logit of the
        object is NaN.

    Raises
    ------
    ValueError
        If the calibrator is one of another number of classes.
    """
    bounded = np.clip(logits.astype(float), -FAR, FAR)
    if isinstance(calibrator, Temperature):
        scaled = bounded / calibrator.temperature
        return _sigmoid(scaled) if logits.ndim == 1 else _softmax(scaled)
    curves = len(calibrator.edges) - 1
    wanted = 1 if logits.ndim == 1 else logits.shape[1]
    if curves != wanted:
        raise ValueError(f"calibration: fitted for {curves} curves, the logits want {wanted}; use its own network")
    if logits.ndim == 1:
        return _read_curve(calibrator, 0, bounded)
    scores = _softmax(bounded)
    raw = np.stack([_read_curve(calibrator, k, scores[:, k]) for k in range(curves)], axis=1)
    return raw / raw.sum(axis=1, keepdims=True)


def _fit_curve(
    scores: Float[np.ndarray, " object"], truth: np.ndarray
) -> tuple[Float[np.ndarray, " knot"], Float[np.ndarray, " knot"]]:
    """Return the knots of one curve: both ends of each flat piece."""
    values, inverse, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    shares = np.bincount(inverse, weights=truth) / sizes
    level = isotonic_regression(shares, weights=sizes).x
    starts = np.flatnonzero(np.diff(level, prepend=-1.0) > 0)
    ends = np.append(starts[1:] - 1, len(level) - 1)
    # Half an object on the other side of each end: no probability of 0 or 1 from finitely many objects.
    low, high = (0.5 / (sizes[slice(a, b + 1)].sum() + 1) for a, b in ((starts[0], ends[0]), (starts[-1], ends[-1])))
    knots = np.unique(np.concatenate([starts, ends]))
    bounded = np.clip(level[knots], min(low, 0.5), max(1 - high, 0.5))
    return values[knots], bounded


def _read_curve(curves: Isotonic, number: int, scores: Float[np.ndarray, " object"]) -> Float[np.ndarray, " object"]:
    part = slice(curves.edges[number], curves.edges[number + 1])
    read = np.interp(scores, curves.scores[part], curves.probabilities[part])
    return np.where(np.isnan(scores), np.nan, read)


def _widen(logits: Logits) -> Float[np.ndarray, "object class"]:
    """Write the logit of yes as two logits."""
    plain = np.clip(logits.astype(float), -FAR, FAR)
    return np.stack([np.zeros(len(plain)), plain], axis=1) if plain.ndim == 1 else plain


def _sigmoid(logits: Float[np.ndarray, " object"]) -> Float[np.ndarray, " object"]:
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1 / (1 + small), small / (1 + small))


def _softmax(logits: Float[np.ndarray, "object class"]) -> Float[np.ndarray, "object class"]:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return raised / raised.sum(axis=1, keepdims=True)


def _log_sum_exp(logits: Float[np.ndarray, "object class"]) -> Float[np.ndarray, " object"]:
    top = logits.max(axis=1)
    return top + np.log(np.exp(logits - top[:, None]).sum(axis=1))


def _refuse_bad(logits: Logits, labels: Labels) -> None:
    classes = 2 if logits.ndim == 1 else logits.shape[1]
    if len(logits) == 0 or len(logits) != len(labels):
        raise ValueError(f"calibration: {len(logits)} logits and {len(labels)} labels; give as many, and at least one")
    if not np.isfinite(logits).all():
        raise ValueError("calibration: some logits are not finite; leave those objects out")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"calibration: labels from {labels.min()} to {labels.max()}; 0 to {classes - 1} are wanted")
