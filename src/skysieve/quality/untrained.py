"""Causes that no network has learned, told by what each does to plain statistics of a detector."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float
from pydantic import Field

from skysieve.config import STRICT
from skysieve.quality.statistics import STATISTICS

Positive = Annotated[float, Field(gt=0)]


@dataclass(frozen=True)
class UntrainedRecipe:
    """From which size on statistics tell of a cause.

    Parameters
    ----------
    concentration, area, dip : float
        Out of focus where the radius of a fifth of the mean star's light over that of nine tenths, and the natural
        logarithm of its noise area over the usual one, exceed the first two, or where its middle is fainter than its
        brightest ring by more than the third: stars are wide and flat, or rings.
    line : float
        A trail where sources cover this much of a straight strip from end to end.
    step, order : float
        A wrong gain where the sky's largest step between neighboring columns exceeds this many times the noise of a
        pixel, and the second largest by this factor (natural logarithm): smooth light has no single step.
    dead : float
        Share of dead or bad pixels.

    Notes
    -----
    The values were chosen on 200 simulated exposures that no published number is measured on.
    """

    __pydantic_config__ = STRICT

    concentration: Positive = 0.45
    area: Positive = 0.5
    dip: Positive = 0.03
    line: Positive = 0.6
    step: Positive = 0.5
    order: Positive = 0.9
    dead: Annotated[float, Field(gt=0, le=1)] = 0.25


def find_untrained(
    statistics: Float[np.ndarray, "row statistic"], recipe: UntrainedRecipe
) -> dict[str, Bool[np.ndarray, " row"]]:
    """Tell which detectors show causes beyond the learned classes.

    Parameters
    ----------
    statistics : ndarray, shape (row, statistic)
        As ``measure_statistics`` gives them; NaN tells of nothing.

    Returns
    -------
    dict of str to ndarray
        For ``focus``, ``trail`` and ``other`` (a wrong gain, dead pixels).
    """

    def get(name: str) -> Float[np.ndarray, " row"]:
        return np.nan_to_num(statistics[:, STATISTICS.index(name)], nan=-np.inf, posinf=np.inf, neginf=-np.inf)

    gain = (get("half_step") > recipe.step) & (get("step_order") > recipe.order)
    wide = (get("concentration") > recipe.concentration) & (get("log_area") > recipe.area)
    return {
        "focus": wide | (get("dip") > recipe.dip),
        # A step is a line, too.
        "trail": (get("line") > recipe.line) & ~gain,
        "other": gain | (get("dead") > recipe.dead),
    }
