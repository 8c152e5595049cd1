"""Polynomials over the detector, in coordinates scaled to [-1, 1]."""

import numpy as np
from jaxtyping import Float


def list_terms(
    x: np.ndarray, y: np.ndarray, *, shape: tuple[int, int], degree: int
) -> Float[np.ndarray, "source term"]:
    """Evaluate the terms 1, u, v, u^2, uv, v^2, ... at positions [pixel]."""
    u = 2 * x / max(1, shape[1] - 1) - 1
    v = 2 * y / max(1, shape[0] - 1) - 1
    return np.column_stack([u ** (n - k) * v**k for n in range(degree + 1) for k in range(n + 1)])


def count_degree(terms: int) -> int:
    """Degree of a polynomial of two variables with so many terms."""
    return int((np.sqrt(8 * terms + 1) - 3) / 2 + 0.5)


def fit_field(
    values: Float[np.ndarray, " source"],
    x: Float[np.ndarray, " source"],
    y: Float[np.ndarray, " source"],
    *,
    shape: tuple[int, int],
    degree: int,
) -> Float[np.ndarray, " term"]:
    """Least-squares coefficients of values at positions [pixel]."""
    terms = list_terms(x, y, shape=shape, degree=degree)
    coefficients: np.ndarray = np.linalg.lstsq(terms, values, rcond=None)[0]
    return coefficients


def evaluate_field(
    coefficients: Float[np.ndarray, " term"],
    x: Float[np.ndarray, " source"],
    y: Float[np.ndarray, " source"],
    *,
    shape: tuple[int, int],
) -> Float[np.ndarray, " source"]:
    """Evaluate a polynomial at positions [pixel]; beyond the detector it stays as on its border."""
    x, y = np.clip(x, 0, shape[1] - 1), np.clip(y, 0, shape[0] - 1)
    return list_terms(x, y, shape=shape, degree=count_degree(len(coefficients))) @ coefficients
