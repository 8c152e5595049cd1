"""What ruins an exposure: the causes, and from which size on each does."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float, Int
from pydantic import Field

from skysieve.config import STRICT
from skysieve.simulate import ExposureTruth

CLASSES = ("good", "rbt", "bt", "bseeing", "bgp")
"""The classes of Teimoorinia et al. (2021): good, really bad tracking, bad tracking, bad seeing or conditions,
background problem."""

CAUSES = (*CLASSES, "focus", "trail", "other")
"""All causes that a verdict may name; those after the classes are found without having been learned."""

EXCESS = ("tracking", "bseeing", "bgp", "focus")
"""Faults whose size is compared with a limit, in the order of arrays of them."""

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

    tracking: Ratio = 1.25
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


def choose_causes(excess: Float[np.ndarray, "row 4"], limits: LimitsRecipe) -> Int[np.ndarray, " row"]:
    """Return the number in ``CAUSES`` of the cause that ruins each exposure most; 0 (good) where none does.

    Parameters
    ----------
    excess : ndarray, shape (row, 4)
        Sizes of the faults over their limits, in the order of ``EXCESS``.

    Examples
    --------
    >>> choose_causes(np.array([[1.5, 1.2, 0.0, 0.0], [0.5, 0.9, 0.2, 0.0]]), LimitsRecipe())
    array([2, 0])
    """
    worst = excess.argmax(axis=1)
    found = np.array([CAUSES.index("bt" if one == "tracking" else one) for one in EXCESS])[worst]
    severe = math.log(limits.severe) / math.log(limits.tracking)
    found[(worst == EXCESS.index("tracking")) & (excess.max(axis=1) >= severe)] = CAUSES.index("rbt")
    return np.where(excess.max(axis=1) < 1, 0, found)


def find_borderline(
    excess: Float[np.ndarray, "row 4"], limits: LimitsRecipe, *, factor: float = 1.5
) -> Bool[np.ndarray, " row"]:
    """Tell which exposures are borderline: of another class if one of their faults were larger or smaller.

    Parameters
    ----------
    excess : ndarray, shape (row, 4)
        As in `choose_causes`.
    factor : float
        By which one fault at a time grows or shrinks (its logarithm, for those that are ratios of times).
    """
    label = choose_causes(excess, limits)
    near = np.zeros(len(excess), bool)
    for column in range(len(EXCESS)):
        for one in (factor, 1 / factor):
            changed = excess.copy()
            changed[:, column] *= one
            near |= choose_causes(changed, limits) != label
    return near
