"""Five numbers a source for the map of sources: size, elongation, background, point-likeness, exposure time."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float
from pydantic import Field

from skysieve.config import STRICT
from skysieve.records import Catalog, SourceFlag

FEATURES = ("log_size", "ellipticity", "background", "stellarity", "log_exptime")

UNUSABLE = SourceFlag.BAD_PIXELS | SourceFlag.EDGE


@dataclass(frozen=True)
class FeatureRecipe:
    """How sources become features.

    Parameters
    ----------
    exptime_limit : float, optional
        Longer exposures count as this long [s]; Teimoorinia et al. (2021) take 30. None takes times as they are.
    background_limit : float
        Deviations of a source's background from the detector's median beyond this count as this large, in units of
        the noise of a pixel.
    """

    __pydantic_config__ = STRICT

    exptime_limit: Annotated[float, Field(gt=0)] | None = None
    background_limit: Annotated[float, Field(gt=0)] = 2.0


def measure_features(
    catalog: Catalog, recipe: FeatureRecipe, *, fwhm: float, exptime: float
) -> Float[np.ndarray, "source feature"]:
    """Measure the features of the sources of one detector.

    Parameters
    ----------
    catalog : Catalog
        From our own extraction.
    recipe : FeatureRecipe
        Limits.
    fwhm : float
        Of the seeing that is usual for the camera [pixel]; sizes are in units of its square.
    exptime : float
        [s]; NaN or not positive counts as 1.

    Returns
    -------
    ndarray, shape (source, feature)
        In the order of ``FEATURES``; NaN where a column is (the stellarity of saturated sources, or where stars are
        too few for a PSF), which maps take as missing. No rows for no sources.

    Notes
    -----
    After Teimoorinia et al. (2021), section 3.1: ISO0, ELLIPTICITY, BACKGROUND, CLASS_STAR and EXPTIME. Sizes are in
    units of the seeing so that one map serves cameras of different pixels.
    """
    rms = np.maximum(np.nan_to_num(np.median(catalog["background_rms"])) if len(catalog) else 1.0, 1e-30)
    median = np.median(catalog["background"]) if len(catalog) else 0.0
    deviation = (catalog["background"] - median) / rms
    time = exptime if np.isfinite(exptime) and exptime > 0 else 1.0
    time = min(time, recipe.exptime_limit) if recipe.exptime_limit is not None else time
    return np.column_stack([
        np.log10(np.clip(catalog["iso0"] / fwhm**2, 1e-2, 1e4)),
        np.clip(catalog["ellipticity"], 0, 1),
        np.clip(deviation, -recipe.background_limit, recipe.background_limit),
        catalog["stellarity"],
        np.full(len(catalog), np.log10(time)),
    ]).astype(np.float64)  # fmt: skip


def select_usable(catalog: Catalog, shape: tuple[int, int], *, margin: float) -> Bool[np.ndarray, " source"]:
    """Select the sources that may represent a detector: far from its edges, with known features, without bad pixels.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the detector [pixel].
    margin : float
        Distance from the edges [pixel].
    """
    x, y = catalog["x"], catalog["y"]
    inside = (x >= margin) & (y >= margin) & (x <= shape[1] - 1 - margin) & (y <= shape[0] - 1 - margin)
    known = np.isfinite(catalog["iso0"] + catalog["ellipticity"] + catalog["background"])
    return inside & known & ((catalog["flags"] & int(UNUSABLE)) == 0)
