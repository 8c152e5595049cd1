"""From labels or annotations to a judge, and from a judge to the columns of a catalog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float, Int64, Shaped

from skysieve.morphology.classifier import apply_classifier, fit_classifier
from skysieve.morphology.classifier_file import Judge
from skysieve.morphology.cores import METHODS, Method
from skysieve.morphology.mapped_rows import MappedRows
from skysieve.morphology.outliers import Outliers, find_outliers, fit_outliers
from skysieve.morphology.transfer import (
    LabelShares,
    count_codes,
    measure_shares,
    spread_annotations,
    vote,
    vote_left_out,
)

Way = Literal["vote", "forest", "neighbors", "logistic", "best"]
"""How labels get to images: by shares at their neuron, by a classifier of distances, by the best of the classifiers."""


@dataclass(frozen=True, eq=False)
class Learned:
    """A judge, and what it says of the images that it learned from.

    Attributes
    ----------
    judge
        For other images on the same map.
    probability
        Of the images at hand: of labeled ones without their own label (by vote) or their group (by a classifier).
    shares
        The labels counted at the neurons; None where a person labeled them.
    """

    judge: Judge
    probability: Float[np.ndarray, "image label"]
    shares: LabelShares | None


def learn_labels(
    mapped: MappedRows,
    labels: Int64[np.ndarray, " image"],
    classes: Sequence[str],
    *,
    way: Way = "best",
    groups: Shaped[np.ndarray, " image"] | None = None,
    seed: int = 0,
) -> Learned:
    """Learn from labels of some images on the map.

    Parameters
    ----------
    labels
        0 .. len(classes) - 1, -1 for images without one.
    way
        How to judge.
    groups
        Of images that are kept together in cross-validation.

    Raises
    ------
    ValueError
        If there are too few labels, classes, groups or images.
    """
    counts = count_codes(mapped.bmu, labels, neurons=mapped.lattice.n_neurons, classes=len(classes))
    shares = measure_shares(counts, classes, mapped.lattice)
    outliers = fit_outliers(mapped.bmu, mapped.nearest, mapped.lattice)
    judge = Judge(tuple(classes), shares.shares, None, outliers, mapped.som_sha256)
    if way == "vote":
        return Learned(judge, vote_left_out(mapped.bmu, labels, shares), shares)
    methods: Sequence[Method] = METHODS if way == "best" else (way,)
    fitted = fit_classifier(mapped.distance, labels, classes, groups=groups, methods=methods, seed=seed)
    found = apply_classifier(fitted.classifier, mapped.distance)
    known = np.isfinite(fitted.left_out).all(axis=1)
    found[known] = fitted.left_out[known]
    return Learned(replace(judge, classifier=fitted.classifier), found, shares)


def learn_annotations(mapped: MappedRows, named: Mapping[int, Sequence[str]]) -> Learned:
    """Take the labels that a person gave to neurons; images of neurons without one have no probabilities.

    Raises
    ------
    ValueError
        If a neuron is not on the map, or none has a label.
    """
    classes, shares = spread_annotations(named, neurons=mapped.lattice.n_neurons)
    outliers = fit_outliers(mapped.bmu, mapped.nearest, mapped.lattice)
    return Learned(Judge(classes, shares, None, outliers, mapped.som_sha256), vote(mapped.bmu, shares), None)


def apply_judge(judge: Judge, mapped: MappedRows) -> Float[np.ndarray, "image label"]:
    """Return the probabilities of images that the judge has not seen.

    Raises
    ------
    ValueError
        If they were mapped on another map.
    """
    if judge.som_sha256 and mapped.som_sha256 and judge.som_sha256 != mapped.som_sha256:
        raise ValueError(
            f"mapping: on the map {mapped.som_sha256[:12]}...; the classifier belongs to {judge.som_sha256[:12]}...; "
            "map the images on that one"
        )
    if len(judge.shares) != mapped.lattice.n_neurons:
        raise ValueError(
            f"mapping: {mapped.lattice.n_neurons} neurons; the classifier knows a map of {len(judge.shares)}; "
            "map the images on that one"
        )
    if judge.classifier is None:
        return vote(mapped.bmu, judge.shares)
    return apply_classifier(judge.classifier, mapped.distance)


def judge_outliers(judge: Judge, mapped: MappedRows, *, level: float) -> Outliers:
    """Say how unusual the images are; ``level`` is the p-value below which one is outside."""
    return find_outliers(judge.outliers, mapped.bmu, mapped.nearest, level=level)
