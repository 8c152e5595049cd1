"""Best-matching units of vectors: found by matrix products in 32 bits, close calls settled in 64."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Int

BLOCK = 1 << 19
"""Scores held at a time, to stay within a processor's cache."""


@dataclass(frozen=True, eq=False)
class _Scorer:
    """Neurons as the right-hand side of a matrix product, about their mean and in units of their reach."""

    neurons: Float[np.ndarray, "neuron feature"]
    center: Float[np.ndarray, " feature"]
    whole: Float32[np.ndarray, "feature+1 neuron"]
    parted: Float32[np.ndarray, "2*feature neuron"]
    reach: float


def find_bmus(
    vectors: Float[np.ndarray, "vector feature"], neurons: Float[np.ndarray, "neuron feature"], *, count: int = 1
) -> Int[np.ndarray, "vector count"]:
    """Find the neurons nearest to each vector, the nearest first.

    Parameters
    ----------
    vectors : array
        NaN marks a missing feature, which is left out of that vector's distances.
    neurons : array
        Finite.
    count : int
        How many to find for each vector, at most as many as there are neurons.

    Returns
    -------
    array of int64
        Indices of neurons; of equal distances the first neuron wins. -1 for a vector without any feature. The answer
        does not depend on the number of threads.

    Raises
    ------
    ValueError
        If a vector is infinite or there are fewer neurons than ``count``.
    """
    if not 1 <= count <= len(neurons):
        raise ValueError(f"count = {count}: wanted is 1 to {len(neurons)}, the number of neurons")
    scorer = _make_scorer(neurons.astype(np.float64))
    rows = max(1, BLOCK // len(neurons))
    found = np.empty((len(vectors), count), np.int64)
    for start in range(0, len(vectors), rows):
        found[start : start + rows] = _match_block(vectors[start : start + rows], scorer, count)
    return found


def measure_distances(
    vectors: Float[np.ndarray, "vector feature"], neurons: Float[np.ndarray, "neuron feature"]
) -> Float[np.ndarray, "vector neuron"]:
    """Return the Euclidean distance of every vector to every neuron.

    Returns
    -------
    array of float64
        Where features are missing, the square is scaled up by their number over that of the known ones; NaN for a
        vector without any.
    """
    center = neurons.mean(axis=0, dtype=np.float64)
    known = ~np.isnan(vectors)
    offsets = np.where(known, vectors - center, 0.0)
    shifted = neurons.astype(np.float64) - center
    squares = (offsets**2).sum(axis=1)[:, None] - 2 * offsets @ shifted.T + known.astype(float) @ (shifted**2).T
    return np.sqrt(np.maximum(squares, 0) * _scale_missing(known)[:, None])


def measure_bmu_distances(
    vectors: Float[np.ndarray, "vector feature"],
    neurons: Float[np.ndarray, "neuron feature"],
    bmus: Int[np.ndarray, " vector"],
) -> Float[np.ndarray, " vector"]:
    """Return the distance of each vector to one neuron, missing features scaled as by ``measure_distances``."""
    distances = np.full(len(vectors), np.nan)
    rows = max(1, BLOCK // vectors.shape[1])
    for start in range(0, len(vectors), rows):
        block = slice(start, start + rows)
        offsets = vectors[block] - neurons[bmus[block]]
        known = ~np.isnan(offsets)
        squares = np.where(known, offsets.astype(np.float64) ** 2, 0.0).sum(axis=1)
        distances[block] = np.sqrt(squares * _scale_missing(known))
    return distances


def _scale_missing(known: np.ndarray) -> Float[np.ndarray, " vector"]:
    counts = known.sum(axis=1)
    return np.where(counts > 0, known.shape[1] / np.maximum(counts, 1), np.nan)


def _make_scorer(neurons: Float[np.ndarray, "neuron feature"]) -> _Scorer:
    center = neurons.mean(axis=0)
    reach = max(float(np.linalg.norm(neurons - center, axis=1).max()), np.finfo(float).tiny)
    shifted = (neurons - center).T / reach
    squares = -0.5 * shifted**2
    whole = np.concatenate([shifted, squares.sum(axis=0, keepdims=True)]).astype(np.float32)
    parted = np.concatenate([shifted, squares]).astype(np.float32)
    return _Scorer(neurons, center, whole, parted, reach)


def _match_block(
    vectors: Float[np.ndarray, "vector feature"], scorer: _Scorer, count: int
) -> Int[np.ndarray, "vector count"]:
    missing = np.isnan(vectors)
    with np.errstate(over="ignore"):
        offsets = (vectors - scorer.center) / scorer.reach
        scores, lengths = _score(offsets, missing, scorer)
    found, margins = _pick(scores, count)
    tolerance = 8 * math.sqrt(vectors.shape[1] + 1) * 2.0**-24 * (1 + lengths)
    close = np.flatnonzero(~(margins > tolerance))
    if len(close):
        found[close] = _settle(vectors[close], scorer, count)
    return found


def _score(
    offsets: Float[np.ndarray, "vector feature"], missing: np.ndarray, scorer: _Scorer
) -> tuple[Float32[np.ndarray, "vector neuron"], Float[np.ndarray, " vector"]]:
    """Return x.w - w.w/2, largest for the nearest neuron, and the length of each vector."""
    if missing.any():
        offsets = np.where(missing, 0.0, offsets)
        left, right = np.concatenate([offsets, ~missing], axis=1, dtype=np.float32, casting="unsafe"), scorer.parted
    else:
        left = np.empty((len(offsets), offsets.shape[1] + 1), np.float32)
        left[:, :-1], left[:, -1] = offsets, 1
        right = scorer.whole
    scores = torch.mm(torch.from_numpy(left), torch.from_numpy(right)).numpy()
    return scores, np.sqrt(np.einsum("ij,ij->i", offsets, offsets, dtype=np.float64))


def _pick(
    scores: Float32[np.ndarray, "vector neuron"], count: int
) -> tuple[Int[np.ndarray, "vector count"], Float32[np.ndarray, " vector"]]:
    """Return the best columns of each row and the smallest lead one has over the next; the scores are used up."""
    rows = np.arange(len(scores))
    found = np.empty((len(scores), count), np.int64)
    margins = np.full(len(scores), np.inf, np.float32)
    for rank in range(count):
        found[:, rank] = scores.argmax(axis=1)
        best = scores[rows, found[:, rank]]
        scores[rows, found[:, rank]] = -np.inf
        with np.errstate(invalid="ignore"):
            margins = np.minimum(margins, best - scores.max(axis=1))
    return found, margins


def _settle(
    vectors: Float[np.ndarray, "vector feature"], scorer: _Scorer, count: int
) -> Int[np.ndarray, "vector count"]:
    """Rank neurons by their exact distances."""
    if np.isinf(vectors).any():
        raise ValueError("vectors: an infinite value is found; wanted are finite ones, or NaN for a missing feature")
    rows = max(1, BLOCK // scorer.neurons.size)
    found = np.empty((len(vectors), count), np.int64)
    for start in range(0, len(vectors), rows):
        offsets = vectors[start : start + rows, None, :] - scorer.neurons
        squares = np.where(np.isnan(offsets), 0.0, offsets**2).sum(axis=-1)
        found[start : start + rows] = np.argsort(squares, axis=1, kind="stable")[:, :count]
    found[np.isnan(vectors).all(axis=1)] = -1
    return found
