"""Images that the map has no neuron for: distance to the best one, against what is usual at that neuron."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Integer

from skysieve.som.lattice import Lattice

TAIL = 0.1
"""Part of the reference images from which on the tail is taken as exponential."""
ENOUGH = 10.0
"""Images that a neuron must have, its neighbors counted by closeness, to be its own judge to one half."""
LEAST = 5


@final
@dataclass(frozen=True, eq=False)
class OutlierReference:
    """How far images usually lie from their best-matching units.

    Attributes
    ----------
    typical
        Logarithm of the usual distance at each neuron.
    spread
        Width of the logarithms there.
    excess
        Of the reference images, in units of that width, in ascending order; the last part of it sets the tail.
    """

    typical: Float64[np.ndarray, " neuron"]
    spread: Float64[np.ndarray, " neuron"]
    excess: Float32[np.ndarray, " image"]


@dataclass(frozen=True, eq=False)
class Outliers:
    """How unusual images are.

    Attributes
    ----------
    p_value
        Part of images like the reference that lie as far from their neuron, or farther; NaN where nothing is known.
    score
        -log10 of it: 2 is one in a hundred.
    outside
        Whether it is below the level asked for, or nothing is known of the image.
    """

    p_value: Float64[np.ndarray, " image"]
    score: Float64[np.ndarray, " image"]
    outside: Bool[np.ndarray, " image"]


def fit_outliers(
    bmus: Integer[np.ndarray, " image"], distance: Float[np.ndarray, " image"], lattice: Lattice
) -> OutlierReference:
    """Learn the usual distance at each neuron.

    Parameters
    ----------
    bmus, distance
        Best-matching unit and the distance to it. Best are images that the map was not trained on: those that it was
        trained on lie somewhat closer. Images with -1 or NaN are left out.
    lattice
        Neurons with few images lean on their neighbors.

    Raises
    ------
    ValueError
        If fewer than five images are known.

    Notes
    -----
    Median and median deviation of the logarithm of the distance at a neuron, drawn toward the medians of its neighbors
    (weights exp(-d^2 / 2) by their distance d, and by their numbers of images) as by 10 images.
    """
    known = (bmus >= 0) & np.isfinite(distance)
    if known.sum() < LEAST:
        raise ValueError(f"outliers: {known.sum()} images with known distances; at least {LEAST} are wanted")
    where, value = bmus[known], _take_logarithm(distance[known])
    near = np.exp(-0.5 * lattice.measure_distances().astype(np.float64) ** 2)
    typical = _smooth(where, value, near)
    spread = np.maximum(1.4826 * _smooth(where, np.abs(value - typical[where]), near), 1e-6)
    return OutlierReference(typical, spread, np.sort((value - typical[where]) / spread[where]).astype(np.float32))


def find_outliers(
    reference: OutlierReference,
    bmus: Integer[np.ndarray, " image"],
    distance: Float[np.ndarray, " image"],
    *,
    level: float = 0.01,
) -> Outliers:
    """Say how unusual the distances of images to their best-matching units are.

    Parameters
    ----------
    level
        p-value below which an image is outside.

    Notes
    -----
    The p-value is the part of the reference, pooled over the neurons in their own units, that lies as far; beyond its
    last tenth, of n images, that part is continued as an exponential of the same mean excess, so that the most unusual
    images keep their order. Below 1/n it is such a continuation, not a count.
    """
    known = (bmus >= 0) & np.isfinite(distance)
    p_value = np.full(len(bmus), np.nan)
    excess = (_take_logarithm(distance[known]) - reference.typical[bmus[known]]) / reference.spread[bmus[known]]
    p_value[known] = _measure_tail(reference.excess.astype(np.float64), excess)
    with np.errstate(invalid="ignore"):
        return Outliers(p_value, np.abs(np.log10(p_value)), ~(p_value >= level))


def _measure_tail(
    sample: Float64[np.ndarray, " reference"], excess: Float64[np.ndarray, " image"]
) -> Float64[np.ndarray, " image"]:
    """Return the part of a sorted sample at or above each value, exponential in its last tenth."""
    count = len(sample)
    start = sample[int((1 - TAIL) * count)]
    mean = max(float((sample[sample >= start] - start).mean()), 1e-6)
    above = (count - np.searchsorted(sample, excess, side="left") + 1) / (count + 1)
    share = float((sample >= start).mean())
    tail = share * np.exp(-np.clip((excess - start) / mean, 0, 600))
    return np.where(excess > start, tail, above)


def _smooth(
    where: Integer[np.ndarray, " image"], value: Float64[np.ndarray, " image"], near: Float64[np.ndarray, "to neuron"]
) -> Float64[np.ndarray, " neuron"]:
    """Return the median at each neuron, drawn toward those around it and, last, to that of all."""
    counts = np.bincount(where, minlength=len(near)).astype(np.float64)
    everywhere = float(np.median(value))
    own = np.full(len(near), everywhere)
    for neuron in np.flatnonzero(counts):
        own[neuron] = np.median(value[where == neuron])
    weight = near * (1 - np.eye(len(near))) @ np.diag(counts)
    around = (weight @ own + everywhere) / (weight.sum(axis=1) + 1)
    return (counts * own + ENOUGH * around) / (counts + ENOUGH)


def _take_logarithm(distance: Float[np.ndarray, " image"]) -> Float64[np.ndarray, " image"]:
    """Return logarithms; a perfect match is as good as the smallest number."""
    return np.log(np.maximum(distance.astype(np.float64), 1e-30))
