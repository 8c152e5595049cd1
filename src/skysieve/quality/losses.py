"""What an exposure lost: seconds of its effective time by cause, measured from its catalog."""

import math

import numpy as np
from jaxtyping import Float

from skysieve.quality.statistics import STATISTICS
from skysieve.simulate.faults import Loss, split_loss

USUAL_RATIO = 0.95
"""Axis ratio of PSFs that are round as far as stars tell."""


def measure_factors(statistics: Float[np.ndarray, "row statistic"]) -> dict[Loss, float]:
    """Return by cause the factor by which an exposure's effective time is shorter than its time.

    Parameters
    ----------
    statistics : ndarray, shape (row, statistic)
        Of its detectors that have light.

    Returns
    -------
    dict of str to float
        For seeing, tracking, transparency and sky: medians over the detectors; what nobody measured is left out.

    Notes
    -----
    At the limit of the sky's noise the time to a given depth goes as the noise area of the PSF times the sky over the
    transparency squared (LSST SMTN-002). Tracking stretches the PSF along one axis, so the axis ratio (over 0.95, which
    noise alone may leave) is its share of the area; jumps and shakes that widen stars evenly count as seeing.
    """
    area, ratio = _middle(statistics, "log_area"), 1 - _middle(statistics, "psf_ellipticity")
    sky, transparency = _middle(statistics, "log_sky"), _middle(statistics, "log_transparency")
    factors: dict[Loss, float] = {}
    if math.isfinite(area + ratio):
        factors["tracking"] = min(1.0, max(ratio, 1e-3) / USUAL_RATIO)
        factors["seeing"] = math.exp(-area) / factors["tracking"]
    if math.isfinite(transparency):
        factors["transparency"] = min(1.0, 10 ** (2 * transparency))
    if math.isfinite(sky):
        factors["sky"] = 10**-sky
    return factors


def measure_losses(statistics: Float[np.ndarray, "row statistic"], *, exptime: float) -> dict[Loss, float]:
    """Return by cause the seconds of effective time that an exposure lost.

    Returns
    -------
    dict of str to float
        Empty where nothing was measured or the exposure time is not known.
    """
    factors = measure_factors(statistics)
    return split_loss(factors, exptime) if factors and exptime > 0 else {}


def _middle(statistics: Float[np.ndarray, "row statistic"], name: str) -> float:
    values = statistics[:, STATISTICS.index(name)]
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else math.nan
