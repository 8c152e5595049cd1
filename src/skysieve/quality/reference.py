"""The labeled exposures that a verdict can be compared with: a few thousand, kept in the weights."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float16, Int, Int64
from scipy.spatial.distance import cdist

from skysieve.io.shipped import find_weights
from skysieve.io.weights import read_weights
from skysieve.quality.labels import CAUSES
from skysieve.training import DomainIndex

SIZE = 2000
"""Labeled exposures in the weights, at most: 0.6 MB for 150 features."""

EDGE = 1e4
"""Features farther than this from the domain's center [its scale] count as that far; 16 bits hold no more."""

NO_REFERENCE = "these weights hold no labeled exposures to compare with; train and export them again"


@dataclass(frozen=True)
class Reference:
    """Labeled exposures, a detector of each.

    ``vectors`` are embeddings less the center of the judge's domain over its scale; ``label`` is the number of the
    cause in ``CAUSES``; ``exposure`` the number of the exposure in the learning set.
    """

    vectors: Float16[np.ndarray, "row feature"]
    label: Int[np.ndarray, " row"]
    exposure: Int[np.ndarray, " row"]


@dataclass(frozen=True)
class Similar:
    """The labeled exposures most like one, nearest first.

    ``exposure`` are their numbers in the learning set, ``label`` their causes, ``distance`` [threshold of the domain]:
    beyond 1 from the nearest an exposure is unlike anything labeled. ``share`` is that of each cause among them.
    """

    exposure: tuple[int, ...]
    label: tuple[str, ...]
    distance: tuple[float, ...]
    share: Mapping[str, float]


def fit_reference(
    embeddings: Float[np.ndarray, "row feature"],
    label: Int[np.ndarray, " row"],
    exposure: Int[np.ndarray, " row"],
    *,
    domain: DomainIndex,
    size: int = SIZE,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Choose labeled exposures to keep with a judge.

    Parameters
    ----------
    embeddings : ndarray, shape (row, feature)
        Of detectors, as ``run_judge`` gives them, of exposures that the network was not fitted to; rows that are not
        finite are left out.
    label, exposure : ndarray, shape (row,)
        The cause in ``CAUSES``, and which exposure a detector is of; one detector of each is kept.
    domain : DomainIndex
        Of the same network.
    size : int
        Exposures to keep, at most.
    seed : int
        Of the choice.

    Returns
    -------
    dict of str to ndarray
        Tensors for the weights; as many of each cause as its share asks, so that shares among neighbors mean something.
    """
    order = np.random.default_rng(seed).permutation(np.flatnonzero(np.isfinite(embeddings).all(axis=1)))
    order = order[np.sort(np.unique(exposure[order], return_index=True)[1])]
    kept = np.sort(order[_choose_stratified(label[order], size)])
    return {
        "reference.vectors": _place(embeddings[kept], domain).astype(np.float16),
        "reference.label": label[kept].astype(np.int64),
        "reference.exposure": exposure[kept].astype(np.int64),
    }


def read_reference(tensors: Mapping[str, np.ndarray]) -> Reference | None:
    """Return the labeled exposures among the tensors of some weights; None where there are none."""
    names = ("vectors", "label", "exposure")
    if any(f"reference.{name}" not in tensors for name in names):
        return None
    return Reference(*(tensors[f"reference.{name}"] for name in names))


def load_reference(name: str) -> Reference | None:
    """Read the labeled exposures of shipped weights, or of a .safetensors file; None where it has none."""
    return read_reference(read_weights(find_weights("quality", name))[0])


def find_similar(
    reference: Reference, embeddings: Float[np.ndarray, "row feature"], *, domain: DomainIndex, k: int = 10
) -> Similar:
    """Find the labeled exposures most like an exposure.

    Parameters
    ----------
    reference : Reference
        To look among.
    embeddings : ndarray, shape (row, feature)
        Of the detectors of one exposure, at least one; the median of their distances counts.
    domain : DomainIndex
        Of the network that made them.
    k : int
        How many to find.

    Returns
    -------
    Similar
        As many as there are, where there are fewer.

    Raises
    ------
    ValueError
        If the embeddings are of another network.
    """
    if embeddings.shape[1] != reference.vectors.shape[1]:
        raise ValueError(
            f"reference: embeddings of {embeddings.shape[1]} features, the labeled exposures have "
            f"{reference.vectors.shape[1]}; use the weights that they came with"
        )
    every = cdist(_place(embeddings, domain), reference.vectors.astype(float)) / np.sqrt(embeddings.shape[1])
    distance = np.median(every, axis=0) / domain.threshold
    nearest = np.argsort(distance, kind="stable")[:k]
    labels = tuple(CAUSES[number] for number in reference.label[nearest])
    share = {cause: labels.count(cause) / max(len(labels), 1) for cause in CAUSES if cause in labels}
    return Similar(tuple(reference.exposure[nearest].tolist()), labels, tuple(distance[nearest].tolist()), share)


def _place(embeddings: Float[np.ndarray, "row feature"], domain: DomainIndex) -> Float[np.ndarray, "row feature"]:
    return np.clip((embeddings - domain.center) / domain.scale, -EDGE, EDGE)


def _choose_stratified(label: Int[np.ndarray, " row"], size: int) -> Int64[np.ndarray, " chosen"]:
    """Return rows, the first ones of each label, in numbers as even as the shares of the labels allow."""
    names, counts = np.unique(label, return_counts=True)
    wanted = counts * min(size, len(label)) / max(len(label), 1)
    quota = np.floor(wanted).astype(int)
    rest = min(size, len(label)) - quota.sum()
    quota[np.argsort(quota - wanted, kind="stable")[:rest]] += 1
    parts = [np.flatnonzero(label == name)[:number] for name, number in zip(names, quota, strict=True)]
    return np.concatenate([*parts, np.zeros(0, np.int64)])
