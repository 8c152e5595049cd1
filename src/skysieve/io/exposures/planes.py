"""Physical values become the planes of a band: float32 data, bad pixels, variance."""

from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Shaped

from skysieve.io.exposures.headers import ignore_warnings
from skysieve.io.exposures.pixels import Blocks

HUGE = 1e30
"""Values beyond it are fill values, not fluxes, and would overflow when squared in float32."""


def make_data(blocks: Blocks, shape: tuple[int, int]) -> tuple[Float[np.ndarray, "y x"], Bool[np.ndarray, "y x"]]:
    """Gather blocks of rows into float32 data with zeros where they are bad, and the bad pixels.

    Bad are NaN, infinities and absolute values above 1e30.
    """
    data, bad = np.empty(shape, np.float32), np.empty(shape, bool)
    with ignore_warnings():
        for first, block in blocks:
            rows = slice(first, first + len(block))
            data[rows] = block
            bad[rows] = ~(np.abs(data[rows]) <= HUGE) if block.dtype.kind == "f" else False
    data[bad] = 0
    return data, bad


def make_bad(blocks: Blocks, shape: tuple[int, int], *, bits: int | None) -> Bool[np.ndarray, "y x"]:
    """Gather a mask plane: any of ``bits`` set, or any value but zero where ``bits`` is None; NaN is bad."""
    bad = np.empty(shape, bool)
    for first, block in blocks:
        bad[first : first + len(block)] = _select_bits(block, bits)
    return bad


def make_variance(
    blocks: Blocks, shape: tuple[int, int], *, kind: str
) -> tuple[Float[np.ndarray, "y x"], Bool[np.ndarray, "y x"]]:
    """Turn a weight plane into variance [image unit squared], zero where bad, and its bad pixels.

    Parameters
    ----------
    blocks : iterator
        Rows of the weight plane.
    shape : tuple of int
        Rows and columns.
    kind : {"ivar", "variance", "rms"}
        What the plane holds.

    Returns
    -------
    tuple of ndarray, shape (y, x)
        Variance, and where the weight is not positive, not finite or out of the range of float32.
    """
    variance, bad = np.empty(shape, np.float32), np.empty(shape, bool)
    powers: dict[str, Literal[-1, 1, 2]] = {"ivar": -1, "variance": 1, "rms": 2}
    with ignore_warnings():
        for first, block in blocks:
            rows = slice(first, first + len(block))
            values = block.astype(np.float64)
            variance[rows] = values ** powers[kind]
            bad[rows] = ~((values > 0) & (variance[rows] > 0) & (variance[rows] <= HUGE))
    variance[bad] = 0
    return variance, bad


def _select_bits(block: Shaped[np.ndarray, "row x"], bits: int | None) -> Bool[np.ndarray, "row x"]:
    lost = ~np.isfinite(block) if block.dtype.kind == "f" else np.zeros(block.shape, bool)
    if bits is None:
        return np.asarray(lost | (block != 0))
    whole = np.where(lost, 0, block).astype(np.int64, copy=False) if block.dtype != np.uint64 else block.view(np.int64)
    return np.asarray(lost | ((whole & np.int64(bits)) != 0))
