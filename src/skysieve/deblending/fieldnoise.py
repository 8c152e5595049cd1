"""The noise of a field as its empty pixels show it, and more noise of the same kind."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32
from scipy.ndimage import convolve, correlate

REACH = 6
"""Pixels are taken to be uncorrelated beyond this distance along x or y [pixel]."""

CLIP = 4.0
"""Empty pixels farther from the median are sources after all [standard deviations]."""

SURE = 2.5
"""Measured correlations below this many of their errors are zero."""


@dataclass(frozen=True)
class FieldNoise:
    """Noise about a level, the same everywhere.

    Parameters
    ----------
    sigma : float
        Standard deviation of a pixel [image unit].
    level : float
        What is left of the background [image unit].
    correlation : ndarray, shape (v, u)
        Of two pixels by their distance along y and x; odd sides, 1 in the middle.
    """

    sigma: float
    level: float
    correlation: Float[np.ndarray, "v u"]


def make_white_noise(sigma: float) -> FieldNoise:
    """Return noise in which every pixel is on its own, about zero."""
    return FieldNoise(sigma, 0.0, np.ones((1, 1)))


def measure_field_noise(
    stamps: Sequence[Float[np.ndarray, "y x"]], empty: Sequence[Bool[np.ndarray, "y x"]], *, reach: int = REACH
) -> FieldNoise:
    """Measure noise and its correlation from the empty pixels of some stamps of one field.

    Parameters
    ----------
    stamps : sequence of ndarray
        Of any sizes, in one unit.
    empty : sequence of ndarray
        Pixels without sources; others are not looked at and may be NaN.
    reach : int, optional
        Largest distance at which pixels may be correlated [pixel].

    Raises
    ------
    ValueError
        If there are less than two empty pixels, or they do not differ.
    """
    values = np.concatenate([stamp[free].astype(float) for stamp, free in zip(stamps, empty, strict=True)])
    level = float(np.median(values)) if len(values) else 0.0
    sigma = 1.4826 * float(np.median(np.abs(values - level))) if len(values) > 1 else 0.0
    if not sigma > 0:
        raise ValueError(f"field noise: {len(values)} empty pixels show no noise; give larger stamps or the noise")
    products, pairs = np.zeros((2 * reach + 1, 2 * reach + 1)), np.zeros((2 * reach + 1, 2 * reach + 1))
    for stamp, free in zip(stamps, empty, strict=True):
        off = np.where(free, stamp, level).astype(float) - level
        kept = free & (np.abs(off) < CLIP * sigma)
        products += _correlate(np.where(kept, off, 0), reach)
        pairs += _correlate(kept.astype(float), reach)
    middle = products[reach, reach] / pairs[reach, reach]
    correlation = products / np.maximum(pairs, 1) / middle
    correlation[np.abs(correlation) < SURE / np.sqrt(np.maximum(pairs, 1))] = 0
    correlation[reach, reach] = 1
    return FieldNoise(sigma, level, correlation)


def draw_field_noise(
    noise: FieldNoise, *, shape: tuple[int, int], rng: np.random.Generator
) -> Float32[np.ndarray, "y x"]:
    """Draw noise of the same standard deviation and correlation [image unit].

    Notes
    -----
    White noise is filtered by the square root of the correlation's Fourier transform on a plane that is larger than
    the stamp by the correlation's size, so that its edges do not know of each other. What a measured correlation has
    of negative power is left out.
    """
    sides = [length + size for length, size in zip(shape, noise.correlation.shape, strict=True)]
    white = rng.standard_normal(sides)
    if noise.correlation.size > 1:
        plane = np.zeros(sides)
        rows, columns = (np.arange(size) - size // 2 for size in noise.correlation.shape)
        plane[np.ix_(rows, columns)] = noise.correlation
        power = np.maximum(np.fft.fft2(plane).real, 0)
        white = np.fft.ifft2(np.fft.fft2(white) * np.sqrt(power / power.mean())).real
    return (noise.level + noise.sigma * white[: shape[0], : shape[1]]).astype(np.float32)


def measure_smoothed_growth(noise: FieldNoise, kernel: Float[np.ndarray, "j i"]) -> float:
    """Return by how much noise that is smoothed exceeds smoothed noise of pixels on their own.

    Examples
    --------
    >>> measure_smoothed_growth(make_white_noise(3.0), np.full((3, 3), 1 / 9))
    1.0
    """
    both = correlate(np.pad(kernel, [(size, size) for size in kernel.shape]), kernel, mode="constant")
    wide = np.pad(noise.correlation, [(size // 2, size // 2) for size in both.shape])
    sums = correlate(wide, both, mode="constant")
    return float(np.sqrt(sums[tuple(size // 2 for size in sums.shape)] / both.max()))


def bin_noise(noise: FieldNoise, factor: int) -> FieldNoise:
    """Return the noise of an image whose square blocks of pixels are summed.

    Examples
    --------
    >>> bin_noise(make_white_noise(1.0), 3).sigma
    3.0
    """
    if factor == 1:
        return noise
    triangle = np.convolve(np.ones(factor), np.ones(factor))
    sums = convolve(np.pad(noise.correlation, 2 * factor), np.outer(triangle, triangle), mode="constant")
    rows, columns = (slice(size // 2 % factor, None, factor) for size in sums.shape)
    binned = sums[rows, columns]
    variance = float(binned[binned.shape[0] // 2, binned.shape[1] // 2])
    return FieldNoise(noise.sigma * float(np.sqrt(variance)), noise.level * factor**2, binned / variance)


def _correlate(plane: Float[np.ndarray, "y x"], reach: int) -> Float[np.ndarray, "v u"]:
    """Return the sum of the products of all pairs of pixels by their distance."""
    sides = [length + 2 * reach for length in plane.shape]
    power = np.abs(np.fft.rfft2(plane, sides)) ** 2
    products = np.fft.irfft2(power, sides)
    lags = np.arange(-reach, reach + 1)
    return np.asarray(products[np.ix_(lags, lags)])
