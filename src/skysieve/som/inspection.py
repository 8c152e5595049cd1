"""What a mapping says: which images belong to which neuron, how well, and with which labels.

Images are numbered as in the mapping, neurons as in the lattice; -1 is an unknown neuron. Counts are one a neuron:
``Lattice.arrange`` puts them on the grid.
"""

import math
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Shaped

from skysieve.som.mapped import ROWS_AT_ONCE, StoredMapping


def rank_allowed_neurons(
    mapping: StoredMapping, allowed: Bool[np.ndarray, " neuron"], *, count: int = 1
) -> Int[np.ndarray, "image {count}"]:
    """Return the nearest neurons of each image among those allowed, the best first: `StoredMapping.rank` with a mask.

    Parameters
    ----------
    allowed
        True for neurons that may be a best-matching unit.
    count
        Neurons wanted for each image.

    Returns
    -------
    Int[np.ndarray, "image {count}"]
        -1 where the distances are not known. Equal distances go to the lower neuron.

    Raises
    ------
    ValueError
        If the mask is not one a neuron, or allows fewer neurons than wanted.
    """
    if len(allowed) != mapping.lattice.n_neurons:
        raise ValueError(f"allowed: {len(allowed)} values; the map has {mapping.lattice.n_neurons} neurons, give each")
    usable = np.flatnonzero(allowed)
    if len(usable) < count:
        raise ValueError(f"allowed: {len(usable)} neurons where {count} are wanted; allow more")
    found = [np.zeros((0, count), np.int64)]
    for start in range(0, len(mapping), ROWS_AT_ONCE):
        rows = np.asarray(mapping.distance[start : start + ROWS_AT_ONCE])[:, usable]
        order = usable[rows.argsort(axis=1, kind="stable")[:, :count]]
        found.append(np.where(np.isfinite(rows).all(axis=1, keepdims=True), order, -1))
    return np.concatenate(found)


def pick_distances(mapping: StoredMapping, neurons: Int[np.ndarray, " image"]) -> Float32[np.ndarray, " image"]:
    """Return the distance of each image to one neuron, its best or any other; NaN where that is -1."""
    picked = mapping.distance[np.arange(len(mapping)), np.maximum(neurons, 0)]
    return np.where(neurons >= 0, picked, np.float32(np.nan))


def pick_transforms(
    mapping: StoredMapping, neurons: Int[np.ndarray, " image"]
) -> tuple[Float32[np.ndarray, " image"], Bool[np.ndarray, " image"]]:
    """Return how each image is turned onto one neuron: angles [radian] and flips; NaN and False where that is -1."""
    rows, known = np.arange(len(mapping)), neurons >= 0
    place = np.maximum(neurons, 0)
    return np.where(known, mapping.angle[rows, place], np.float32(np.nan)), known & (mapping.flip[rows, place] != 0)


def find_images(bmus: Int[np.ndarray, " image"], neuron: int) -> Int[np.ndarray, " found"]:
    """Return the images whose neuron is this one; a column of `StoredMapping.rank` for the N-th best.

    Examples
    --------
    >>> find_images(np.array([3, 1, 3]), 3)
    array([0, 2])
    """
    return np.flatnonzero(bmus == neuron)


def group_images(bmus: Int[np.ndarray, " image"], n_neurons: int) -> list[Int[np.ndarray, " _"]]:
    """Return the images of every neuron, in their order; those with -1 belong to none."""
    order = bmus.argsort(kind="stable")
    edges = np.searchsorted(bmus[order], np.arange(n_neurons + 1))
    return [order[first:last] for first, last in pairwise(edges)]


def count_labels(
    labels: Shaped[np.ndarray, " image"], bmus: Int[np.ndarray, " image"], n_neurons: int
) -> dict[str, Int[np.ndarray, " neuron"]]:
    """Count, for each label, the images of each neuron that bear it.

    Parameters
    ----------
    labels
        Text or numbers, one an image; an empty text is no label.
    bmus
        Best-matching units; images with -1 are left out.

    Returns
    -------
    dict
        By label in alphabetical order; together the counts are those of the labeled images.

    Examples
    --------
    >>> count_labels(np.array(["FRI", "FRII", "FRI"]), np.array([0, 1, 0]), 2)
    {'FRI': array([2, 0]), 'FRII': array([0, 1])}
    """
    names = np.asarray(labels).astype(str)
    known = (names != "") & (bmus >= 0)
    return {
        str(name): np.bincount(bmus[known & (names == name)], minlength=n_neurons) for name in np.unique(names) if name
    }


def find_best_matches(
    distances: Float[np.ndarray, " image"], *, count: int | None = None, among: Int[np.ndarray, " some"] | None = None
) -> Int[np.ndarray, " found"]:
    """Return the images nearest to their neurons, the best first.

    Parameters
    ----------
    distances
        Of each image to its neuron; images with NaN are left out.
    count
        Most images wanted; all by default.
    among
        The images to look at, as those of one neuron; all by default.
    """
    return _order(distances, among)[:count]


def find_worst_matches(
    distances: Float[np.ndarray, " image"],
    *,
    count: int | None = None,
    fraction: float | None = None,
    among: Int[np.ndarray, " some"] | None = None,
) -> Int[np.ndarray, " found"]:
    """Return the images farthest from their neurons, the worst first: the rare ones.

    Parameters
    ----------
    distances
        Of each image to its neuron; images with NaN are left out.
    count
        Most images wanted; goes before `fraction`. Without both, all.
    fraction
        The part of them wanted, 0 to 1, rounded up.
    among
        The images to look at, as those of one neuron; all by default.

    Raises
    ------
    ValueError
        If the fraction lies outside 0 to 1, or the count is negative.

    Examples
    --------
    >>> find_worst_matches(np.array([1.0, np.nan, 3.0, 2.0]), fraction=0.5)
    array([2, 3])
    """
    if (count is not None and count < 0) or (fraction is not None and not 0 <= fraction <= 1):
        raise ValueError(f"count = {count}, fraction = {fraction}: give a count from 0, or a fraction from 0 to 1")
    order = _order(-distances, among)
    if count is None and fraction is not None:
        count = math.ceil(round(fraction * len(order), 9))
    return order[:count]


def _order(values: Float[np.ndarray, " image"], among: Int[np.ndarray, " some"] | None) -> Int[np.ndarray, " found"]:
    """Images by rising value, equal ones by number, unknown ones left out."""
    images = np.arange(len(values)) if among is None else np.unique(among)
    images = images[np.isfinite(values[images])]
    return images[values[images].argsort(kind="stable")]
