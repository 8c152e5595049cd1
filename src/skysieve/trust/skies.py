"""Images without a true source: the image turned upside down, and noise alone with the image's own correlation."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import scipy.fft
from jaxtyping import Bool, Float
from scipy.ndimage import binary_dilation, distance_transform_edt, uniform_filter

from skysieve.extraction import ExtractionRecipe
from skysieve.extraction.background import BackgroundMesh, evaluate_mesh
from skysieve.extraction.bands import calibrate_band
from skysieve.records import Band, Detector

LAGS = 12
"""Noise is taken as uncorrelated beyond this distance [pixel]."""

LEAST_BLANK = 1000
"""With fewer blank pixels the correlation is not measured and white noise is made."""

LOUDEST = 2.0
"""Cells with more noise than this [median noise] owe it to sources, as the core of a star cluster does."""

BRIGHT = 1.2
"""Pixels whose mean over 3x3 exceeds this [noise of a pixel] are taken for sources; white noise has 0.33 there."""

TILE = 256
"""Side of the parts of an image in which the correlation is measured [pixel]."""


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


def make_blank_sky(detector: Detector, recipe: ExtractionRecipe, *, seed: tuple[int, ...]) -> Detector:
    """Replace an image by its background and Gaussian noise that is as strong and as correlated as its own.

    Parameters
    ----------
    detector : Detector
        The image.
    recipe : ExtractionRecipe
        Background mesh.
    seed : tuple of int
        Fixes the noise.

    Returns
    -------
    Detector
        With the same bad pixels and calibration.
    """
    rng = np.random.default_rng(seed)
    return replace(detector, bands=tuple(_fill_band(band, recipe, rng=rng) for band in detector.bands))


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

    Notes
    -----
    The mean over the quarter of the tiles with the least correlation: sources too faint to be found correlate
    neighboring pixels as well, but do so unevenly over the image.
    """
    tiles = [
        (slice(y, y + side_y), slice(x, x + side_x))
        for y, side_y in _split(noise.shape[0])
        for x, side_x in _split(noise.shape[1])
    ]
    found = [_measure_tile(noise[tile], blank[tile]) for tile in tiles]
    known = np.array([one for one in found if one is not None])
    if not len(known):
        alone = np.zeros((2 * LAGS + 1, 2 * LAGS + 1))
        alone[LAGS, LAGS] = 1.0
        return alone
    near = known[:, LAGS - 2 : LAGS + 3, LAGS - 2 : LAGS + 3].sum(axis=(1, 2))
    darkest = np.argsort(near, kind="stable")[: max(1, len(near) // 4)]
    mean: np.ndarray = known[darkest].mean(axis=0)
    return mean


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


def _fill_band(band: Band, recipe: ExtractionRecipe, *, rng: np.random.Generator) -> Band:
    """Return a band of background and correlated noise."""
    calibrated = calibrate_band(band, recipe.background)
    mesh, bad = calibrated.mesh, calibrated.bad
    level, rms = _evaluate(mesh.level, mesh), _evaluate(mesh.rms, mesh)
    scaled = np.where(bad, 0, (band.data - level) / np.where(rms > 0, rms, 1))
    source = binary_dilation(uniform_filter(scaled, 3) > BRIGHT, iterations=4)
    correlation = measure_correlation(scaled, ~source & ~bad & (rms > 0))
    quiet = _quieten(mesh)
    level, rms = _evaluate(quiet.level, quiet), _evaluate(quiet.rms, quiet)
    if band.variance is not None and np.isfinite(calibrated.variance_scale):
        rms = np.sqrt(band.variance * np.float32(calibrated.variance_scale))
    noise = make_noise((bad.shape[0], bad.shape[1]), correlation, rng=rng)
    return replace(band, data=np.where(bad, 0, level + rms * noise).astype(np.float32))


def _evaluate(values: Float[np.ndarray, "cell_y cell_x"], mesh: BackgroundMesh) -> Float[np.ndarray, "y x"]:
    """Interpolate a mesh over the whole image."""
    rows, columns = int(mesh.edges_y[-1]), int(mesh.edges_x[-1])
    return evaluate_mesh(values, mesh, rows=slice(0, rows), columns=slice(0, columns))


def _quieten(mesh: BackgroundMesh) -> BackgroundMesh:
    """Give cells that are ruled by sources the values of the nearest others."""
    loud = mesh.rms > LOUDEST * mesh.median_rms
    if not loud.any():
        return mesh
    at = tuple(distance_transform_edt(loud, return_distances=False, return_indices=True))
    return replace(mesh, level=mesh.level[at], rms=mesh.rms[at])


def _split(length: int) -> list[tuple[int, int]]:
    """Return starts and lengths of near-equal tiles along an axis."""
    edges = np.linspace(0, length, max(1, length // TILE) + 1).astype(int).tolist()
    return [(start, stop - start) for start, stop in pairwise(edges)]


def _measure_tile(
    noise: Float[np.ndarray, "y x"], blank: Bool[np.ndarray, "y x"]
) -> Float[np.ndarray, "lag_y lag_x"] | None:
    """Autocorrelation in one tile, None with too few blank pixels."""
    if np.count_nonzero(blank) < LEAST_BLANK:
        return None
    values = np.where(blank, noise - np.mean(noise[blank]), 0).astype(np.float32)
    size = [scipy.fft.next_fast_len(length + LAGS, real=True) for length in blank.shape]
    products, pairs = _correlate(values, size), _correlate(blank.astype(np.float32), size)
    mean = np.where(pairs > LEAST_BLANK / 4, products / np.maximum(pairs, 1), 0)
    return mean / mean[LAGS, LAGS] if mean[LAGS, LAGS] > 0 else None


def _correlate(values: Float[np.ndarray, "y x"], size: list[int]) -> Float[np.ndarray, "lag_y lag_x"]:
    """Return the sums of products of pixels at each lag."""
    power = np.abs(scipy.fft.rfft2(values, size)) ** 2
    lags = scipy.fft.irfft2(power, size)
    rows, columns = (np.arange(-LAGS, LAGS + 1) % length for length in size)
    return lags[np.ix_(rows, columns)]
