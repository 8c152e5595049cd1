"""Batch training of vectors: every neuron goes to the mean of the data around it."""

import numpy as np
from jaxtyping import Float, Float32, Int
from scipy import sparse

BLOCK = 1 << 19
"""Numbers held at a time in double precision."""


def sum_by_bmu(
    vectors: Float[np.ndarray, "vector feature"],
    bmus: Int[np.ndarray, " vector"],
    *,
    n_neurons: int,
    weights: Float[np.ndarray, " vector"] | None = None,
) -> tuple[Float[np.ndarray, "neuron feature"], Float[np.ndarray, "neuron feature"]]:
    """Return the sums of the vectors matching each neuron, feature by feature, with the sums of their weights.

    NaN, and vectors whose best-matching unit is -1, are left out.
    """
    sums, counts = np.zeros((2, n_neurons, vectors.shape[1]))
    rows = max(1, BLOCK // vectors.shape[1])
    for start in range(0, len(vectors), rows):
        block = slice(start, start + rows)
        used = np.flatnonzero(bmus[block] >= 0)
        values = vectors[block][used].astype(np.float64)
        missing = np.isnan(values)
        worth = np.ones(len(used)) if weights is None else weights[block][used].astype(np.float64)
        entries = (worth, bmus[block][used], np.arange(len(used) + 1))
        members = sparse.csr_array(entries, shape=(len(used), n_neurons)).T
        if missing.any():
            sums += members @ np.where(missing, 0.0, values)
            counts += members @ (~missing).astype(np.float64)
        else:
            sums += members @ values
            counts += members.sum(axis=1)[:, None]
    return sums, counts


def move_to_means(
    neurons: Float[np.ndarray, "neuron feature"],
    sums: Float[np.ndarray, "neuron feature"],
    counts: Float[np.ndarray, "neuron feature"],
    *,
    influence: Float32[np.ndarray, "neuron neuron"],
    rate: float,
) -> Float[np.ndarray, "neuron feature"]:
    """Move neurons by a part of the way to the mean of the data, weighted by the neighborhood.

    A neuron, or one feature of it, with nothing in its neighborhood stays where it is.
    """
    pull = influence.astype(np.float64)
    weight = pull @ counts
    target = np.divide(pull @ sums, weight, out=neurons.astype(np.float64), where=weight > np.finfo(np.float32).tiny)
    return neurons + rate * (target - neurons)
