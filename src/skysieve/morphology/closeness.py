"""What a classifier learns from: the distances of an image to all neurons, on one scale and without repetition."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64

SOFTENING = 0.1
"""Of the ratio to the best distance, in units of the median best distance, so that a perfect match stays finite."""
LEAST_SPREAD = 1e-3
"""Principal axes along which the images spread less than this part of the first one are noise, and left out."""

ROUNDING = 1e-7
"""Spread, in units of the mean, that is no more than rounding."""


@final
@dataclass(frozen=True, eq=False)
class Front:
    """How distances become features.

    Attributes
    ----------
    softening
        Added to the best distance before the others are divided by it.
    center, scale
        Mean and standard deviation of each distance, then of each ratio to the best one.
    axes
        Principal axes of these, each over the spread along it; the axis of the largest spread first.
    """

    softening: float
    center: Float64[np.ndarray, " number"]
    scale: Float64[np.ndarray, " number"]
    axes: Float64[np.ndarray, "number axis"]


def is_known(distance: Float[np.ndarray, "image neuron"]) -> Bool[np.ndarray, " image"]:
    """Tell which images have a distance to every neuron."""
    return np.isfinite(distance).all(axis=1)


def fit_front(distance: Float[np.ndarray, "image neuron"], *, axes: int = 30) -> Front:
    """Find the scale of the distances of some images; they need no labels.

    Parameters
    ----------
    distance
        Euclidean; images with NaN are left out.
    axes
        Principal axes to keep, at most.

    Raises
    ------
    ValueError
        If fewer than two images are known, or all are the same.
    """
    known = distance[is_known(distance)]
    if len(known) < 2:
        raise ValueError(f"mapping: {len(known)} images with known distances; at least 2 are wanted")
    softening = max(SOFTENING * float(np.median(known.min(axis=1))), float(np.finfo(np.float32).tiny))
    numbers = _list_numbers(known, softening)
    center, scale = numbers.mean(axis=0), numbers.std(axis=0)
    scale = np.where(scale > ROUNDING * np.abs(center), scale, 0.0)
    if not scale.any():
        raise ValueError("mapping: all images have the same distances; nothing tells them apart")
    scale = np.where(scale > 0, scale, 1.0)
    _, spread, turned = np.linalg.svd((numbers - center) / scale, full_matrices=False)
    kept = (spread > LEAST_SPREAD * spread[0]) & (np.arange(len(spread)) < axes)
    return Front(softening, center, scale, turned[kept].T / (spread[kept] / np.sqrt(len(known))))


def measure_closeness(
    front: Front, distance: Float[np.ndarray, "image neuron"]
) -> tuple[Float32[np.ndarray, "image number"], Float32[np.ndarray, "image axis"]]:
    """Return standardized numbers, and their principal components of unit variance; NaN where a distance is.

    Raises
    ------
    ValueError
        If there are distances to another number of neurons.
    """
    if 2 * distance.shape[1] != len(front.center):
        raise ValueError(
            f"mapping: distances to {distance.shape[1]} neurons; the classifier knows a map of "
            f"{len(front.center) // 2}; map the images onto that map"
        )
    standard = (_list_numbers(distance, front.softening) - front.center) / front.scale
    return standard.astype(np.float32), (standard @ front.axes).astype(np.float32)


def _list_numbers(distance: Float[np.ndarray, "image neuron"], softening: float) -> Float64[np.ndarray, "image number"]:
    """Return each distance, and its ratio to the best one of the image."""
    wide = distance.astype(np.float64)
    return np.concatenate([wide, wide / (wide.min(axis=1, keepdims=True, initial=np.inf) + softening)], axis=1)
