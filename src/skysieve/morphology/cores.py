"""Three ways from features to probabilities, as plain arrays: nearest neighbors, logistic regression, a forest."""

from dataclasses import dataclass
from typing import Literal, final

import numpy as np
from jaxtyping import Float, Float32, Float64, Integer
from scipy.spatial.distance import cdist

from skysieve.morphology.forest import Forest, apply_forest, grow_forest

Method = Literal["forest", "neighbors", "logistic"]
METHODS: tuple[Method, ...] = ("forest", "neighbors", "logistic")
SETTINGS: dict[Method, tuple[float, ...]] = {
    "forest": (100.0,),
    "neighbors": (5.0, 10.0, 20.0),
    "logistic": (0.01, 0.1, 1.0, 10.0),
}
"""What cross-validation chooses from: trees; neighbors; inverse strength of the penalty on squared coefficients."""
ROWS_AT_ONCE = 4096
FAR_BELOW = -30.0
"""Logit of a class that no training image had."""


@final
@dataclass(frozen=True, eq=False)
class Neighbors:
    """Training images by their features, and how many of them are asked."""

    features: Float32[np.ndarray, "object axis"]
    labels: Integer[np.ndarray, " object"]
    shares: Float64[np.ndarray, " label"]
    count: int


@final
@dataclass(frozen=True, eq=False)
class Logistic:
    """A logit for each class: features times weights, plus offset."""

    weights: Float64[np.ndarray, "number label"]
    offset: Float64[np.ndarray, " label"]


Core = Forest | Neighbors | Logistic
Features = tuple[Float32[np.ndarray, "object number"], Float32[np.ndarray, "object axis"]]
"""Standardized numbers, on which the logistic regression stands, and their principal components, on which others do."""


def fit_core(
    method: Method, setting: float, features: Features, labels: Integer[np.ndarray, " object"], *, classes: int,
    seed: int = 0,
) -> Core:  # fmt: skip
    """Fit one method with one setting of ``SETTINGS``.

    Parameters
    ----------
    labels
        0 .. classes - 1, at least two of them present.
    """
    match method:
        case "forest":
            return grow_forest(features[1], labels, classes=classes, trees=int(setting), seed=seed)
        case "neighbors":
            shares = np.bincount(labels, minlength=classes) / len(labels)
            return Neighbors(features[1], labels, shares, min(int(setting), len(labels)))
        case "logistic":
            return _fit_logistic(features[0], labels, classes, setting)


def apply_core(core: Core, features: Features) -> Float64[np.ndarray, "object label"]:
    """Return probabilities, not calibrated; rows sum to 1."""
    match core:
        case Forest():
            return apply_forest(core, features[1])
        case Neighbors():
            starts = range(0, len(features[1]), ROWS_AT_ONCE)
            parts = [_ask_neighbors(core, features[1][start : start + ROWS_AT_ONCE]) for start in starts]
            return np.concatenate([np.zeros((0, len(core.shares))), *parts])
        case Logistic():
            logits = features[0].astype(np.float64) @ core.weights + core.offset
            raised = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
            return raised / raised.sum(axis=1, keepdims=True)


def _ask_neighbors(
    core: Neighbors, features: Float32[np.ndarray, "object axis"]
) -> Float64[np.ndarray, "object label"]:
    """Let the nearest training images vote, the closer the more; the shares of all have one vote."""
    distance = cdist(features.astype(np.float64), core.features.astype(np.float64))
    nearest = np.argsort(distance, axis=1, kind="stable")[:, : core.count]
    near = np.take_along_axis(distance, nearest, axis=1)
    weight = 1 / (near + 1e-6)
    weight *= core.count / weight.sum(axis=1, keepdims=True)
    votes = np.zeros((len(features), len(core.shares)))
    np.add.at(votes, (np.arange(len(features))[:, None], core.labels[nearest]), weight)
    return (votes + core.shares) / (core.count + 1)


def _fit_logistic(
    numbers: Float[np.ndarray, "object number"], labels: Integer[np.ndarray, " object"], classes: int, inverse: float
) -> Logistic:
    """Fit with scikit-learn; two classes have one logit there, and classes without an object none."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 -- takes a second, which applying need not

    fitted = LogisticRegression(C=inverse, max_iter=5000, tol=1e-3).fit(numbers.astype(np.float64), labels)
    weights, offset = np.zeros((numbers.shape[1], classes)), np.full(classes, FAR_BELOW)
    if len(fitted.classes_) == 2:
        offset[fitted.classes_] = (0.0, fitted.intercept_[0])
        weights[:, fitted.classes_[1]] = fitted.coef_[0]
    else:
        offset[fitted.classes_] = fitted.intercept_
        weights[:, fitted.classes_] = fitted.coef_.T
    return Logistic(weights, offset)
