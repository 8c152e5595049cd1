"""What can go wrong with an exposure, how large, and how much of its time that costs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field

from skysieve.config import STRICT
from skysieve.simulate.blurs import draw_drift, draw_jumps, draw_shake, make_defocus_kernel, make_path_kernel

NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Loss = Literal["seeing", "tracking", "focus", "transparency", "sky"]

PATHS = {"drift": draw_drift, "jumps": draw_jumps, "shake": draw_shake}


@dataclass(frozen=True)
class FaultRecipe:
    """What goes wrong with an exposure; by default nothing.

    Parameters
    ----------
    tracking : {"drift", "jumps", "shake"}
        How the telescope moves on the sky.
    tracking_size : float
        Length of a drift or of the jumps, or root mean square of the shaking [FWHM of the seeing].
    seeing : float
        FWHM of the seeing, times the survey's.
    defocus : float
        Diameter of the mirror's picture that a point becomes [FWHM of the seeing].
    extinction : float
        By clouds, on average [mag].
    patchiness : float
        How much of the clouds' extinction varies over the focal plane.
    moonlight : float
        Gradient: the moon's light at its brightest end, in units of the dark sky.
    glow : float
        Even light of moon, twilight or clouds, in units of the dark sky.
    fringes, scattered : float
        Amplitude of fringes, and of ghosts and beams, in units of the dark sky.
    trails : int
        Satellites that cross each detector.
    trail_level : float
        Surface brightness of their trails, in units of the dark sky.
    gain_error : float
        Wrong factor on the right half of every detector, as of an amplifier with a wrong gain.
    dead_detectors, dead_amplifiers : int
        Detectors, and halves of detectors, that hold one number everywhere.
    """

    __pydantic_config__ = STRICT

    tracking: Literal["drift", "jumps", "shake"] = "drift"
    tracking_size: NotNegative = 0.0
    seeing: Annotated[float, Field(gt=0)] = 1.0
    defocus: NotNegative = 0.0
    extinction: NotNegative = 0.0
    patchiness: Share = 0.5
    moonlight: NotNegative = 0.0
    glow: NotNegative = 0.0
    fringes: NotNegative = 0.0
    scattered: NotNegative = 0.0
    trails: Annotated[int, Field(ge=0)] = 0
    trail_level: NotNegative = 1.0
    gain_error: Annotated[float, Field(gt=0)] = 1.0
    dead_detectors: Annotated[int, Field(ge=0)] = 0
    dead_amplifiers: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True)
class Blur:
    """Kernels by which an exposure's light is spread beyond the seeing; each sums to one."""

    tracking: Float[np.ndarray, "y x"]
    focus: Float[np.ndarray, "v u"]


def make_blur(rng: np.random.Generator, faults: FaultRecipe, *, fwhm: float) -> Blur:
    """Draw how an exposure is blurred.

    Parameters
    ----------
    fwhm : float
        Of the seeing as it is [pixel]; the sizes of tracking errors and defocus are in units of it.
    """
    path = PATHS[faults.tracking](rng, max(faults.tracking_size * fwhm, 1e-3))
    coma = float(rng.uniform(0, 0.6))
    return Blur(make_path_kernel(path), make_defocus_kernel(faults.defocus * fwhm, coma=coma))


def measure_time_factors(areas: Mapping[str, float], *, sky: float, transparency: float) -> dict[Loss, float]:
    """Return, by cause, the factor by which the exposure's effective time is shorter than its time.

    Parameters
    ----------
    areas : mapping of str to float
        Noise areas [pixel] of the PSF: ``usual`` for the survey's seeing, ``seeing`` for that of the exposure,
        ``tracking`` and ``focus`` for that blurred by each alone.
    sky : float
        Mean brightness of the sky, in units of the dark one.
    transparency : float
        Mean share of the light that arrives.

    Returns
    -------
    dict of str to float
        Their product is the effective time over the time; causes that cost nothing have 1.

    Notes
    -----
    At the limit of the sky's noise the time to a given depth goes as the noise area of the PSF times the sky over the
    transparency squared; the same split as LSST's effTime (LSST SMTN-002). With both tracking and focus at fault their
    areas do not multiply; the product is then a lower limit.
    """
    return {
        "seeing": areas["usual"] / areas["seeing"],
        "tracking": areas["seeing"] / areas["tracking"],
        "focus": areas["seeing"] / areas["focus"],
        "transparency": transparency**2,
        "sky": 1 / sky,
    }


def split_loss(factors: Mapping[Loss, float], exptime: float) -> dict[Loss, float]:
    """Return the seconds of an exposure that each cause costs; their sum is the time minus the effective time.

    Notes
    -----
    The loss is shared in proportion to the logarithms of the factors; a factor above 1 (better than usual) loses
    nothing and shortens nobody's share.

    Examples
    --------
    >>> split_loss({"seeing": 0.5, "sky": 0.5}, 100.0)
    {'seeing': 37.5, 'sky': 37.5}
    """
    logs = {cause: abs(math.log(min(factor, 1.0))) for cause, factor in factors.items()}
    total = sum(logs.values())
    lost = exptime * (1 - math.exp(-total))
    return {cause: lost * one / total if total > 0 else 0.0 for cause, one in logs.items()}
