"""Star counts from the galactic pole toward the plane, and the colors of stars."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Float
from pydantic import Field

from skysieve.config import STRICT

LOWEST_LATITUDE = 10.0
"""Galactic latitude [deg] at which the model stops growing; it was fitted above 20 degrees."""

STEP = 0.05


@dataclass(frozen=True)
class StarRecipe:
    """Which stars lie in the field.

    Parameters
    ----------
    latitude, longitude : float
        Galactic coordinates of the star counts [deg].
    density : float, optional
        Stars between ``bright`` and ``faint`` [1/arcmin^2]; None takes what the model gives at the coordinates.
    bright, faint : float, optional
        Magnitudes in the reference band; ``faint`` by default a magnitude beyond the survey's depth.
    """

    __pydantic_config__ = STRICT

    latitude: Annotated[float, Field(ge=-90, le=90)] = 60.0
    longitude: float = 90.0
    density: Annotated[float, Field(ge=0)] | None = None
    bright: float = 15.0
    faint: float | None = None

    def __post_init__(self) -> None:
        if self.faint is not None and self.faint <= self.bright:
            raise ValueError(f"faint = {self.faint:g} is not fainter than bright = {self.bright:g}; raise it")


def count_stars(
    magnitude: Float[np.ndarray, " magnitude"], *, latitude: float, longitude: float
) -> Float[np.ndarray, " magnitude"]:
    """Return star counts [1/arcmin^2/mag] in V.

    Parameters
    ----------
    magnitude : ndarray, shape (magnitude,)
        V [mag].
    latitude, longitude : float
        Galactic coordinates [deg]; latitudes below 10 degrees count as 10.

    Notes
    -----
    The analytic fit of Bahcall & Soneira 1980, ApJS 44, 73, appendix B: a disk and a spheroid. It holds for latitudes
    above 20 degrees and V between 5 and 30, within about a quarter, and knows no dust; in the plane give a density.

    Examples
    --------
    >>> count_stars(np.array([15.0, 20.0]), latitude=90.0, longitude=0.0).round(3)
    array([0.027, 0.4  ])
    """
    b, length = np.radians(max(abs(latitude), LOWEST_LATITUDE)), np.radians(longitude)
    between = np.clip(magnitude, 12, 20) - 12
    mu, gamma = 0.0075 * between + 0.03, 0.36 - 0.04 * between
    sightline = np.sin(b) * (1 - mu / np.tan(b) * np.cos(length))
    disk = 925 * 10 ** (0.035 * (magnitude - 15.75)) / (1 + 10 ** (-0.132 * (magnitude - 15.75))) ** 3
    halo = 1050 * 10 ** (0.087 * (magnitude - 17.5)) / (1 + 10 ** (-0.18 * (magnitude - 17.5))) ** 2.5
    across = np.cos(b) * np.cos(length)
    counts = disk / sightline ** (3 - 5 * gamma) + halo / (1 - across) ** (1.45 - 0.2 * across)
    return np.asarray(counts / 3600)


def draw_star_magnitudes(
    rng: np.random.Generator, area: float, recipe: StarRecipe, *, faint: float
) -> Float[np.ndarray, " star"]:
    """Draw how many stars lie in an area [arcmin^2], and their magnitudes between ``recipe.bright`` and ``faint``."""
    grid = np.arange(recipe.bright, max(faint, recipe.bright) + STEP, STEP)
    counts = np.maximum(count_stars(grid, latitude=recipe.latitude, longitude=recipe.longitude), 0) * STEP
    cumulated = np.concatenate([[0], np.cumsum(counts[:-1])])
    density = cumulated[-1] if recipe.density is None else recipe.density
    number = rng.poisson(area * density)
    return np.interp(rng.uniform(0, cumulated[-1], number), cumulated, grid)


def draw_star_slopes(rng: np.random.Generator, magnitude: Float[np.ndarray, " star"]) -> Float[np.ndarray, " star"]:
    """Draw power-law slopes of the light of stars (see ``galaxies.Shapes``): faint ones are mostly red dwarfs.

    The two groups stand for the main-sequence turnoff and the M dwarfs of the stellar locus in g - i (Covey et al.
    2007, AJ 134, 2398).
    """
    red = rng.uniform(size=len(magnitude)) < np.clip((magnitude - 15) / 10, 0.1, 0.7)
    return np.where(red, rng.normal(4.6, 0.9, len(magnitude)), rng.normal(1.1, 0.5, len(magnitude)))
