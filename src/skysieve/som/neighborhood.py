"""How strongly a neuron follows its neighbors."""

import math
from typing import Literal

import numpy as np
from jaxtyping import Float32

Kind = Literal["gaussian", "unitygaussian", "mexicanHat"]


def measure_influence(
    distances: Float32[np.ndarray, "..."],
    kind: Kind,
    *,
    sigma: float,
    rate: float,
    max_distance: float | None = None,
) -> Float32[np.ndarray, "..."]:
    """Return the part of the way that a neuron at some distance from the best-matching unit goes to a datum.

    Parameters
    ----------
    distances : array of float32
        From the best-matching unit, in cells of the lattice.
    kind : str
        ``gaussian`` (of unit area in one dimension), ``unitygaussian`` (of unit height) or ``mexicanHat``.
    sigma : float
        Width, in cells; above 0.
    rate : float
        Factor in front, called damping in PINK.
    max_distance : float, optional
        Neurons at this distance and beyond stay where they are.

    Returns
    -------
    array of float32
        Of the shape of ``distances``; negative beyond sigma for ``mexicanHat``.

    Raises
    ------
    ValueError
        If sigma or ``max_distance`` is not above 0.

    Notes
    -----
    The formulas of PINK 2, rounded where PINK rounds them, with d the distance, s sigma and a the rate:

    * gaussian: a / (s sqrt(2 pi)) exp(-(d/s)^2 / 2)
    * unitygaussian: a exp(-(d/s)^2 / 2)
    * mexicanHat: 2 a / (sqrt(3 s) pi^(1/4)) (1 - d^2/s^2) exp(-d^2 / (2 s^2))

    Examples
    --------
    >>> measure_influence(np.float32([0, 1, 2]), "unitygaussian", sigma=1.0, rate=0.5, max_distance=2.0)
    array([0.5       , 0.30326533, 0.        ], dtype=float32)
    """
    if not (sigma > 0 and math.isfinite(sigma)):
        raise ValueError(f"sigma = {sigma}: the width of a neighborhood is above 0 and finite")
    if max_distance is not None and not max_distance > 0:
        raise ValueError(f"max_distance = {max_distance}: it is above 0, or left out")
    width, height = np.float32(sigma), np.float32(rate)
    with np.errstate(over="ignore", under="ignore"):
        if kind == "mexicanHat":
            influence = _measure_hat(distances, width) * height
        else:
            area = width * np.float32(math.sqrt(2 * math.pi)) if kind == "gaussian" else np.float32(1)
            square = np.float32(-0.5) * (distances / width) ** 2
            influence = (height / area) * np.exp(square.astype(np.float64)).astype(np.float32)
    return (
        influence if max_distance is None else np.where(distances < np.float32(max_distance), influence, np.float32(0))
    )


def _measure_hat(distances: Float32[np.ndarray, "..."], width: np.float32) -> Float32[np.ndarray, "..."]:
    square, variance = distances * distances, np.maximum(width * width, np.finfo(np.float32).tiny)
    height = np.float32(2 / (float(np.sqrt(np.float32(3) * width)) * math.pi**0.25))
    bell = np.exp(-0.5 * (square / variance).astype(np.float64))
    return (float(height) * (1 - square.astype(np.float64) / float(variance)) * bell).astype(np.float32)
