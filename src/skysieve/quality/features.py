"""Five numbers a source for the map of sources: size, elongation, background, point-likeness, exposure time."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float
from pydantic import Field

from skysieve.config import STRICT
from skysieve.extraction.glance import Glance
from skysieve.quality.camera import Usual

FEATURES = ("log_size", "ellipticity", "background", "stellarity", "log_exptime")

STAR_AREA = 1.3
"""Light over brightest pixel of a star [FWHM^2]: 1.13 for a Gaussian, 1.4 for a Moffat profile with beta = 3."""


@dataclass(frozen=True)
class FeatureRecipe:
    """How sources become features.

    Parameters
    ----------
    exptime_limit : float, optional
        Longer exposures count as this long [s]; Teimoorinia et al. (2021) take 30. None takes times as they are.
    background_limit : float
        The decimal logarithm of a source's background over the usual sky is held inside plus and minus this.
    """

    __pydantic_config__ = STRICT

    exptime_limit: Annotated[float, Field(gt=0)] | None = None
    background_limit: Annotated[float, Field(gt=0)] = 2.0


def measure_features(
    found: Glance, recipe: FeatureRecipe, *, usual: Usual, exptime: float
) -> Float[np.ndarray, "source feature"]:
    """Measure the features of the sources of one detector.

    Parameters
    ----------
    found : Glance
        Its sources.
    recipe : FeatureRecipe
        Limits.
    usual : Usual
        Of the camera: sizes are in units of its seeing, backgrounds in units of its sky.
    exptime : float
        [s]; NaN or not positive counts as 1.

    Returns
    -------
    ndarray, shape (source, feature)
        In the order of ``FEATURES``, finite. No rows for no sources.

    Notes
    -----
    After Teimoorinia et al. (2021), section 3.1: ISO0, ELLIPTICITY, BACKGROUND, CLASS_STAR and EXPTIME. Where the usual
    sky is not known, or the image holds no sky, backgrounds are in units of the detector's own (0 for nearly all).
    ``stellarity`` is the decimal logarithm of the brightest pixel's share of the light, over that of a star in the
    usual seeing: 0 for stars of a good exposure, less for galaxies, and for everything in bad seeing.
    """
    time = exptime if np.isfinite(exptime) and exptime > 0 else 1.0
    known = usual.sky > 0 and np.isfinite(exptime) and exptime > 0
    dark = usual.sky * exptime if known else found.level
    limit = recipe.background_limit
    background = found.background / dark if dark > 0 else np.ones(len(found))
    sharpness = found.peak * STAR_AREA * usual.fwhm**2 / np.maximum(found.flux, 1e-30)
    counted = time if recipe.exptime_limit is None else min(time, recipe.exptime_limit)
    return np.column_stack([
        np.log10(np.clip(found.area / usual.fwhm**2, 1e-2, 1e4)),
        1 - np.clip(found.b / np.maximum(found.a, 1e-9), 0, 1),
        np.clip(np.log10(np.maximum(background, 1e-9)), -limit, limit),
        np.clip(np.log10(np.maximum(sharpness, 1e-9)), -1.5, 1.0),
        np.full(len(found), math.log10(counted)),
    ]).astype(np.float64)  # fmt: skip


def select_usable(found: Glance, shape: tuple[int, ...], *, margin: float) -> Bool[np.ndarray, " source"]:
    """Select the sources that may represent a detector: whole, and far from its edges.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the detector [pixel].
    margin : float
        Distance from the edges [pixel].
    """
    inside = (found.x >= margin) & (found.y >= margin)
    inside &= (found.x <= shape[1] - 1 - margin) & (found.y <= shape[0] - 1 - margin)
    return np.asarray(inside & ~found.cut & (found.flux > 0))
