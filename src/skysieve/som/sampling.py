"""A few neurons that stand for a whole map."""

import numpy as np
from jaxtyping import Float, Float32, Int

from skysieve.som.lattice import Lattice

TRIES = 8
"""Starts of the clustering, of which the best counts."""


def sample_randomly(
    lattice: Lattice, count: int, *, seed: int, min_distance: float = 2.0, attempts: int = 10
) -> Int[np.ndarray, " chosen"]:
    """Choose neurons at random, none close to another.

    Parameters
    ----------
    count
        Neurons wanted.
    min_distance
        A neuron nearer than this to a chosen one is not chosen [cell].
    attempts
        Draws in a row without success after which no more are chosen.

    Returns
    -------
    Int[np.ndarray, "chosen"]
        At most `count` neurons, in the order of choice.
    """
    _check_count(count, lattice)
    random, distances = np.random.default_rng(seed), lattice.measure_distances()
    chosen: list[int] = []
    failures = 0
    while len(chosen) < count and failures < attempts:
        neuron = int(random.integers(lattice.n_neurons))
        if neuron in chosen or (distances[neuron, chosen] < min_distance).any():
            failures += 1
        else:
            chosen, failures = [*chosen, neuron], 0
    return np.array(chosen, np.int64)


def sample_evenly(
    lattice: Lattice, count: int, *, seed: int, weights: Float[np.ndarray, " neuron"] | None = None
) -> Int[np.ndarray, " chosen"]:
    """Choose neurons spread over the map by weighted k-means.

    Parameters
    ----------
    count
        Neurons wanted.
    weights
        What each neuron counts, as the number of its images: crowded parts of the map get more of the choice.
        Default: all alike.

    Returns
    -------
    Int[np.ndarray, "chosen"]
        `count` different neurons, by number.

    Raises
    ------
    ValueError
        If more neurons are wanted than there are, or weights are negative, not finite, or fewer than wanted count.

    Notes
    -----
    Lloyd (1982) with distances on the lattice, so that periodic and hexagonal ones are what they are, and with centers
    that are neurons; the best of several starts drawn as by Arthur & Vassilvitskii (2007).
    """
    _check_count(count, lattice)
    worth = np.ones(lattice.n_neurons) if weights is None else weights
    if len(worth) != lattice.n_neurons or not np.isfinite(worth).all() or worth.min() < 0:
        raise ValueError(f"weights: wanted are {lattice.n_neurons} numbers from 0, one a neuron; give hit counts")
    if np.count_nonzero(worth) < count:
        raise ValueError(f"weights: {np.count_nonzero(worth)} neurons count; choose at most as many, not {count}")
    squares, random = lattice.measure_distances() ** 2, np.random.default_rng(seed)
    starts = [_settle(squares, worth, _seed_centers(squares, worth, count, random=random)) for _ in range(TRIES)]
    best = min(starts, key=lambda centers: _sum(squares, worth, centers))
    return np.sort(best)


def _seed_centers(
    squares: Float32[np.ndarray, "n n"], worth: Float[np.ndarray, " n"], count: int, *, random: np.random.Generator
) -> Int[np.ndarray, " chosen"]:
    """Draw centers one by one, in proportion to weight and squared distance to those drawn."""
    chosen = [int(random.choice(len(worth), p=worth / worth.sum()))]
    while len(chosen) < count:
        chance = squares[:, chosen].min(axis=1) * worth
        chosen.append(int(random.choice(len(worth), p=chance / chance.sum())))
    return np.array(chosen)


def _settle(
    squares: Float32[np.ndarray, "n n"], worth: Float[np.ndarray, " n"], centers: Int[np.ndarray, " chosen"]
) -> Int[np.ndarray, " chosen"]:
    """Move each center to the middle of its part until none moves."""
    while True:
        part = squares[:, centers].argmin(axis=1)
        moved = [_find_middle(squares, worth, np.flatnonzero(part == one)) for one in range(len(centers))]
        if moved == centers.tolist():
            return centers
        before, centers = centers, np.array(moved)
        if _sum(squares, worth, centers) >= _sum(squares, worth, before):
            return before


def _find_middle(squares: Float32[np.ndarray, "n n"], worth: Float[np.ndarray, " n"], part: np.ndarray) -> int:
    return int(part[(squares[np.ix_(part, part)] @ worth[part]).argmin()])


def _sum(squares: np.ndarray, worth: np.ndarray, centers: np.ndarray) -> float:
    return float((squares[:, centers].min(axis=1) * worth).sum())


def _check_count(count: int, lattice: Lattice) -> None:
    if not 1 <= count <= lattice.n_neurons:
        raise ValueError(f"count: {count} neurons of {lattice.n_neurons}; choose 1 to {lattice.n_neurons}")
