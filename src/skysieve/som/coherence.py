"""How well neighborhoods are established, and whether the map is large enough."""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from skysieve.som.lattice import Lattice


@dataclass(frozen=True)
class Coherence:
    """Images whose two best neurons touch: ``count`` of the ``known``."""

    count: int
    known: int

    @property
    def fraction(self) -> float:
        """One minus the topographic error; NaN without images."""
        return self.count / self.known if self.known else math.nan

    @property
    def error(self) -> float:
        """Binomial standard error of the fraction; NaN without images."""
        return math.sqrt(self.fraction * (1 - self.fraction) / self.known) if self.known else math.nan


@dataclass(frozen=True, eq=False)
class NeuronSpread:
    """Distances of the images of each neuron: how many, their median, and their standard deviation.

    The median is NaN for a neuron without images, the scatter (n - 1 in the denominator) for one with fewer than two.
    """

    hits: Int[np.ndarray, " neuron"]
    median: Float[np.ndarray, " neuron"]
    scatter: Float[np.ndarray, " neuron"]


def measure_coherence(
    best_two: Int[np.ndarray, "image 2"], lattice: Lattice, *, cyclic: bool | None = None
) -> Coherence:
    """Count the images whose second best neuron touches the best one.

    Parameters
    ----------
    best_two
        ``StoredMapping.rank(2)``, or some of its rows; images with -1 are left out.
    lattice
        Cartesian neurons touch by side or corner, hexagonal ones by side.
    cyclic
        Whether neurons touch across the edges; by default as the lattice is.

    Examples
    --------
    >>> measure_coherence(np.array([[0, 1], [0, 4]]), Lattice((5,)))
    Coherence(count=1, known=2)
    >>> measure_coherence(np.array([[0, 1], [0, 4]]), Lattice((5,)), cyclic=True).fraction
    1.0
    """
    arranged = lattice if cyclic is None else replace(lattice, periodic=cyclic)
    known = best_two[(best_two >= 0).all(axis=1)]
    touching = arranged.find_neighbors()[known[:, 0], known[:, 1]]
    return Coherence(int(touching.sum()), len(known))


def map_coherence(best_two: Int[np.ndarray, "image 2"], lattice: Lattice) -> Float[np.ndarray, " neuron"]:
    """Return the coherence of the images of each neuron; NaN for a neuron without images."""
    known = best_two[(best_two >= 0).all(axis=1)]
    touching = lattice.find_neighbors()[known[:, 0], known[:, 1]]
    hits = np.bincount(known[:, 0], minlength=lattice.n_neurons)
    coherent = np.bincount(known[touching, 0], minlength=lattice.n_neurons)
    return np.where(hits > 0, coherent / np.maximum(hits, 1), np.nan)


def measure_spread(
    distances: Float[np.ndarray, " image"], bmus: Int[np.ndarray, " image"], n_neurons: int
) -> NeuronSpread:
    """Measure the distances of the images of each neuron; images with NaN or -1 are left out."""
    hits = np.zeros(n_neurons, np.int64)
    median, scatter = np.full(n_neurons, np.nan), np.full(n_neurons, np.nan)
    known = np.flatnonzero((bmus >= 0) & np.isfinite(distances))
    order = known[bmus[known].argsort(kind="stable")]
    starts = np.flatnonzero(np.diff(bmus[order], prepend=-1))
    for part in np.split(order, starts[1:]) if len(order) else ():
        neuron, values = bmus[part[0]], distances[part].astype(np.float64)
        hits[neuron], median[neuron] = len(part), np.median(values)
        scatter[neuron] = values.std(ddof=1) if len(part) > 1 else np.nan
    return NeuronSpread(hits, median, scatter)


def compare_edge(values: Float[np.ndarray, " neuron"], lattice: Lattice) -> float:
    """Return the median of a quantity at the edge of a map over that inside.

    For the scatter of distances a ratio well above 1 says that complex images are pushed to the edge: a larger map
    should bring it down.

    Parameters
    ----------
    values
        One a neuron; NaN are left out.

    Returns
    -------
    float
        NaN where the map has no edge (periodic) or nothing inside.

    Examples
    --------
    >>> compare_edge(np.array([2.0, 1.0, 1.0, 2.0]), Lattice((4,)))
    2.0
    """
    neighbors = lattice.find_neighbors().sum(axis=1)
    edge = neighbors < neighbors.max()
    outside, inside = (values[part & np.isfinite(values)] for part in (edge, ~edge))
    if not len(outside) or not len(inside):
        return math.nan
    return float(np.median(outside) / np.median(inside)) if np.median(inside) else math.nan
