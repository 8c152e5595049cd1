"""Sets of classes that hold the true one with a promised probability, without a model of the errors."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Integer

from skysieve.metrics.checks import (
    require_choice,
    require_fraction,
    require_labels,
    require_probability,
    require_same_length,
)

ConformalScore = Literal["least", "adaptive"]


@dataclass(frozen=True)
class Conformal:
    """The largest score of a class that still belongs to a set; ``n`` objects fixed it for ``coverage``."""

    threshold: float
    coverage: float
    score: ConformalScore
    n: int


def fit_conformal(
    truth: Integer[np.ndarray, " object"],
    probability: Float[np.ndarray, "object label"],
    *,
    coverage: float = 0.9,
    score: ConformalScore = "least",
) -> Conformal:
    r"""Find the threshold of prediction sets on objects that the model did not learn from (split conformal).

    Parameters
    ----------
    truth : ndarray of int, shape (object,)
        The true class 0 .. label - 1.
    probability : ndarray, shape (object, label)
        One softmax a row; NaN is refused.
    coverage : float
        Promised probability that a set holds the true class.
    score : {"least", "adaptive"}
        "least" gives the smallest sets on average; "adaptive" sets that grow where the object is harder, and cover
        somewhat more than promised.

    Returns
    -------
    Conformal
        With fewer than coverage / (1 - coverage) objects the threshold is infinite: sets hold every class.

    Raises
    ------
    ValueError
        When lengths differ, a probability is NaN or outside [0, 1], a row does not sum to one or a label is unknown.

    Notes
    -----
    The threshold is the k-th smallest score of the true classes, k = ceil((n + 1) coverage), so that sets of new
    objects of the same population cover at least as promised (Vovk et al. 2005; Angelopoulos & Bates 2021,
    arXiv:2107.07511, section 1). "least" scores a class 1 - p (Sadinle et al. 2019); "adaptive" with the summed p of
    all classes from the most probable one to itself (Romano et al. 2020, arXiv:2006.02544, without randomization).
    The promise is on average over such fits and holds for independent objects: keep those of one galaxy together.

    Examples
    --------
    >>> probability = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]])
    >>> fit_conformal(np.array([0, 1, 1]), probability, coverage=0.5)
    Conformal(threshold=0.30000000000000004, coverage=0.5, score='least', n=3)
    """
    require_choice("score", score, ConformalScore)
    require_fraction("coverage", coverage)
    require_same_length(truth=truth, probability=probability)
    require_probability("probability", probability)
    require_labels("truth", truth, classes=probability.shape[1])
    n = len(truth)
    scores = np.sort(_score_classes(probability, score)[np.arange(n), truth])
    k = math.ceil(round((n + 1) * coverage, 9))
    return Conformal(float(scores[k - 1]) if k <= n else math.inf, coverage, score, n)


def make_prediction_sets(
    conformal: Conformal, probability: Float[np.ndarray, "object label"]
) -> Bool[np.ndarray, "object label"]:
    """Make the sets of classes that :func:`fit_conformal` promised.

    Parameters
    ----------
    conformal : Conformal
        From objects of the same population.
    probability : ndarray, shape (object, label)
        One softmax a row; NaN is refused.

    Returns
    -------
    ndarray of bool, shape (object, label)
        True for the classes in the set. An empty set says that no class fits; all True that any may.

    Raises
    ------
    ValueError
        When a probability is NaN or outside [0, 1], or a row does not sum to one.

    Examples
    --------
    >>> conformal = Conformal(threshold=0.6, coverage=0.9, score="least", n=100)
    >>> make_prediction_sets(conformal, np.array([[0.5, 0.5], [0.9, 0.1]]))
    array([[ True,  True],
           [ True, False]])
    """
    require_probability("probability", probability)
    return _score_classes(probability, conformal.score) <= conformal.threshold


def _score_classes(
    probability: Float[np.ndarray, "object label"], score: ConformalScore
) -> Float[np.ndarray, "object label"]:
    """Say how ill each class fits."""
    probability = probability.astype(np.float64)
    if score == "least":
        return 1 - probability
    order = np.argsort(-probability, axis=1, kind="stable")
    total = np.cumsum(np.take_along_axis(probability, order, axis=1), axis=1)
    scores = np.empty_like(probability)
    np.put_along_axis(scores, order, total, axis=1)
    return scores
