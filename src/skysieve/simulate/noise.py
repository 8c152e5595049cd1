"""Noise of the sky, of the sources and of reading out, correlated as by resampling where the recipe says so."""

import numpy as np
from jaxtyping import Float, Float32
from scipy.ndimage import convolve1d

FEW = 200.0
"""Electrons a pixel below which the noise is drawn from Poisson's distribution, not from a Gaussian."""


def make_drop_kernel(drop: float) -> Float[np.ndarray, " tap"]:
    """Return the share of a detector pixel's light in each pixel of the image, along one axis.

    Parameters
    ----------
    drop : float
        Side of the drop [pixel], at least 1; the drop lies centered on a pixel.

    Returns
    -------
    ndarray, shape (tap,)
        Sums to one. The variance of a pixel falls by the squared sum of squares, and neighbors are correlated by
        ``measure_correlation`` (Casertano et al. 2000, AJ 120, 2747, appendix A6).

    Examples
    --------
    >>> make_drop_kernel(2.0)
    array([0.25, 0.5 , 0.25])
    """
    half = int(np.ceil((drop - 1) / 2))
    offset = np.arange(-half, half + 1)
    overlap = np.minimum(offset + 0.5, drop / 2) - np.maximum(offset - 0.5, -drop / 2)
    return np.asarray(overlap / overlap.sum())


def measure_correlation(drop: float) -> Float[np.ndarray, " lag"]:
    """Return the correlation of the noise of two pixels of a row at distances 0, 1, 2, ... [pixel].

    Examples
    --------
    >>> measure_correlation(2.0).round(3)
    array([1.   , 0.667, 0.167])
    """
    kernel = make_drop_kernel(drop)
    both = np.correlate(kernel, kernel, "full")[len(kernel) - 1 :]
    return np.asarray(both / both[0])


def draw_noise(
    rng: np.random.Generator, electrons: Float[np.ndarray, "y x"], *, read_variance: float, drop: float
) -> Float32[np.ndarray, "y x"]:
    """Draw the noise of a stack.

    Parameters
    ----------
    rng : Generator
        Its next numbers are used.
    electrons : ndarray, shape (y, x)
        Expected electrons of sky and sources; negative ones count as none.
    read_variance : float
        Of all readouts together [electron squared].
    drop : float
        Side of a detector pixel's drop [pixel]; 1 for noise that is not correlated.

    Returns
    -------
    ndarray, shape (y, x)
        Of mean zero [electron].
    """
    expected = np.maximum(electrons, 0)
    noise = rng.standard_normal(electrons.shape, np.float32) * np.sqrt(expected + read_variance).astype(np.float32)
    few = expected < FEW
    if few.any():
        counts = rng.poisson(expected[few]) - expected[few]
        noise[few] = counts + rng.normal(0, np.sqrt(read_variance), counts.shape)
    return _spread(noise, make_drop_kernel(drop)).astype(np.float32)


def measure_noise_variance(
    electrons: Float[np.ndarray, "y x"], *, read_variance: float, drop: float
) -> Float32[np.ndarray, "y x"]:
    """Return the variance of each pixel [electron squared] of what ``draw_noise`` draws."""
    return _spread(np.maximum(electrons, 0) + read_variance, make_drop_kernel(drop) ** 2).astype(np.float32)


def _spread(plane: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve along both axes, beyond whose ends the plane goes on mirrored."""
    if len(kernel) == 1:
        return plane * kernel[0] ** 2
    return np.asarray(convolve1d(convolve1d(plane, kernel, axis=0, mode="mirror"), kernel, axis=1, mode="mirror"))
