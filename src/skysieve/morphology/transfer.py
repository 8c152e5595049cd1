"""Labels from images to neurons, and from neurons to images: counts, shares with their errors, votes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int64, Integer, Shaped

from skysieve.som.lattice import Lattice

WIDTHS = (0.0, 0.7, 1.0, 1.5, 2.0, 3.0)
"""Widths of the neighborhood that are tried [cells]; 0 asks no neighbor."""
STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Weights of the prior that are tried [labels]."""


@dataclass(frozen=True, eq=False)
class LabelShares:
    """How often each label is found at each neuron, as far as the labels counted there and around tell.

    Attributes
    ----------
    classes
        Names of the labels.
    counts
        Labeled images that match a neuron best.
    prior
        Shares that are expected of a neuron from its neighbors, its own labels left out; rows sum to 1.
    strength
        What that prior counts [labels].
    width
        Of the neighborhood behind the prior [cells]; 0 when the prior is the share of the label on the whole map.
    """

    classes: tuple[str, ...]
    counts: Int64[np.ndarray, "neuron label"]
    prior: Float64[np.ndarray, "neuron label"]
    strength: float
    width: float

    @property
    def shares(self) -> Float64[np.ndarray, "neuron label"]:
        """Mean of the posterior (Dirichlet) distribution of the shares; rows sum to 1."""
        weight = self.counts + self.strength * self.prior
        return weight / weight.sum(axis=1, keepdims=True)

    @property
    def errors(self) -> Float64[np.ndarray, "neuron label"]:
        """Standard deviation of that distribution."""
        total = self.counts.sum(axis=1, keepdims=True) + self.strength
        return np.sqrt(self.shares * (1 - self.shares) / (total + 1))


def count_codes(
    bmus: Integer[np.ndarray, " image"], labels: Integer[np.ndarray, " image"], *, neurons: int, classes: int
) -> Int64[np.ndarray, "neuron label"]:
    """Count the labels of the images that match each neuron best.

    Parameters
    ----------
    bmus
        Best-matching unit of each image; images with -1 are left out.
    labels
        0 .. classes - 1; images with -1 have no label and are left out.

    Examples
    --------
    >>> count_codes(np.array([0, 0, 1, -1]), np.array([1, 1, -1, 0]), neurons=2, classes=2)
    array([[0, 2],
           [0, 0]])
    """
    known = (bmus >= 0) & (labels >= 0)
    cell = bmus[known].astype(np.int64) * classes + labels[known]
    return np.bincount(cell, minlength=neurons * classes).astype(np.int64).reshape(neurons, classes)


def measure_shares(
    counts: Int64[np.ndarray, "neuron label"],
    classes: Sequence[str],
    lattice: Lattice,
    *,
    width: float | None = None,
    strength: float | None = None,
) -> LabelShares:
    r"""Measure the share of each label at each neuron, neurons with few labels leaning on their neighbors.

    Parameters
    ----------
    counts
        From `count_codes`.
    classes
        Names of the labels.
    lattice
        Where the neurons stand.
    width, strength
        Of the prior. Those not given are the ones, of a short list, that foretell best each label from the others.

    Returns
    -------
    LabelShares
        Without any label all shares are equal.

    Raises
    ------
    ValueError
        If there are not as many neurons in the lattice or names of labels as in the counts, or the prior has no weight.

    Notes
    -----
    Dirichlet and multinomial: with :math:`c_{ik}` labels k at neuron i, the prior
    :math:`\pi_{ik} \propto g_k + \sum_{j \ne i} e^{-d_{ij}^2 / 2 w^2} c_{jk}` of the neighbors at distances d (g the
    share of the label on the whole map, counted as one label) and its strength s, the shares have the mean
    :math:`(c_{ik} + s \pi_{ik}) / (n_i + s)`. Since no neuron is its own neighbor, the probability of each label given
    all others follows by taking one from its count; w and s maximize the product of these (empirical Bayes).
    """
    if counts.shape != (lattice.n_neurons, len(classes)):
        raise ValueError(
            f"counts of {counts.shape[0]} neurons and {counts.shape[1]} labels; the lattice has {lattice.n_neurons} "
            f"neurons and there are {len(classes)} names; give those of the same map"
        )
    if (width is not None and width < 0) or (strength is not None and not strength > 0):
        raise ValueError(f"width = {width}, strength = {strength}: wanted is a width of 0 or more, a strength above 0")
    distances = lattice.measure_distances()
    tried = [
        LabelShares(tuple(classes), counts, _expect_shares(counts, distances, one), weight, one)
        for one in (WIDTHS if width is None else (width,))
        for weight in (STRENGTHS if strength is None else (strength,))
    ]
    return max(tried, key=_measure_likelihood)


