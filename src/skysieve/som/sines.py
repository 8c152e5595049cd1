"""Sines and cosines to the last bit of PINK's, on any machine.

A sine that is off in its last bit moves a neuron by 1e-4 where it decides which of two orientations is nearer.
"""

import math

import numpy as np
from jaxtyping import Float32, Float64

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
