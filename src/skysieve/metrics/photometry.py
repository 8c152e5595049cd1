"""Measured against true light: bias, scatter, outliers, percentage errors, pulls, coverage."""

import math
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri

from skysieve.metrics.checks import require_choice, require_finite, require_fraction, require_same_length
from skysieve.metrics.proportions import Proportion, measure_proportion

Center = Literal["median", "mean"]
Scatter = Literal["mad", "std"]
MAD_TO_SIGMA = 1.4826  # of a normal distribution: 1 / ndtri(0.75)


def measure_delta_mag(
    measured: Float[np.ndarray, " object"], truth: Float[np.ndarray, " object"]
) -> Float[np.ndarray, " object"]:
    """Measure the difference in magnitude, measured minus true: positive where light is lost.

    Parameters
    ----------
    measured, truth : ndarray, shape (object,)
        Fluxes in one unit.

    Returns
    -------
    ndarray of float64, shape (object,)
        [mag]; NaN where a flux is not positive or not finite, since it has no magnitude. The other functions refuse
        these NaN: count and leave them out with :func:`select_finite`.

    Raises
    ------
    ValueError
        When lengths differ.

    Examples
    --------
    >>> measure_delta_mag(np.array([10.0, 1.0, -3.0]), np.array([100.0, 1.0, 2.0]))
    array([2.5, 0. , nan])
    """
    require_same_length(measured=measured, truth=truth)
    known = np.isfinite(measured) & np.isfinite(truth) & (measured > 0) & (truth > 0)
    delta = np.full(len(measured), np.nan)
    delta[known] = -2.5 * (np.log10(measured[known].astype(np.float64)) - np.log10(truth[known].astype(np.float64)))
    return delta + 0.0


def measure_bias(delta_mag: Float[np.ndarray, " object"], *, statistic: Center = "median") -> float:
    """Measure the typical offset.

    Parameters
    ----------
    delta_mag : ndarray, shape (object,)
        Measured minus true [mag], or any other difference. NaN is refused.
    statistic : {"median", "mean"}
        The mean is that of Boucaud et al. (2020), figures 5 and 6.

    Returns
    -------
    float
        [mag]; NaN without objects.

    Raises
    ------
    ValueError
        When a difference is NaN or infinite.

    Examples
    --------
    >>> measure_bias(np.array([0.1, 0.0, 0.8])), round(measure_bias(np.array([0.1, 0.0, 0.8]), statistic="mean"), 6)
    (0.1, 0.3)
    """
    require_choice("statistic", statistic, Center)
    require_finite("delta_mag", delta_mag)
    if not delta_mag.size:
        return math.nan
    return float(np.median(delta_mag) if statistic == "median" else np.mean(delta_mag, dtype=np.float64))


def measure_sigma_mag(delta_mag: Float[np.ndarray, " object"], *, statistic: Scatter = "mad") -> float:
    """Measure the scatter about the typical offset.

    Parameters
    ----------
    delta_mag : ndarray, shape (object,)
        Measured minus true [mag], or any other difference. NaN is refused.
    statistic : {"mad", "std"}
        "mad": 1.4826 times the median absolute deviation from the median, which outliers do not move. "std": the
        standard deviation from the mean, the dispersion of Boucaud et al. (2020), figures 5 and 6.

    Returns
    -------
    float
        [mag]; 0 for one object, NaN without objects.

    Raises
    ------
    ValueError
        When a difference is NaN or infinite.

    Examples
    --------
    >>> measure_sigma_mag(np.array([-1.0, 0.0, 1.0, 100.0]))
    1.4826
    """
    require_choice("statistic", statistic, Scatter)
    require_finite("delta_mag", delta_mag)
    if not delta_mag.size:
        return math.nan
    if statistic == "std":
        return float(np.std(delta_mag, dtype=np.float64))
    return float(MAD_TO_SIGMA * np.median(np.abs(delta_mag - np.median(delta_mag))))


