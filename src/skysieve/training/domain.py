"""Distance to the training set: what a network has seen nothing like of is outside its domain."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Bool, Float
from scipy.cluster.vq import vq
from scipy.spatial.distance import cdist

SAMPLE = 20_000
"""Training embeddings that the index is made of, at most; as many again set its threshold."""
ROUNDS = 10
EDGE = 1e4
CHUNK = 10_000


@final
@dataclass(frozen=True)
class DomainIndex:
    """A few embeddings that stand for a training set.

    ``vectors`` are embeddings less ``center`` over ``scale``, dimension by dimension; what lies farther from the
    nearest of them than ``threshold`` is outside. ``quantile`` is the share of training samples that lie inside.
    """

    vectors: Float[np.ndarray, "vector feature"]
    center: Float[np.ndarray, " feature"]
    scale: Float[np.ndarray, " feature"]
    threshold: float
    quantile: float


def fit_domain(
    embeddings: Float[np.ndarray, "object feature"], *, size: int = 256, quantile: float = 0.99, seed: int = 0
) -> DomainIndex:
    """Choose a few vectors that stand for the embeddings of a training set.

    Parameters
    ----------
    embeddings : array, (object, feature)
        What the network makes of training samples before its last layer, or the inputs of a small one. Samples with
        a value that is not finite are left out.
    size : int
        Vectors in the index, at most.
    quantile : float
        Share of samples like those of the training that are to lie inside.
    seed : int
        Of the choice.

    Returns
    -------
    DomainIndex
        Half of the samples make the vectors (k-means), the other half sets the threshold, so that it holds for
        samples that the vectors have not seen.

    Raises
    ------
    ValueError
        If fewer than 20 samples are finite, or size or quantile are out of range.
    """
    if size < 1 or not 0 < quantile < 1:
        raise ValueError(f"domain: size = {size}, quantile = {quantile}; at least 1 and between 0 and 1 are wanted")
    finite = embeddings[np.isfinite(embeddings).all(axis=1)]
    if len(finite) < 20:
        raise ValueError(f"domain: {len(finite)} finite embeddings; at least 20 are wanted")
    dice = np.random.default_rng(seed)
    chosen = dice.permutation(len(finite))[: 2 * SAMPLE]
    made, held = finite[chosen[::2]].astype(float), finite[chosen[1::2]].astype(float)
    center, scale = np.median(made, axis=0), _measure_scale(made)
    vectors = _choose_vectors(_standardize(made, center, scale), size, dice)
    index = DomainIndex(vectors.astype(np.float16), center, scale, threshold=0.0, quantile=quantile)
    distance = np.sort(measure_domain_distance(index, held))
    # The rank at which a further sample of the same kind lies inside with this probability.
    rank = min(int(np.ceil(quantile * (len(distance) + 1))), len(distance)) - 1
    return replace(index, threshold=float(distance[rank]))


def measure_domain_distance(
    index: DomainIndex, embeddings: Float[np.ndarray, "object feature"]
) -> Float[np.ndarray, " object"]:
    """Return how far embeddings lie from the nearest vector of an index.

    Parameters
    ----------
    index : DomainIndex
        Of the network that made the embeddings.
    embeddings : array, (object, feature)
        In the units of those that the index was made of.

    Returns
    -------
    array
        Root mean square over the features of the difference in units of the training set's scale; infinite where a
        feature is not finite.

    Raises
    ------
    ValueError
        If the embeddings have another number of features.
    """
    if embeddings.shape[1] != index.vectors.shape[1]:
        raise ValueError(
            f"domain: embeddings of {embeddings.shape[1]} features, the index has {index.vectors.shape[1]}; "
            "use the index of the same network"
        )
    distance = np.full(len(embeddings), np.inf)
    (rows,) = np.nonzero(np.isfinite(embeddings).all(axis=1))
    vectors = index.vectors.astype(float)
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        placed = _standardize(embeddings[part].astype(float), index.center, index.scale)
        distance[part] = cdist(placed, vectors).min(axis=1) / np.sqrt(vectors.shape[1])
    return distance


def is_outside(index: DomainIndex, embeddings: Float[np.ndarray, "object feature"]) -> Bool[np.ndarray, " object"]:
    """Tell which embeddings lie outside the training domain; those with a value that is not finite do.

    Examples
    --------
    >>> seen = np.random.default_rng(0).normal(size=(2000, 3))
    >>> is_outside(fit_domain(seen), np.array([[0.0, 0.0, 0.0], [9.0, 9.0, 9.0], [np.nan, 0.0, 0.0]])).tolist()
    [False, True, True]
    """
    return measure_domain_distance(index, embeddings) > index.threshold


def _measure_scale(embeddings: Float[np.ndarray, "object feature"]) -> Float[np.ndarray, " feature"]:
    """Return half the width of the central 68 % of each feature.

    Where that is nothing it is the standard deviation, and where that is nothing, too, the usual scale of the others.
    """
    low, high = np.quantile(embeddings, [0.16, 0.84], axis=0)
    scale = np.where(high > low, (high - low) / 2, embeddings.std(axis=0))
    changing = scale[scale > 0]
    return np.where(scale > 0, scale, np.median(changing) if len(changing) else 1.0)


def _standardize(
    embeddings: Float[np.ndarray, "object feature"],
    center: Float[np.ndarray, " feature"],
    scale: Float[np.ndarray, " feature"],
) -> Float[np.ndarray, "object feature"]:
    """Return embeddings in units of the scale, as far as 16-bit numbers reach."""
    return np.clip((embeddings - center) / scale, -EDGE, EDGE)


def _choose_vectors(
    placed: Float[np.ndarray, "object feature"], size: int, dice: np.random.Generator
) -> Float[np.ndarray, "vector feature"]:
    """Return the centers that a few rounds of k-means come to; centers that nothing is near to stay where they are."""
    vectors = placed[dice.choice(len(placed), min(size, len(placed)), replace=False)]
    for _ in range(ROUNDS):
        nearest, _ = vq(placed, vectors)
        count = np.bincount(nearest, minlength=len(vectors))[:, None]
        sums = np.zeros_like(vectors)
        np.add.at(sums, nearest, placed)
        vectors = np.where(count > 0, sums / np.maximum(count, 1), vectors)
    return vectors
