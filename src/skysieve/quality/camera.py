"""What is usual for a camera: the yardsticks by which its exposures are measured."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from skysieve.records import Calibration


@dataclass(frozen=True)
class Usual:
    """What a camera usually delivers; NaN where nobody knows.

    Parameters
    ----------
    fwhm : float
        Of the usual seeing [pixel].
    sky : float
        Of the usual sky [image unit a second].
    zeropoint : float
        Of a clear sky [mag]: the AB magnitude of one image unit a second.
    """

    fwhm: float
    sky: float = math.nan
    zeropoint: float = math.nan


def measure_sky_ratio(level: float, usual: Usual, *, exptime: float) -> float:
    """Return the sky's brightness over the usual one; NaN where one of the two or the time is not known."""
    if not (level > 0 and usual.sky > 0 and exptime > 0):
        return math.nan
    return level / (usual.sky * exptime)


def measure_transparency(calibration: Calibration, usual: Usual) -> float:
    """Return the share of light that arrives, by the exposure's zeropoint; NaN without it, the usual one, or the time.

    Examples
    --------
    >>> calibration = Calibration(zeropoint=30.0, exptime=100.0)
    >>> round(measure_transparency(calibration, Usual(4.0, zeropoint=26.0)), 2)
    0.4
    """
    time = calibration.exptime
    if not (math.isfinite(calibration.zeropoint + usual.zeropoint) and time > 0):
        return math.nan
    return float(10 ** (0.4 * (calibration.zeropoint - usual.zeropoint - 2.5 * math.log10(time))))


def measure_area_ratio(stamp: Float[np.ndarray, "y x"], usual: Usual) -> float:
    """Return the noise area of a PSF over that of the usual seeing.

    Notes
    -----
    The noise area is 1 / sum(P^2) (King 1983, PASP 95, 163); the time to a given depth grows with it. The usual one is
    that of a Moffat profile with beta = 3, pi FWHM^2 5 / (16 (2^(1/3) - 1)).
    """
    light = stamp / stamp.sum()
    usual_area = math.pi * usual.fwhm**2 * 5 / (16 * (2 ** (1 / 3) - 1))
    return float(1 / (light**2).sum() / usual_area)
