"""The noise of one cutout: outliers are clipped, and a parabola is fitted to the logarithm of the histogram."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Real

FEWEST_VALUES = 10
"""From fewer values nothing is said about noise."""

MAD_TO_SIGMA = 1.482602218505602
MOST_BINS = 100
ROUNDS = 4
"""Reweighted least squares has settled by then."""

ClipMode = Literal["std", "mad"]


@dataclass(frozen=True)
class Noise:
    """Level and standard deviation of the noise [image unit]; NaN where they cannot be measured."""

    center: float
    rms: float


def rms_estimate(
    data: Real[np.ndarray, "..."],
    *,
    mode: ClipMode = "std",
    clip_rounds: int = 2,
    bin_perc: float = 0.25,
    outlier_thres: float = 3.0,
) -> float:
    """Return the standard deviation of an image's noise [image unit].

    Parameters
    ----------
    data : ndarray
        Pixels [image unit], of any shape; NaN and infinite ones are left out. The noise may lie around any level.
    mode : {"std", "mad"}
        What a deviation from the median is measured in: the standard deviation, or the (unscaled) median absolute
        deviation, which bright sources do not widen.
    clip_rounds : int
        How often outliers are removed.
    bin_perc : float
        The histogram is made coarser until this fraction of its bins is occupied.
    outlier_thres : float
        Deviation from the median beyond which a value is an outlier, in units of the statistic.

    Returns
    -------
    float
        NaN for fewer than ten finite values, zero where all values are the same.

    Examples
    --------
    >>> image = np.random.default_rng(1).normal(5.0, 2.0, (100, 100))
    >>> image[40:45, 40:45] += 300
    >>> round(rms_estimate(image, mode="mad"), 1)
    2.0
    """
    return measure_noise(
        data, mode=mode, clip_rounds=clip_rounds, bin_perc=bin_perc, outlier_thres=outlier_thres
    ).rms  # fmt: skip


def measure_noise(
    data: Real[np.ndarray, "..."],
    *,
    mode: ClipMode = "std",
    clip_rounds: int = 2,
    bin_perc: float = 0.25,
    outlier_thres: float = 3.0,
) -> Noise:
    """Measure level and standard deviation of an image's noise [image unit]; parameters as of ``rms_estimate``.

    Notes
    -----
    The logarithm of a Gaussian is a parabola, a x^2 + b x + c, with sigma^2 = -1 / (2 a) and its top at -b / (2 a);
    truncating the Gaussian, as clipping does, leaves the parabola as it is. The fit is the most likely one for the
    counts of the bins, found by reweighted least squares, and a twelfth of the squared bin width is taken off
    sigma^2. Where the histogram is no hill, level and deviation are those of the clipped values.
    """
    values = np.asarray(data, np.float64).ravel()
    values = values[np.isfinite(values)]
    if len(values) < FEWEST_VALUES:
        return Noise(np.nan, np.nan)
    spread = float(values.std())
    for _ in range(clip_rounds):
        spread, values = _clip_outliers(values, mode, outlier_thres)
    low, high = float(values.min()), float(values.max())
    if not high - low > 1e-6 * max(abs(low), abs(high)):
        return Noise(float(np.median(values)), 0.0)
    counts, edges = _fill_histogram(values, bin_perc)
    return _fit_parabola(counts, edges) or Noise(float(np.median(values)), spread)


def _clip_outliers(
    values: Float[np.ndarray, " value"], mode: ClipMode, threshold: float
) -> tuple[float, Float[np.ndarray, " kept"]]:
    """Return the standard deviation of the values, as told by the statistic, and those that are no outliers."""
    away = np.abs(values - np.median(values))
    deviation = float(np.median(away)) if mode == "mad" else float(values.std())
    if deviation == 0:  # more than half of the values are the same: the median deviation knows no scale
        deviation, mode = float(values.std()), "std"
    kept = values[away <= threshold * deviation]
    sigma = deviation * (MAD_TO_SIGMA if mode == "mad" else 1.0)
    return (sigma, kept) if len(kept) >= FEWEST_VALUES else (sigma, values)


def _fill_histogram(
    values: Float[np.ndarray, " value"], occupied: float
) -> tuple[Float[np.ndarray, " bin"], Float[np.ndarray, " edge"]]:
    """Count the values in as many bins as they fill; values in steps, as of a digitized image, get a bin a step."""
    step = _find_step(values)
    if step > 0:
        n_bins = round(float(np.ptp(values)) / step) + 1
        counts, edges = np.histogram(values, n_bins, (values.min() - step / 2, values.max() + step / 2))
        return counts.astype(np.float64), edges
    n_bins = int(np.clip(np.sqrt(len(values)), 8, MOST_BINS))
    while True:
        counts, edges = np.histogram(values, bins=n_bins)
        if n_bins <= 8 or np.count_nonzero(counts) >= occupied * n_bins:
            return counts.astype(np.float64), edges
        n_bins //= 2


def _find_step(values: Float[np.ndarray, " value"]) -> float:
    """Return the smallest difference of values that take few levels, else zero."""
    if len(np.unique(values[: 3 * MOST_BINS])) > MOST_BINS:
        return 0.0
    levels = np.unique(values)
    step = float(np.diff(levels).min())
    return step if float(np.ptp(levels)) <= MOST_BINS * step and len(values) > 3 * len(levels) else 0.0


def _fit_parabola(counts: Float[np.ndarray, " bin"], edges: Float[np.ndarray, " edge"]) -> Noise | None:
    """Fit the logarithm of the counts; None where it does not curve downward."""
    middle, half = (edges[0] + edges[-1]) / 2, (edges[-1] - edges[0]) / 2
    u = ((edges[1:] + edges[:-1]) / 2 - middle) / half
    powers = np.stack([u * u, u, np.ones_like(u)], axis=1)
    expected = np.maximum(counts, 0.5)
    solution = np.zeros(3)
    for _ in range(ROUNDS):
        heights = np.log(expected) + (counts - expected) / expected
        root = np.sqrt(expected)
        solution = np.linalg.lstsq(powers * root[:, None], heights * root, rcond=None)[0]
        expected = np.exp(np.clip(powers @ solution, -20, 50))
    curvature, slope = float(solution[0]), float(solution[1])
    variance = half**2 * (-0.5 / curvature - (2 / len(counts)) ** 2 / 12) if curvature < 0 else 0.0
    top = middle - half * slope / (2 * curvature) if curvature < 0 else np.nan
    believable = 0 < variance < (2 * half) ** 2 and edges[0] <= top <= edges[-1]
    return Noise(float(top), float(np.sqrt(variance))) if believable else None
