"""How good classes from a map are: accuracy, confusion, calibration, and trust against distance; all with errors."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int64, Integer, Shaped

from skysieve.metrics import (
    Estimate,
    Proportion,
    Reliability,
    bootstrap,
    measure_calibration_error,
    measure_completeness,
    measure_confusion,
    measure_purity,
    measure_reliability,
)

BINS = 10
LEAST_PROBABILITY = 1e-6


@dataclass(frozen=True, eq=False)
class ClassScores:
    """What was measured of the classes given to labeled images.

    Attributes
    ----------
    accuracy, balanced_accuracy
        Part that is right; mean over the classes of the part of each that is right.
    calibration_error
        Mean difference of probability and truth in ten bins of the probability of the class given.
    loss
        Mean of -log of the probability of the true class.
    confusion
        Rows true classes, columns found ones.
    completeness, purity
        By class, with binomial intervals.
    reliability
        In bins of probability.
    """

    classes: tuple[str, ...]
    accuracy: Estimate
    balanced_accuracy: Estimate
    calibration_error: Estimate
    loss: Estimate
    confusion: Int64[np.ndarray, "truth found"]
    completeness: dict[str, Proportion]
    purity: dict[str, Proportion]
    reliability: Reliability


@dataclass(frozen=True)
class DistanceBin:
    """Images between two distances to their best-matching unit: what was promised, and what came true."""

    low: float
    high: float
    mean_probability: float
    accuracy: Proportion


def measure_scores(
    truth: Integer[np.ndarray, " image"],
    probability: Float[np.ndarray, "image label"],
    classes: Sequence[str],
    *,
    groups: Shaped[np.ndarray, " image"] | None = None,
    resamples: int = 500,
) -> ClassScores:
    """Compare the most probable class of each image with its label.

    Parameters
    ----------
    truth
        0 .. len(classes) - 1.
    probability
        Rows sum to 1; NaN is refused.
    groups
        Sky cell or exposure of each image: errors come from drawing whole groups. By default each is its own.
    resamples
        Number of such draws.

    Raises
    ------
    ValueError
        If there are no images, or a label or probability is out of range.
    """
    if not len(truth):
        raise ValueError("scores: there is no labeled image to judge; give labels of images with known distances")
    found = probability.argmax(axis=1)

    def estimate(statistic: Any) -> Estimate:
        return bootstrap(statistic, [truth, probability], groups=groups, resamples=resamples)

    return ClassScores(
        tuple(classes),
        accuracy=estimate(_measure_accuracy),
        balanced_accuracy=estimate(_measure_balanced),
        calibration_error=estimate(lambda t, p: measure_calibration_error(t, p, bins=BINS)),
        loss=estimate(_measure_loss),
        confusion=measure_confusion(truth, found, classes=len(classes)),
        completeness={name: measure_completeness(truth == k, found == k) for k, name in enumerate(classes)},
        purity={name: measure_purity(truth == k, found == k) for k, name in enumerate(classes)},
        reliability=measure_reliability(truth, probability, bins=BINS),
    )


def measure_by_distance(
    truth: Integer[np.ndarray, " image"],
    probability: Float[np.ndarray, "image label"],
    distance: Float[np.ndarray, " image"],
    *,
    bins: int = 5,
) -> list[DistanceBin]:
    """Compare probability and truth of the class given, in bins of distance with as many images each.

    Parameters
    ----------
    distance
        To the best-matching unit; finite.
    bins
        Number of bins; fewer where distances are equal.
    """
    if not len(truth):
        return []
    edges = np.unique(np.quantile(distance, np.linspace(0, 1, bins + 1)))
    place = np.clip(np.searchsorted(edges, distance, side="left") - 1, 0, max(len(edges) - 2, 0))
    right, top = probability.argmax(axis=1) == truth, probability.max(axis=1)
    rows = []
    for number in np.unique(place):
        chosen = place == number
        ends = float(distance[chosen].min()), float(distance[chosen].max())
        share = measure_completeness(chosen, right & chosen)
        rows.append(DistanceBin(*ends, float(top[chosen].mean()), share))
    return rows


def list_scores(scores: ClassScores) -> dict[str, Any]:
    """Return the scores as plain values for JSON."""
    plain: dict[str, Any] = {
        name: asdict(getattr(scores, name)) for name in ("accuracy", "balanced_accuracy", "calibration_error", "loss")
    }
    plain |= {"classes": list(scores.classes), "confusion": scores.confusion.tolist()}
    for name in ("completeness", "purity"):
        plain[name] = {label: asdict(one) for label, one in getattr(scores, name).items()}
    return replace_unknown(plain)


def replace_unknown(plain: Any) -> Any:
    """Return nested plain values with None for NaN and infinite numbers, which JSON does not know."""
    if isinstance(plain, dict):
        return {key: replace_unknown(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [replace_unknown(value) for value in plain]
    return None if isinstance(plain, float) and not np.isfinite(plain) else plain


def _measure_accuracy(truth: np.ndarray, probability: np.ndarray) -> float:
    return float((probability.argmax(axis=1) == truth).mean())


def _measure_balanced(truth: np.ndarray, probability: np.ndarray) -> float:
    right = probability.argmax(axis=1) == truth
    count = np.bincount(truth, minlength=probability.shape[1])
    hits = np.bincount(truth, weights=right, minlength=probability.shape[1])
    return float((hits[count > 0] / count[count > 0]).mean())


def _measure_loss(truth: np.ndarray, probability: np.ndarray) -> float:
    return -float(np.log(np.maximum(probability[np.arange(len(truth)), truth], LEAST_PROBABILITY)).mean())
