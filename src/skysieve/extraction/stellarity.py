"""A stellarity between 0 and 1 from size alone, calibrated against the stars of the same image."""

import numpy as np
from jaxtyping import Float
from scipy.special import expit

from skysieve.extraction.stars import StarLocus

SIZE_ERROR = 0.9
"""Error of ln(half-light radius) of a point source times its signal to noise."""

GALAXY_SIZE, GALAXY_SPREAD = 0.7, 0.5
"""Mean and spread of ln(galaxy size / star size)."""


def measure_stellarity(
    locus: StarLocus | None,
    *,
    x: Float[np.ndarray, " source"],
    y: Float[np.ndarray, " source"],
    radius: Float[np.ndarray, " source"],
    snr: Float[np.ndarray, " source"],
) -> Float[np.ndarray, " source"]:
    """Measure how point-like each source is.

    Parameters
    ----------
    locus : StarLocus or None
        Where the stars lie; None gives NaN everywhere.
    x, y : ndarray, shape (source,)
        Positions [pixel].
    radius : ndarray, shape (source,)
        Half-light radii [pixel]; NaN gives NaN.
    snr : ndarray, shape (source,)
        Kron flux over its error.

    Returns
    -------
    ndarray, shape (source,)
        1 for a point source, 0 for an extended one, 0.5 where the noise hides the difference.

    Notes
    -----
    With s the logarithm of the size in units of a star's at that place and e its error, the value is
    N(s; 0, e) / (N(s; 0, e) + N(s; 0.7, sqrt(0.5^2 + e^2))): stars scatter by the error alone, galaxies are about
    twice as large with a wide spread, and both are equally likely beforehand. It plays the role of
    SExtractor's CLASS_STAR; it is not a calibrated probability.
    """
    if locus is None:
        return np.full(len(x), np.nan)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        size = np.log(radius / locus.radius(x, y))
        error = np.hypot(locus.scatter, SIZE_ERROR / np.maximum(snr, 0.1))
        spread = np.hypot(GALAXY_SPREAD, error)
        log_odds = ((size - GALAXY_SIZE) / spread) ** 2 / 2 - (size / error) ** 2 / 2 + np.log(spread / error)
    return np.where(np.isfinite(size), expit(log_odds), np.nan)
