"""The detection filter: a small separable kernel, noise-weighted where the noise varies from pixel to pixel."""

import math

import numpy as np
from jaxtyping import Float

ROWS_AT_ONCE = 64


def make_kernel(fwhm: float) -> Float[np.ndarray, " tap"]:
    """One-dimensional factor of the detection kernel, summing to one.

    Parameters
    ----------
    fwhm : float
        Width [pixel]; 0 gives no smoothing, 2 SExtractor's default 1-2-1, others a Gaussian cut at 1.5 FWHM.

    Examples
    --------
    >>> make_kernel(2.0).tolist()
    [0.25, 0.5, 0.25]
    """
    if fwhm == 0:
        return np.ones(1)
    if fwhm == 2.0:
        return np.array([0.25, 0.5, 0.25])
    half = max(1, math.ceil(0.75 * fwhm))
    taps = np.exp(-4 * math.log(2) * (np.arange(-half, half + 1) / fwhm) ** 2)
    return taps / taps.sum()


def smooth(image: Float[np.ndarray, "y x"], kernel: Float[np.ndarray, " tap"]) -> Float[np.ndarray, "y x"]:
    """Convolve with the kernel along both axes; beyond the border the image is zero."""
    if len(kernel) == 1:
        return image
    half = len(kernel) // 2
    smoothed = np.empty_like(image)
    for start in range(0, len(image), ROWS_AT_ONCE):  # blocks that stay in the processor's cache
        stop = min(start + ROWS_AT_ONCE, len(image))
        block = np.zeros((stop - start + 2 * half, image.shape[1] + 2 * half), image.dtype)
        top, bottom = max(0, start - half), min(len(image), stop + half)
        block[top - start + half : bottom - start + half, half : half + image.shape[1]] = image[top:bottom]
        smoothed[start:stop] = _convolve_rows(_convolve_rows(block, kernel).T, kernel).T
    return smoothed


def _convolve_rows(block: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve along the first axis with a symmetric kernel, keeping only complete sums."""
    half, rows = len(kernel) // 2, len(block) - len(kernel) + 1
    total = block[half : half + rows] * block.dtype.type(kernel[half])
    for offset in range(1, half + 1):
        pair = block[half - offset : half - offset + rows] + block[half + offset : half + offset + rows]
        pair *= block.dtype.type(kernel[half + offset])
        total += pair
    return total


def smooth_weighted(
    image: Float[np.ndarray, "y x"], sigma: Float[np.ndarray, "y x"], kernel: Float[np.ndarray, " tap"]
) -> Float[np.ndarray, "y x"]:
    """Convolve as a matched filter does, down-weighting noisy pixels.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Background-subtracted pixels, zero where bad.
    sigma : ndarray, shape (y, x)
        Noise of each pixel in the same unit; infinite where bad.
    kernel : ndarray, shape (tap,)
        From ``make_kernel``.

    Returns
    -------
    ndarray, shape (y, x)
        Filtered pixels, to be compared with ``threshold * sigma``. Where the noise is constant it equals ``smooth``.

    Notes
    -----
    Signal to noise of the matched filter, (k * d/s^2) / sqrt(k^2 * 1/s^2), scaled by sqrt(sum k^2) s to the scale of
    a plain convolution.
    """
    lowest = float(sigma.min(initial=np.inf))
    unit = sigma.dtype.type(2.0 ** np.floor(np.log2(lowest)) if 0 < lowest < np.inf else 1.0)
    sigma = sigma / unit  # exactly, by a power of two, so that squares neither overflow nor vanish
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        weight = 1 / np.square(sigma)
        noise = smooth(weight, kernel**2)
        signal = smooth(image * weight, kernel)
        filtered = signal / np.sqrt(noise) * float(np.sum(kernel**2)) * np.where(np.isfinite(sigma), sigma, 0)
    return np.where(noise > 0, filtered, 0).astype(np.float32)
