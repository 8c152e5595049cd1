"""A class for each image from its distances to all neurons: chosen by cross-validation, and calibrated."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float, Float64, Integer, Shaped

from skysieve.morphology.closeness import Front, fit_front, is_known, measure_closeness
from skysieve.morphology.cores import METHODS, SETTINGS, Core, Features, Method, apply_core, fit_core
from skysieve.training import Temperature, calibrate, fit_temperature, split_folds

FOLDS = 5
FLOOR = 1e-3
"""Least probability of a class before calibration: finitely many images rule nothing out."""


@final
@dataclass(frozen=True, eq=False)
class DistanceClassifier:
    """Probabilities of classes from distances.

    Attributes
    ----------
    classes
        Their names.
    method, setting
        The one that foretold best, and its setting (trees, neighbors, or inverse strength of the penalty).
    front, core, temperature
        Distances to features, features to probabilities, and their calibration.
    losses
        By method, the least mean logarithmic loss in cross-validation.
    """

    classes: tuple[str, ...]
    method: Method
    setting: float
    front: Front
    core: Core
    temperature: Temperature
    losses: dict[Method, float]


@dataclass(frozen=True, eq=False)
class FittedClassifier:
    """A classifier, and what classifiers without an image's own group say of each labeled image.

    ``left_out`` holds calibrated probabilities in the order of the images that were given; NaN for unlabeled ones.
    """

    classifier: DistanceClassifier
    left_out: Float64[np.ndarray, "image label"]


@dataclass(frozen=True, eq=False)
class _Trial:
    """One method with one setting, and its probabilities of images that it was not fitted to."""

    method: Method
    setting: float
    temperature: Temperature
    probability: Float64[np.ndarray, "object label"]
    loss: float


def fit_classifier(
    distance: Float[np.ndarray, "image neuron"],
    labels: Integer[np.ndarray, " image"],
    classes: Sequence[str],
    *,
    groups: Shaped[np.ndarray, " image"] | None = None,
    methods: Sequence[Method] = METHODS,
    seed: int = 0,
) -> FittedClassifier:
    """Fit methods to the labeled images of a mapping, and keep the one that foretells best.

    Parameters
    ----------
    distance
        To all neurons. Images without labels help to find the scale of the distances; images with NaN are left out.
    labels
        0 .. len(classes) - 1; -1 for images without a label.
    classes
        Names of the labels.
    groups
        Sky cell, exposure or galaxy of each image: those of one group are never on both sides of a split. By default
        every image is its own.
    methods
        Those to try.
    seed
        Of the folds and the forest.

    Raises
    ------
    ValueError
        If fewer than two classes or two groups have labeled images with known distances.

    Notes
    -----
    Five folds by group. Each method and setting is calibrated by one temperature (Guo et al. 2017) on the images left
    out, and judged by their mean logarithmic loss; the one with the least is fitted again to all. Choosing makes that
    loss look slightly better than it is: measure a classifier on images that had no part in this.
    """
    chosen = np.flatnonzero(is_known(distance) & (labels >= 0))
    known, where = labels[chosen], np.arange(len(labels)) if groups is None else groups
    _refuse_few(known, where[chosen], classes)
    front = fit_front(distance)
    features = measure_closeness(front, distance[chosen])
    fold = split_folds(where[chosen], min(FOLDS, len(np.unique(where[chosen]))), seed)
    _refuse_lonely(known, fold, classes)
    trials = [
        _try_setting(method, setting, features, known, fold=fold, classes=len(classes), seed=seed)
        for method in methods
        for setting in SETTINGS[method]
    ]
    best = min(trials, key=lambda trial: trial.loss)
    core = fit_core(best.method, best.setting, features, known, classes=len(classes), seed=seed)
    losses = {method: min(trial.loss for trial in trials if trial.method == method) for method in methods}
    left_out = np.full((len(labels), len(classes)), np.nan)
    left_out[chosen] = best.probability
    fitted = DistanceClassifier(tuple(classes), best.method, best.setting, front, core, best.temperature, losses)
    return FittedClassifier(fitted, left_out)


def apply_classifier(
    classifier: DistanceClassifier, distance: Float[np.ndarray, "image neuron"]
) -> Float64[np.ndarray, "image label"]:
    """Return calibrated probabilities of the classes; rows sum to 1, NaN where a distance is not known.

    Raises
    ------
    ValueError
        If there are distances to another number of neurons.
    """
    known = is_known(distance)
    features = measure_closeness(classifier.front, distance[known])
    found = np.full((len(distance), len(classifier.classes)), np.nan)
    found[known] = calibrate(classifier.temperature, _take_logarithm(apply_core(classifier.core, features)))
    return found


def _try_setting(
    method: Method, setting: float, features: Features, labels: Integer[np.ndarray, " object"], *,
    fold: Integer[np.ndarray, " object"], classes: int, seed: int,
) -> _Trial:  # fmt: skip
    """Foretell the images of each fold from the others."""
    raw = np.zeros((len(labels), classes))
    for one in range(fold.max() + 1):
        held = fold == one
        rest, asked = (tuple(part[rows] for part in features) for rows in (~held, held))
        core = fit_core(method, setting, (rest[0], rest[1]), labels[~held], classes=classes, seed=seed)
        raw[held] = apply_core(core, (asked[0], asked[1]))
    logits = _take_logarithm(raw)
    temperature = fit_temperature(logits, labels)
    probability = calibrate(temperature, logits)
    loss = -float(np.log(probability[np.arange(len(labels)), labels]).mean())
    return _Trial(method, setting, temperature, probability, loss)


def _take_logarithm(probability: Float64[np.ndarray, "object label"]) -> Float64[np.ndarray, "object label"]:
    return np.log((probability + FLOOR) / (1 + FLOOR * probability.shape[1]))


def _refuse_few(
    labels: Integer[np.ndarray, " object"], groups: Shaped[np.ndarray, " object"], classes: Sequence[str]
) -> None:
    present = np.unique(labels)
    if len(present) < 2:
        found = f"only {classes[present[0]]!r} has" if len(present) else "no label has"
        raise ValueError(f"labels: {found} images with known distances; at least two labels are wanted")
    if len(np.unique(groups)) < 2:
        raise ValueError("labels: all labeled images are of one group; cross-validation wants at least two")


def _refuse_lonely(
    labels: Integer[np.ndarray, " object"], fold: Integer[np.ndarray, " object"], classes: Sequence[str]
) -> None:
    """Refuse folds without which only one class is left to learn from."""
    for one in range(fold.max() + 1):
        left = np.unique(labels[fold != one])
        if len(left) < 2:
            raise ValueError(
                f"labels: without the images of one fold only {classes[left[0]]!r} is left; label more images, in more "
                "groups (cells of the sky, unless others are named), or let neurons vote"
            )
