"""Do probabilities mean what they say: reliability, expected calibration error, Brier score."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int64, Integer

from skysieve.metrics.checks import require_choice, require_labels, require_probability, require_same_length
from skysieve.metrics.proportions import make_proportion

Truth = Bool[np.ndarray, " object"] | Integer[np.ndarray, " object"]
Probability = Float[np.ndarray, " object"] | Float[np.ndarray, "object label"]
Binning = Literal["width", "count"]


@dataclass(frozen=True)
class Reliability:
    """One row a bin of probability: edges, objects, mean probability, fraction that came true and its error.

    ``error`` is half the 68 % Wilson interval of the fraction. Bins without objects have n = 0 and NaN.
    """

    low: Float[np.ndarray, " bin"]
    high: Float[np.ndarray, " bin"]
    n: Int64[np.ndarray, " bin"]
    mean_probability: Float[np.ndarray, " bin"]
    fraction: Float[np.ndarray, " bin"]
    error: Float[np.ndarray, " bin"]


def measure_reliability(
    truth: Truth, probability: Probability, *, bins: int = 15, binning: Binning = "width"
) -> Reliability:
    """Compare probabilities with how often they came true.

    Parameters
    ----------
    truth : ndarray, shape (object,)
        Booleans for one probability an object, else the true class 0 .. label - 1.
    probability : ndarray, shape (object,) or (object, label)
        Between 0 and 1; of several classes the most probable one is judged (top label). NaN is refused.
    bins : int
        Number of bins.
    binning : {"width", "count"}
        Bins of equal width over [0, 1], or of equal numbers of objects (equal probabilities share a bin, so that
        there may be fewer).

    Returns
    -------
    Reliability
        A bin holds low < p <= high, the first one its low edge too. Without objects all n are 0.

    Raises
    ------
    ValueError
        When lengths differ, a probability is NaN or outside [0, 1], rows do not sum to one, or bins < 1.

    Notes
    -----
    Top label: Guo et al. (2017), arXiv:1706.04599, section 2.

    Examples
    --------
    >>> table = measure_reliability(np.array([False, True, True]), np.array([0.2, 0.4, 0.9]), bins=2)
    >>> table.n, table.mean_probability, table.fraction
    (array([2, 1]), array([0.3, 0.9]), array([0.5, 1. ]))
    """
    if bins < 1:
        raise ValueError(f"bins={bins}: at least one bin is wanted")
    require_choice("binning", binning, Binning)
    truth, probability = _judge_top_label(truth, probability)
    edges = _make_edges(probability, bins, binning)
    chosen = np.searchsorted(edges[1:-1], probability, side="left")
    n = np.bincount(chosen, minlength=len(edges) - 1).astype(np.int64)
    total = np.bincount(chosen, weights=probability, minlength=len(n))
    hits = np.bincount(chosen, weights=truth, minlength=len(n)).astype(np.int64)
    mean = np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)
    shares = [make_proportion(k, size, level=0.68) for k, size in zip(hits.tolist(), n.tolist(), strict=True)]
    fraction = np.array([share.value for share in shares])
    error = np.array([(share.high - share.low) / 2 for share in shares])
    return Reliability(edges[:-1], edges[1:], n, mean, fraction, error)


def measure_calibration_error(
    truth: Truth, probability: Probability, *, bins: int = 15, binning: Binning = "width"
) -> float:
    r"""Measure the expected calibration error: by how much probabilities are off on average.

    Parameters
    ----------
    truth, probability, bins, binning
        As for :func:`measure_reliability`.

    Returns
    -------
    float
        Between 0 and 1; NaN without objects.

    Raises
    ------
    ValueError
        As :func:`measure_reliability`.

    Notes
    -----
    :math:`\sum_b n_b / n \, |f_b - p_b|` with the fraction f and the mean probability p of the bins b (Naeini et al.
    2015; Guo et al. 2017, eq. 3). Noise adds to it: perfect probabilities have about
    :math:`\sqrt{2 p (1-p) \, b / \pi n}` with b bins.

    Examples
    --------
    >>> round(measure_calibration_error(np.array([False, True, True]), np.array([0.2, 0.4, 0.9]), bins=2), 6)
    0.166667
    """
    table = measure_reliability(truth, probability, bins=bins, binning=binning)
    if not table.n.any():
        return float("nan")
    filled = table.n > 0
    return float(np.average(np.abs(table.fraction - table.mean_probability)[filled], weights=table.n[filled]))


def measure_brier(truth: Truth, probability: Probability) -> float:
    r"""Measure the mean square error of probabilities.

    Parameters
    ----------
    truth, probability
        As for :func:`measure_reliability`.

    Returns
    -------
    float
        0 (perfect) to 1 for one probability an object, to 2 for several classes; NaN without objects.

    Raises
    ------
    ValueError
        As :func:`measure_reliability`.

    Notes
    -----
    Brier (1950): :math:`\langle (p - t)^2 \rangle`, with several classes summed over them.

    Examples
    --------
    >>> round(measure_brier(np.array([False, True]), np.array([0.2, 0.6])), 6)
    0.1
    >>> round(measure_brier(np.array([0, 1]), np.array([[0.8, 0.2], [0.4, 0.6]])), 6)
    0.2
    """
    _check(truth, probability)
    if not len(truth):
        return float("nan")
    if probability.ndim == 1:
        return float(np.mean((probability.astype(np.float64) - truth) ** 2))
    target = np.eye(probability.shape[1])[truth]
    return float(np.mean(np.sum((probability - target) ** 2, axis=1)))


def _check(truth: Truth, probability: Probability) -> None:
    """Refuse what :func:`measure_reliability` says it refuses."""
    require_same_length(truth=truth, probability=probability)
    require_probability("probability", probability)
    require_labels("truth", truth, classes=2 if probability.ndim == 1 else probability.shape[1])


def _judge_top_label(
    truth: Truth, probability: Probability
) -> tuple[Bool[np.ndarray, " object"], Float[np.ndarray, " object"]]:
    """Reduce classes to one question an object: is it the most probable one, and how probable was that."""
    _check(truth, probability)
    if probability.ndim == 1:
        return truth.astype(bool), probability.astype(np.float64)
    top = probability.argmax(axis=1) if len(probability) else np.zeros(0, dtype=np.int64)
    return truth == top, probability.max(axis=1, initial=0).astype(np.float64)


def _make_edges(probability: Float[np.ndarray, " object"], bins: int, binning: Binning) -> Float[np.ndarray, " edge"]:
    """Make the edges of the bins; equal edges fall together."""
    if binning == "width" or not len(probability):
        return np.linspace(0, 1, bins + 1)
    last = -(-len(probability) * np.arange(1, bins + 1) // bins) - 1  # of the objects in each bin, counted in integers
    upper = np.unique(np.sort(probability)[last])
    return np.append(probability.min(), upper)
