"""A classifier of distances on disk: safetensors with a card, and nothing that can run code."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float, Float64

from skysieve.io.weights import Metric, ModelCard, SelfCheck, read_weights, write_weights
from skysieve.morphology.classifier import DistanceClassifier, apply_classifier
from skysieve.morphology.closeness import Front
from skysieve.morphology.cores import Core, Logistic, Method, Neighbors
from skysieve.morphology.forest import Forest
from skysieve.morphology.outliers import OutlierReference
from skysieve.training import Temperature

CAPABILITY, TOLERANCE = "morphology", 1e-5
CORES: dict[Method, type[Core]] = {"forest": Forest, "neighbors": Neighbors, "logistic": Logistic}


@final
@dataclass(frozen=True, eq=False)
class Judge:
    """All that is needed to judge images that were mapped on one map.

    Attributes
    ----------
    classes
        Names of the labels.
    shares
        Of each class at each neuron, for the vote.
    classifier
        By the distances to all neurons; None where only votes are wanted.
    outliers
        The usual distances.
    som_sha256
        Of the map; empty where it is not known.
    """

    classes: tuple[str, ...]
    shares: Float64[np.ndarray, "neuron label"]
    classifier: DistanceClassifier | None
    outliers: OutlierReference
    som_sha256: str = ""


def write_judge(
    path: Path, judge: Judge, *, example: Float[np.ndarray, "image neuron"], about: str, metrics: Mapping[str, Metric]
) -> ModelCard:
    """Write a judge as ``.safetensors`` with its card beside it.

    Parameters
    ----------
    path
        Ends in ``.safetensors``.
    example
        Known distances of a few images, kept to check that the classifier still gives the same.
    about
        What it was made from, in words.
    metrics
        What was measured of it.
    """
    tensors = {"shares": judge.shares} | _list_arrays("outliers", judge.outliers)
    recipe: dict[str, Any] = {"classes": list(judge.classes), "som_sha256": judge.som_sha256}
    calibration: dict[str, str | float] = {}
    check = None
    if judge.classifier is not None:
        one = judge.classifier
        tensors |= _list_arrays("front", one.front) | _list_arrays("core", one.core)
        tensors |= {"check.input.0": example, "check.output": apply_classifier(one, example)}
        recipe |= {"setting": one.setting, "softening": one.front.softening, "losses": dict(one.losses)}
        recipe |= {"count": one.core.count} if isinstance(one.core, Neighbors) else {}
        calibration = {"kind": "temperature", "temperature": one.temperature.temperature}
        check = SelfCheck(tolerance=TOLERANCE, rounding=0.0)
    card = ModelCard(
        name=path.stem, version="1", capability=CAPABILITY,
        architecture="vote" if judge.classifier is None else judge.classifier.method,
        training_data=about, domain="images prepared and mapped as those it was made from; see the outlier score",
        license="that of the images and labels it was made from", seed=0, metrics=dict(metrics), recipe=recipe,
        calibration=calibration, check=check,
    )  # fmt: skip
    return write_weights(path, tensors, card)


def read_judge(path: Path) -> Judge:
    """Read a judge.

    Raises
    ------
    ValueError
        If the file is not whole, holds something else, or its classifier does not give what it gave when written.
    """
    tensors, card = read_weights(path)
    try:
        classifier = None if card.architecture == "vote" else _read_classifier(tensors, card)
        judge = Judge(
            tuple(card.recipe["classes"]), tensors["shares"].astype(np.float64), classifier,
            OutlierReference(**_take("outliers", tensors)), str(card.recipe["som_sha256"]),
        )  # fmt: skip
    except (KeyError, TypeError) as problem:
        raise ValueError(f"{path.name}: not a classifier of distances ({problem}); give one of som transfer") from None
    if classifier is not None:
        _check(path, classifier, tensors)
    return judge


def _read_classifier(tensors: Mapping[str, np.ndarray], card: ModelCard) -> DistanceClassifier:
    method = next((name for name in CORES if name == card.architecture), None)
    if method is None:
        raise KeyError(card.architecture)
    numbers: dict[str, Any] = {"count": int(card.recipe["count"])} if method == "neighbors" else {}
    return DistanceClassifier(
        tuple(card.recipe["classes"]), method, float(card.recipe["setting"]),
        Front(softening=float(card.recipe["softening"]), **_take("front", tensors)),
        CORES[method](**_take("core", tensors), **numbers),
        Temperature(float(card.calibration["temperature"])), dict(card.recipe["losses"]),
    )  # fmt: skip


def _check(path: Path, classifier: DistanceClassifier, tensors: Mapping[str, np.ndarray]) -> None:
    off = np.abs(apply_classifier(classifier, tensors["check.input.0"]) - tensors["check.output"]).max(initial=0)
    if not off <= TOLERANCE:
        raise ValueError(f"{path.name}: its example gives probabilities that are off by {off:.2g}; make it anew")


def _list_arrays(prefix: str, record: Front | Core | OutlierReference) -> dict[str, np.ndarray]:
    values = {one.name: getattr(record, one.name) for one in fields(record)}
    return {f"{prefix}.{name}": value for name, value in values.items() if isinstance(value, np.ndarray)}


def _take(prefix: str, tensors: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return the arrays of one record by the names of its fields."""
    return {name.removeprefix(f"{prefix}."): one for name, one in tensors.items() if name.startswith(f"{prefix}.")}
