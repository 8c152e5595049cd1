"""The sines, cosines and neighborhoods of PINK 2 to the last bit, on any machine.

A sine that is off in its last bit moves a neuron by 1e-4 where it decides which of two orientations is nearer.
"""

import math

import numpy as np
from jaxtyping import Float32, Float64

from skysieve.som.neighborhood import Kind

SINE = (-0.16666654943701084, 0.008332178146138854, -0.00019517298981385725)
COSINE = (-0.49999999725108224, 0.041666623324344516, -0.001388676379437604, 2.4390450703564542e-05)
"""Coefficients of x^3, x^5, x^7 and of x^2, x^4, x^6, x^8."""


def measure_sines(angles: Float32[np.ndarray, " angle"]) -> tuple[Float32[np.ndarray, "_"], Float32[np.ndarray, "_"]]:
    """Return sines and cosines of angles from 0 to a quarter turn [radian].

    Notes
    -----
    The 32-bit functions of glibc since 2.28 (those of the Arm Optimized Routines): polynomials on [-pi/4, pi/4] in 64
    bits, rounded once. About one result in 50 differs from the nearest 32-bit number.

    Examples
    --------
    >>> measure_sines(np.array([0.0, np.pi / 6], np.float32))
    (array([0. , 0.5], dtype=float32), array([1.       , 0.8660254], dtype=float32))
    """
    wide = angles.astype(np.float64)
    past = wide >= math.pi / 4
    rest = np.where(past, wide - math.pi / 2, wide)
    sine, cosine = _sum_sine(rest), _sum_cosine(rest)
    return np.where(past, cosine, sine).astype(np.float32), np.where(past, -sine, cosine).astype(np.float32)


def _sum_sine(x: Float64[np.ndarray, " angle"]) -> Float64[np.ndarray, " angle"]:
    square = x * x
    cube = x * square
    return (x + cube * SINE[0]) + (cube * square) * (SINE[1] + square * SINE[2])


def _sum_cosine(x: Float64[np.ndarray, " angle"]) -> Float64[np.ndarray, " angle"]:
    square = x * x
    fourth = square * square
    start = (1 + square * COSINE[0]) + fourth * COSINE[1]
    return start + (fourth * square) * (COSINE[2] + square * COSINE[3])


def measure_pull(
    distances: Float32[np.ndarray, "neuron neuron"],
    kind: Kind,
    *,
    sigma: float,
    rate: float,
    max_distance: float | None = None,
) -> Float32[np.ndarray, "neuron neuron"]:
    """Return `neighborhood.measure_influence` of distances on a lattice, rounded where PINK rounds.

    Raises
    ------
    ValueError
        If sigma is not above 0.
    """
    if not (sigma > 0 and math.isfinite(sigma)):
        raise ValueError(f"--dist-func {kind} {sigma} {rate}: the width of a neighborhood is above 0 and finite")
    width, height = np.float32(sigma), np.float32(rate)
    if kind == "mexicanHat":
        pull = _measure_hat(distances, width) * height
    else:
        area = width * np.float32(math.sqrt(2 * math.pi)) if kind == "gaussian" else np.float32(1)
        square = np.float32(-0.5) * (distances / width) ** 2
        pull = (height / area) * np.exp(square.astype(np.float64)).astype(np.float32)
    return pull if max_distance is None else np.where(distances < np.float32(max_distance), pull, np.float32(0))


def _measure_hat(
    distances: Float32[np.ndarray, "neuron neuron"], width: np.float32
) -> Float32[np.ndarray, "neuron neuron"]:
    square, variance = distances * distances, width * width
    height = np.float32(2 / (float(np.sqrt(np.float32(3) * width)) * math.pi**0.25))
    bell = np.exp(-0.5 * (square / variance).astype(np.float64))
    return (float(height) * (1 - square.astype(np.float64) / float(variance)) * bell).astype(np.float32)
