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
    concentration, area : float
        Out of focus where the radius of a fifth of the light over that of nine tenths, and the natural logarithm of
        the PSF's noise area over the usual one, exceed these: stars are wide, and rings.
    reach, longest : float
        A trail where the longest thin source exceeds this many widths of the usual seeing (decimal logarithm), and the
        largest axis ratio this (natural logarithm).
    step, sharpness : float
        A wrong gain where the sky's largest step between neighboring columns exceeds this many times the noise of a
        pixel, and this many times the sky's structure: smooth light has structure, but no steps.
    dead : float
        Share of dead or bad pixels.
    """

    __pydantic_config__ = STRICT

    concentration: Positive = 0.31
    area: Positive = 0.3
    reach: Positive = 0.8
    longest: Positive = 2.0
    step: Positive = 0.8
    sharpness: Positive = 2.0
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

    step = get("half_step")
    return {
        "focus": (get("concentration") > recipe.concentration) & (get("log_area") > recipe.area),
        "trail": (get("log_reach") > recipe.reach) & (get("longest") > recipe.longest),
        "other": ((step > recipe.step) & (step > recipe.sharpness * get("mesh_structure")))
        | (get("dead") > recipe.dead),
    }
