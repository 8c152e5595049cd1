"""The second opinion: a table of cuts for a camera, written as one bit mask."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Float
from pydantic import Field

from skysieve.config import STRICT
from skysieve.quality.flags import CutFlag
from skysieve.quality.statistics import STATISTICS

Positive = Annotated[float, Field(gt=0)]


@dataclass(frozen=True)
class CutsRecipe:
    """Cuts of a camera; those that are None cut nothing.

    Parameters
    ----------
    seeing : float, optional
        Largest FWHM, times the usual one.
    ellipticity : float, optional
        Largest 1 - b/a of the PSF.
    sky : float, optional
        Brightest sky, times the usual one.
    transparency : float, optional
        Least share of light that arrives.
    sources : int, optional
        Fewest sources on the usual detector.
    dead : int, optional
        Most detectors without light.
    zeropoint : float, optional
        Least measured zeropoint: AB magnitude of one image unit a second.
    astrometry : float, optional
        Largest astrometric scatter that the header tells of [arcsec].
    """

    __pydantic_config__ = STRICT

    seeing: Positive | None = 1.5
    ellipticity: Positive | None = 0.2
    sky: Positive | None = 3.0
    transparency: Positive | None = 0.7
    sources: Annotated[int, Field(ge=0)] | None = 5
    dead: Annotated[int, Field(ge=0)] | None = None
    zeropoint: float | None = None
    astrometry: Positive | None = None


def apply_cuts(
    statistics: Float[np.ndarray, "row statistic"], recipe: CutsRecipe, *, dead: int, zeropoint: float = math.nan,
    astrometry: float = math.nan,
) -> CutFlag:  # fmt: skip
    """Return which cuts an exposure fails.

    Parameters
    ----------
    statistics : ndarray, shape (row, statistic)
        Of its detectors that have light; medians over them are cut, and what is NaN fails nothing.
    dead : int
        Its detectors without light.
    zeropoint, astrometry : float, optional
        As in the recipe; NaN, the default, where the header does not tell.

    Examples
    --------
    >>> values = np.full((1, len(STATISTICS)), np.nan)
    >>> values[0, STATISTICS.index("log_area")] = 2.0
    >>> apply_cuts(values, CutsRecipe(), dead=0)
    <CutFlag.SEEING: 1>
    """

    def middle(name: str) -> float:
        values = statistics[:, STATISTICS.index(name)]
        return float(np.nanmedian(values)) if np.isfinite(values).any() else np.nan

    # The statistic is scaled to an area, the cut is not.
    count = (10 ** middle("log_sources") - 1) * 10 ** middle("log_extent")
    failed = {
        CutFlag.SEEING: recipe.seeing is not None and np.exp(middle("log_area") / 2) > recipe.seeing,
        CutFlag.ELLIPTICITY: recipe.ellipticity is not None and middle("psf_ellipticity") > recipe.ellipticity,
        CutFlag.SKY: recipe.sky is not None and 10 ** middle("log_sky") > recipe.sky,
        CutFlag.TRANSPARENCY: recipe.transparency is not None
        and 10 ** middle("log_transparency") < recipe.transparency,
        CutFlag.SOURCES: recipe.sources is not None and count < recipe.sources,
        CutFlag.DEAD: recipe.dead is not None and dead > recipe.dead,
        CutFlag.ZEROPOINT: recipe.zeropoint is not None and zeropoint < recipe.zeropoint,
        CutFlag.ASTROMETRY: recipe.astrometry is not None and astrometry > recipe.astrometry,
    }
    return CutFlag(sum(int(flag) for flag, fails in failed.items() if fails))
