"""Images without a true source: the image turned upside down, and noise alone with the image's own correlation."""

from dataclasses import replace

import numpy as np
import scipy.fft
from jaxtyping import Bool, Float, Int
from scipy.ndimage import binary_dilation

from skysieve.extraction import ExtractionRecipe
from skysieve.extraction.background import evaluate_mesh
from skysieve.extraction.bands import calibrate_band
from skysieve.records import Band, Detector

LAGS = 12
"""Noise is taken as uncorrelated beyond this distance [pixel]."""

LEAST_BLANK = 1000
"""With fewer blank pixels the correlation is not measured and white noise is made."""

LARGEST = 2048
"""Side of the part of an image from which the correlation is measured [pixel]."""


def negate(detector: Detector) -> Detector:
    """Return the image with its sign turned, on which every detection is spurious.

    Noise that is as often above as below the background gives as many false detections on it as on the image.
    Saturation and gain, which have no meaning there, are forgotten.
    """
    bands = [
        replace(band, data=-band.data, calibration=replace(band.calibration, saturation=np.nan, gain=np.nan))
        for band in detector.bands
    ]
    return replace(detector, bands=tuple(bands))


def make_blank_sky(
    detector: Detector, labels: Int[np.ndarray, "y x"], recipe: ExtractionRecipe, *, seed: tuple[int, ...]
) -> Detector:
    """Replace an image by its background and Gaussian noise that is as strong and as correlated as its own.

    Parameters
    ----------
    detector : Detector
        The image.
    labels : ndarray, shape (y, x)
        Its segmentation map; the correlation is measured between the sources.
    recipe : ExtractionRecipe
        Background mesh.
    seed : tuple of int
        Fixes the noise.

    Returns
    -------
    Detector
        With the same bad pixels and calibration.
    """
    source = binary_dilation(labels > 0, iterations=3)
    rng = np.random.default_rng(seed)
    return replace(detector, bands=tuple(_fill_band(band, source, recipe, rng=rng) for band in detector.bands))


def measure_correlation(
    noise: Float[np.ndarray, "y x"], blank: Bool[np.ndarray, "y x"]
) -> Float[np.ndarray, "lag_y lag_x"]:
    """Measure the autocorrelation of noise between the sources.

    Parameters
    ----------
    noise : ndarray, shape (y, x)
        Background-subtracted pixels in units of their noise.
    blank : ndarray of bool, shape (y, x)
        The pixels to use.

    Returns
    -------
    ndarray, shape (2 LAGS + 1, 2 LAGS + 1)
        One in the middle; zero elsewhere where too few pixels are blank.
    """
    middle = np.zeros((2 * LAGS + 1, 2 * LAGS + 1))
    middle[LAGS, LAGS] = 1.0
    part = tuple(slice(0, min(length, LARGEST)) for length in noise.shape)
    blank = blank[part]
    if np.count_nonzero(blank) < LEAST_BLANK:
        return middle
    level = float(np.mean(noise[part][blank]))
    values = np.where(blank, noise[part] - level, 0).astype(np.float32)
    size = [scipy.fft.next_fast_len(length + LAGS, real=True) for length in blank.shape]
    products = _correlate(values, size)
    pairs = _correlate(blank.astype(np.float32), size)
    mean = np.where(pairs > LEAST_BLANK / 4, products / np.maximum(pairs, 1), 0)
    if not mean[LAGS, LAGS] > 0:
        return middle
    correlation: np.ndarray = mean / mean[LAGS, LAGS]
    return correlation


def make_noise(
    shape: tuple[int, int], correlation: Float[np.ndarray, "lag_y lag_x"], *, rng: np.random.Generator
) -> Float[np.ndarray, "y x"]:
    """Make Gaussian noise of unit variance with a given autocorrelation; negative power is taken as none."""
    size = [scipy.fft.next_fast_len(length + LAGS, real=True) for length in shape]
    kernel = np.zeros(size, np.float32)
    taper = np.hanning(2 * LAGS + 3)[1:-1]
    window = correlation * np.minimum(1, 2 * np.outer(taper, taper))
    rows, columns = (np.arange(-LAGS, LAGS + 1) % length for length in size)
    kernel[np.ix_(rows, columns)] = window
    power = np.maximum(scipy.fft.rfft2(kernel).real, 0)
    white = rng.standard_normal(size, dtype=np.float32)
    noise = scipy.fft.irfft2(scipy.fft.rfft2(white) * np.sqrt(power), size)[: shape[0], : shape[1]]
    return (noise / max(float(noise.std()), 1e-30)).astype(np.float32)


def _fill_band(
    band: Band, source: Bool[np.ndarray, "y x"], recipe: ExtractionRecipe, *, rng: np.random.Generator
) -> Band:
    """Return a band of background and correlated noise."""
    calibrated = calibrate_band(band, recipe.background)
    mesh, bad = calibrated.mesh, calibrated.bad
    whole = {"rows": slice(0, bad.shape[0]), "columns": slice(0, bad.shape[1])}
    level, rms = evaluate_mesh(mesh.level, mesh, **whole), evaluate_mesh(mesh.rms, mesh, **whole)
    if band.variance is not None and np.isfinite(calibrated.variance_scale):
        rms = np.sqrt(band.variance * np.float32(calibrated.variance_scale))
    blank = ~source & ~bad & (rms > 0)
    scaled = (band.data - level) / np.where(rms > 0, rms, 1)
    noise = make_noise((bad.shape[0], bad.shape[1]), measure_correlation(scaled, blank), rng=rng)
    return replace(band, data=np.where(bad, 0, level + rms * noise).astype(np.float32))


def _correlate(values: Float[np.ndarray, "y x"], size: list[int]) -> Float[np.ndarray, "lag_y lag_x"]:
    """Sums of products of pixels at each lag."""
    power = np.abs(scipy.fft.rfft2(values, size)) ** 2
    lags = scipy.fft.irfft2(power, size)
    rows, columns = (np.arange(-LAGS, LAGS + 1) % length for length in size)
    return lags[np.ix_(rows, columns)]
