"""What ruins an exposure: the causes, and from which size on each does."""

import math
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from skysieve.config import STRICT
from skysieve.simulate import ExposureTruth

CLASSES = ("good", "rbt", "bt", "bseeing", "bgp")
"""The classes of Teimoorinia et al. (2021): good, really bad tracking, bad tracking, bad seeing or conditions,
background problem."""

CAUSES = (*CLASSES, "focus", "trail", "other")
"""All causes that a verdict may name; those after the classes are found without having been learned."""

Ratio = Annotated[float, Field(gt=1)]


@dataclass(frozen=True)
class LimitsRecipe:
    """Sizes from which a fault ruins an exposure.

    Parameters
    ----------
    tracking, severe : float
        The exposure needs so many times its time to reach the same depth because the PSF's noise area grew by bad
        tracking; from ``severe`` on the tracking is really bad.
    conditions : float
        The same by seeing (compared to the survey's usual) and by clouds together.
    focus : float
        The same by defocus.
    sky : float
        The same by the brightness of the sky.
    pattern : float
        Root mean square of structure in the sky, in units of the noise in one PSF's noise area.
    """

    __pydantic_config__ = STRICT

    tracking: Ratio = 1.2
    severe: Ratio = 2.0
    conditions: Ratio = 2.0
    focus: Ratio = 1.3
    sky: Ratio = 3.0
    pattern: Annotated[float, Field(gt=0)] = 3.0


def measure_excess(truth: ExposureTruth, limits: LimitsRecipe, *, noise: float) -> dict[str, float]:
    """Return how large each fault is in units of its limit: 1 where it begins to ruin the exposure.

    Parameters
    ----------
    noise : float
        Of the sky in one pixel, in units of the dark sky.

    Returns
    -------
    dict of str to float
        For ``tracking``, ``bseeing``, ``bgp`` and ``focus``: logarithms of ratios over those of the limits, and for
        structure of the sky its size over the limit.
    """
    factors = truth.factors
    conditions = math.log(factors["seeing"] * factors["transparency"])
    structure = truth.pattern * math.sqrt(truth.noise_area) / noise
    return {
        "tracking": -math.log(factors["tracking"]) / math.log(limits.tracking),
        "bseeing": -conditions / math.log(limits.conditions),
        "bgp": max(-math.log(factors["sky"]) / math.log(limits.sky), structure / limits.pattern),
        "focus": -math.log(factors["focus"]) / math.log(limits.focus),
    }


def choose_cause(excess: dict[str, float], limits: LimitsRecipe) -> str:
    """Return the cause that ruins an exposure most, or ``good``.

    Examples
    --------
    >>> choose_cause({"tracking": 1.5, "bseeing": 1.2, "bgp": 0.0, "focus": 0.0}, LimitsRecipe())
    'bt'
    """
    worst = max(excess, key=lambda cause: excess[cause])
    if excess[worst] < 1:
        return "good"
    severe = math.log(limits.severe) / math.log(limits.tracking)
    if worst == "tracking":
        return "rbt" if excess[worst] >= severe else "bt"
    return worst


def is_borderline(excess: dict[str, float], *, width: float = 0.5) -> bool:
    """Say whether the largest fault is within a factor of its limit: between 1 - width and 1 + width times it."""
    return abs(max(excess.values()) - 1) < width
