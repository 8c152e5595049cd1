"""Neurons before training."""

import math
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32

from skysieve.som.lattice import Lattice
from skysieve.som.mersenne import draw_uniform

Compat = Literal["skysieve", "pink"]
BLOCK = 1 << 19
"""Numbers held at a time in double precision."""


def make_random_neurons(
    n_neurons: int, shape: tuple[int, ...], *, seed: int, compat: Compat = "skysieve"
) -> Float32[np.ndarray, "neuron ..."]:
    """Return neurons of even noise in [0, 1).

    Parameters
    ----------
    n_neurons : int
        How many.
    shape : tuple of int
        Of one neuron.
    seed : int
        The same seed gives the same neurons.
    compat : str
        ``pink`` draws the numbers of PINK 2 in its order.
    """
    count = n_neurons * math.prod(shape)
    if compat == "pink":
        return draw_uniform(count, seed=seed).reshape(n_neurons, *shape)
    return np.random.default_rng(seed).random((n_neurons, *shape), dtype=np.float32)


def make_directed_neurons(
    n_neurons: int, shape: tuple[int, ...], *, seed: int, compat: Compat = "skysieve"
) -> Float32[np.ndarray, "neuron ..."]:
    """Return neurons of noise with their main diagonal set to 1, so that all start with one preferred direction.

    Parameters
    ----------
    n_neurons : int
        How many.
    shape : tuple of int
        Of one neuron, (y, x) or (channel, y, x), square.
    seed : int
        Of the noise.
    compat : str
        ``pink`` draws the numbers of PINK 2; as it does, only the first ``n_neurons`` planes are marked, whatever the
        number of channels.

    Raises
    ------
    ValueError
        If a neuron is no square image.
    """
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ValueError(f"shape = {shape}: a preferred direction needs square images; start from random")
    neurons = make_random_neurons(n_neurons, shape, seed=seed, compat=compat)
    planes = neurons.reshape(-1, *shape[-2:])
    diagonal = np.arange(shape[-1])
    planes[: n_neurons if compat == "pink" else None, diagonal, diagonal] = 1
    return neurons


def make_pca_neurons(
    vectors: Float[np.ndarray, "vector feature"],
    lattice: Lattice,
    *,
    weights: Float[np.ndarray, " vector"] | None = None,
) -> Float[np.ndarray, "neuron feature"]:
    """Return neurons spread evenly over the principal axes of the data, the longest axis along the longest side.

    Parameters
    ----------
    vectors : array
        NaN counts as the mean of its feature.
    lattice : Lattice
        Its positions are scaled to the mean and the standard deviation of the data along each axis.
    weights : array, optional
        How much each vector counts.

    Returns
    -------
    array of float64
        All neurons equal where the data have no spread; 0 in a feature without any value.
    """
    mean, covariance = _measure_moments(vectors, np.ones(len(vectors)) if weights is None else weights)
    variances, axes = np.linalg.eigh(covariance)
    places = lattice.make_positions()
    places = places - places.mean(axis=0)
    spread = places.std(axis=0)
    places = places[:, np.argsort(-spread, kind="stable")] / np.maximum(np.sort(spread)[::-1], 1e-12)
    n_axes = min(places.shape[1], len(mean))
    longest = axes[:, ::-1][:, :n_axes]
    signs = np.sign(longest[np.abs(longest).argmax(axis=0), np.arange(n_axes)])
    steps = longest * signs * np.sqrt(np.maximum(variances[::-1][:n_axes], 0))
    return mean + places[:, :n_axes] @ steps.T


def _measure_moments(
    vectors: Float[np.ndarray, "vector feature"], weights: Float[np.ndarray, " vector"]
) -> tuple[Float[np.ndarray, " feature"], Float[np.ndarray, "feature feature"]]:
    """Return mean and covariance in double precision, a block of vectors at a time."""
    n_features = vectors.shape[1]
    counts, sums = np.zeros(n_features), np.zeros(n_features)
    rows = max(1, BLOCK // n_features)
    blocks = [slice(start, start + rows) for start in range(0, len(vectors), rows)]
    for block in blocks:
        known = ~np.isnan(vectors[block])
        counts += weights[block] @ known
        sums += weights[block] @ np.where(known, vectors[block], 0.0).astype(np.float64)
    mean = sums / np.where(counts > 0, counts, 1)
    squares = np.zeros((n_features, n_features))
    for block in blocks:
        offsets = np.nan_to_num(vectors[block].astype(np.float64) - mean, nan=0.0)
        squares += (offsets * weights[block][:, None]).T @ offsets
    return mean, squares / max(float(weights.sum()), np.finfo(float).tiny)