def _expect_shares(
    counts: Int64[np.ndarray, "neuron label"], distances: Float[np.ndarray, "neuron neuron"], width: float
) -> Float64[np.ndarray, "neuron label"]:
    """Return the prior of each neuron from the labels around it, and one label's worth of those on the whole map."""
    everywhere = (counts.sum(axis=0) + 1.0) / (counts.sum() + counts.shape[1])
    near = np.zeros(distances.shape)
    if width > 0:
        near = np.exp(-0.5 * (distances.astype(np.float64) / width) ** 2)
        np.fill_diagonal(near, 0.0)
    weight = near @ counts + everywhere
    return weight / weight.sum(axis=1, keepdims=True)


def _measure_likelihood(shares: LabelShares) -> float:
    """Return the sum of the logarithms of the probability of each label, given all others."""
    neurons, labels = np.nonzero(shares.counts)
    return float((shares.counts[neurons, labels] * np.log(_leave_out(shares, neurons, labels)[:, 0])).sum())


def _leave_out(
    shares: LabelShares, neurons: Integer[np.ndarray, " image"], labels: Integer[np.ndarray, " image"]
) -> Float64[np.ndarray, "image label"]:
    """Return the shares at neurons without one label of each; its own share first, then those of all in order."""
    own = np.eye(len(shares.classes))[labels]
    weight = shares.counts[neurons] - own + shares.strength * shares.prior[neurons]
    found = weight / weight.sum(axis=1, keepdims=True)
    return np.concatenate([(found * own).sum(axis=1, keepdims=True), found], axis=1)


def vote(
    bmus: Integer[np.ndarray, " image"],
    shares: Float[np.ndarray, "neuron label"],
) -> Float64[np.ndarray, "image label"]:
    """Give each image the shares of its best-matching unit; NaN where that is not known.

    Examples
    --------
    >>> vote(np.array([1, -1]), np.array([[1.0, 0.0], [0.3, 0.7]]))
    array([[0.3, 0.7],
           [nan, nan]])
    """
    return np.where((bmus >= 0)[:, None], shares[bmus].astype(np.float64), np.nan)


def vote_left_out(
    bmus: Integer[np.ndarray, " image"], labels: Integer[np.ndarray, " image"], shares: LabelShares
) -> Float64[np.ndarray, "image label"]:
    """Give each image what its neuron says without the image's own label; others get what `vote` gives them.

    Parameters
    ----------
    bmus, labels
        Those that the shares were counted from.
    """
    found = vote(bmus, shares.shares)
    counted = (bmus >= 0) & (labels >= 0)
    found[counted] = _leave_out(shares, bmus[counted], labels[counted])[:, 1:]
    return found


def spread_annotations(
    named: Mapping[int, Sequence[str]], *, neurons: int
) -> tuple[tuple[str, ...], Float64[np.ndarray, "neuron label"]]:
    """Turn labels that a person gave to neurons into shares: several labels of a neuron share it evenly.

    Parameters
    ----------
    named
        Labels by neuron; neurons without labels may be left out.
    neurons
        Number of neurons of the map.

    Returns
    -------
    classes, shares
        Names in alphabetical order; NaN for neurons without labels.

    Raises
    ------
    ValueError
        If a neuron is not on the map, or no neuron has a label.

    Examples
    --------
    >>> spread_annotations({0: ["double"], 2: ["bent", "double"]}, neurons=3)
    (('bent', 'double'), array([[0. , 1. ],
           [nan, nan],
           [0.5, 0.5]]))
    """
    outside = [neuron for neuron in named if not 0 <= neuron < neurons]
    if outside:
        raise ValueError(f"labels of neuron {outside[0]}: the map has the neurons 0 to {neurons - 1}; use its own")
    classes = tuple(sorted({label for labels in named.values() for label in labels}))
    if not classes:
        raise ValueError("labels of neurons: no neuron has one; label at least one neuron")
    shares = np.full((neurons, len(classes)), np.nan)
    for neuron, labels in named.items():
        if labels:
            shares[neuron] = [(label in labels) / len(set(labels)) for label in classes]
    return classes, shares


def encode_labels(
    labels: Shaped[np.ndarray, " image"], classes: Sequence[str] | None = None
) -> tuple[tuple[str, ...], Int64[np.ndarray, " image"]]:
    """Turn names of labels into numbers; empty names become -1.

    Parameters
    ----------
    classes
        Names in the order wanted; by default all that occur, in alphabetical order.

    Raises
    ------
    ValueError
        If a label is none of the classes given.

    Examples
    --------
    >>> encode_labels(np.array(["FRII", "", "FRI"], dtype=object))
    (('FRI', 'FRII'), array([ 1, -1,  0]))
    """
    texts = [str(label).strip() for label in labels]
    found = sorted(set(texts) - {""})
    names = tuple(found if classes is None else classes)
    unknown = [name for name in found if name not in names]
    if unknown:
        raise ValueError(f"label {unknown[0]!r}: the classes are {', '.join(names)}; correct the label or leave it out")
    number = {"": -1} | {name: k for k, name in enumerate(names)}
    return names, np.array([number[text] for text in texts], dtype=np.int64).reshape(len(texts))
