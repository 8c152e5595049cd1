"""How well a map stands for its data, on any lattice."""

import numpy as np
from jaxtyping import Float, Int

from skysieve.som.lattice import Lattice


def measure_quantization_error(
    distances: Float[np.ndarray, " datum"], *, weights: Float[np.ndarray, " datum"] | None = None
) -> float:
    """Return the mean distance of the data to their best-matching units; NaN are left out, of nothing it is NaN."""
    known = np.isfinite(distances)
    worth = np.ones(len(distances)) if weights is None else weights
    total = float(worth[known].sum())
    return float((distances[known] * worth[known]).sum() / total) if total > 0 else float("nan")


def measure_topographic_error(best_two: Int[np.ndarray, "datum 2"], lattice: Lattice) -> float:
    """Return the part of the data whose two best-matching units do not touch.

    Parameters
    ----------
    best_two : array of int
        The best and the second best neuron of each datum; data with -1 are left out.
    lattice : Lattice
        Says which neurons touch, across its edges too when it is periodic.

    Returns
    -------
    float
        Between 0 and 1; NaN without data. One minus it is the coherence of the map.

    Examples
    --------
    >>> measure_topographic_error(np.array([[0, 1], [0, 4]]), Lattice((5,)))
    0.5
    >>> measure_topographic_error(np.array([[0, 1], [0, 4]]), Lattice((5,), periodic=True))
    0.0
    """
    known = best_two[(best_two >= 0).all(axis=1)]
    if not len(known):
        return float("nan")
    return 1.0 - float(lattice.find_neighbors()[known[:, 0], known[:, 1]].mean())


def measure_u_matrix(neurons: Float[np.ndarray, "neuron ..."], lattice: Lattice) -> Float[np.ndarray, " neuron"]:
    """Return the mean distance of each neuron to those that touch it, in the unit of the data.

    High values are borders between groups of data. NaN for a neuron alone. ``Lattice.arrange`` puts them on the grid.

    Notes
    -----
    Ultsch and Siemon (1990), the value at the neurons themselves.
    """
    flat = neurons.reshape(len(neurons), -1).astype(np.float64)
    near = lattice.find_neighbors()
    means = np.full(len(flat), np.nan)
    for neuron in np.flatnonzero(near.any(axis=1)):
        means[neuron] = np.linalg.norm(flat[near[neuron]] - flat[neuron], axis=1).mean()
    return means


def count_hits(bmus: Int[np.ndarray, " datum"], n_neurons: int) -> Int[np.ndarray, " neuron"]:
    """Return how many data have each neuron as their best-matching unit; data with -1 are left out."""
    return np.bincount(bmus[bmus >= 0], minlength=n_neurons)


def make_component_planes(
    neurons: Float[np.ndarray, "neuron feature"], lattice: Lattice
) -> Float[np.ndarray, "feature ..."]:
    """Return, for each feature, its values over the lattice, arranged as by ``Lattice.arrange``."""
    return np.stack([lattice.arrange(values) for values in neurons.T])