def measure_outlier_fraction(
    delta_mag: Float[np.ndarray, " object"], *, threshold: float = 0.75, level: float = 0.68
) -> Proportion:
    """Measure how many are far off.

    Parameters
    ----------
    delta_mag : ndarray, shape (object,)
        Measured minus true [mag]. NaN is refused.
    threshold : float
        An outlier has an absolute difference above this [mag]; 0.75 is a factor of 2 in flux (Boucaud et al. 2020,
        section 4.1).
    level : float
        Of the Wilson interval.

    Returns
    -------
    Proportion
        A fraction, not percent; NaN without objects.

    Raises
    ------
    ValueError
        When a difference is NaN or infinite.

    Examples
    --------
    >>> measure_outlier_fraction(np.array([0.75, -0.76, 0.0, 0.0])).value
    0.25
    """
    require_finite("delta_mag", delta_mag)
    return measure_proportion(np.abs(delta_mag) > threshold, level=level)


def measure_mape(measured: Float[np.ndarray, " object"], truth: Float[np.ndarray, " object"]) -> float:
    """Measure the mean absolute percentage error.

    Parameters
    ----------
    measured, truth : ndarray, shape (object,)
        Fluxes in one unit. NaN and a true flux of zero are refused.

    Returns
    -------
    float
        [percent]; NaN without objects.

    Raises
    ------
    ValueError
        When lengths differ, a flux is NaN or infinite or a true flux is zero.

    Notes
    -----
    Boucaud et al. (2020), equation 1. Faint objects weigh as much as bright ones, and a single true flux near zero can
    outweigh all others.

    Examples
    --------
    >>> round(measure_mape(np.array([9.0, 30.0]), np.array([10.0, 20.0])), 6)
    30.0
    """
    require_same_length(measured=measured, truth=truth)
    require_finite("measured", measured)
    require_finite("truth", truth)
    if np.any(truth == 0):
        raise ValueError(f"truth: {int(np.sum(truth == 0))} of {len(truth)} fluxes are zero, of which there is no "
                         "percentage; leave them out")  # fmt: skip
    if not truth.size:
        return math.nan
    return float(100 * np.mean(np.abs((measured - truth) / truth), dtype=np.float64))


def measure_pulls(
    measured: Float[np.ndarray, " object"],
    truth: Float[np.ndarray, " object"],
    error: Float[np.ndarray, " object"],
) -> Float[np.ndarray, " object"]:
    """Measure differences in units of their stated errors; right errors make them standard normal.

    Parameters
    ----------
    measured, truth, error : ndarray, shape (object,)
        In one unit; errors are standard deviations above zero. NaN is refused.

    Returns
    -------
    ndarray of float64, shape (object,)
        (measured - truth) / error.

    Raises
    ------
    ValueError
        When lengths differ, a number is NaN or infinite or an error is not positive.

    Examples
    --------
    >>> measure_pulls(np.array([12.0, 9.0]), np.array([10.0, 10.0]), np.array([1.0, 2.0]))
    array([ 2. , -0.5])
    """
    require_same_length(measured=measured, truth=truth, error=error)
    for name, values in (("measured", measured), ("truth", truth), ("error", error)):
        require_finite(name, values)
    if np.any(error <= 0):
        raise ValueError(f"error: {int(np.sum(error <= 0))} of {len(error)} are zero or negative; leave these out")
    return (measured.astype(np.float64) - truth) / error


def measure_coverage(
    pull: Float[np.ndarray, " object"], level: float = 0.68, *, interval_level: float = 0.68
) -> Proportion:
    """Measure how often the central interval of a level holds the truth; right errors make it that level.

    Parameters
    ----------
    pull : ndarray, shape (object,)
        From :func:`measure_pulls`. NaN is refused.
    level : float
        Of the central interval: measured +- z error with the normal quantile z of (1 + level) / 2 (0.994 for 0.68).
    interval_level : float
        Of the Wilson interval of the answer.

    Returns
    -------
    Proportion
        NaN without objects.

    Raises
    ------
    ValueError
        When a pull is NaN or infinite, or a level is not between 0 and 1.

    Examples
    --------
    >>> measure_coverage(np.array([-0.5, 0.9, 1.1, 3.0]), 0.68).value
    0.5
    """
    require_fraction("level", level)
    require_finite("pull", pull)
    return measure_proportion(np.abs(pull) <= float(ndtri(0.5 + level / 2)), level=interval_level)
