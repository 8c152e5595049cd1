"""A population of galaxies: counts, sizes, shapes, bulges, knots and colors, with the source of each relation."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Float
from pydantic import Field

from skysieve.config import STRICT
from skysieve.simulate.transforms import quantize_sersic

BREAK = 20.5
"""Magnitude where the counts steepen toward bright ones [mag]."""

FAINT_SLOPE, BRIGHT_SLOPE, AT_25 = 0.31, 0.55, 46.0
"""Slopes of log10 N(<i) [1/mag], and galaxies with i < 25 [1/arcmin^2].

Sources: LSST Science Book 2.0 (arXiv:0912.0201), section 3.7.2: 46 x 10^(0.31 (i - 25)) for 20.5 < i < 25.5; brighter,
between that and the Euclidean 0.6 of Yasuda et al. 2001, AJ 122, 1104.
"""

SCALE_AT_23, SIZE_SLOPE = -1.145, -0.269
"""ln of the median disk scale length [arcsec] at i = 23, and its slope: Miller et al. 2013, MNRAS 429, 2858, app. B."""

MOST_ELLIPTIC, E_FLAT, E_ROUND = 0.804, 0.2539, 0.0256
"""Ellipticities (a - b) / (a + b) of disks: Miller et al. 2013, equation B2."""

HALF_LIGHT = 1.678
"""Half-light radius of an exponential disk in scale lengths."""


@dataclass(frozen=True)
class GalaxyRecipe:
    """Which galaxies lie in the field.

    Parameters
    ----------
    density : float
        Times the mean number of galaxies on the sky; 0 for none, 5 for a crowded field.
    bright, faint : float, optional
        Magnitudes in the reference band; ``faint`` by default a magnitude beyond the survey's depth.
    bulge_dominated, single, irregular : float
        Shares of galaxies that are nearly all bulge, a single Sersic profile, and a disk with star-forming knots;
        the rest are disks with small bulges.
    clumpiness : float
        Share of the light of irregular galaxies in knots, at most.
    clustered : float
        Share of galaxies that lie near another one.
    cluster_radius : float
        How near [arcsec], standard deviation along x and along y.
    """

    __pydantic_config__ = STRICT

    density: Annotated[float, Field(ge=0)] = 1.0
    bright: float = 16.0
    faint: float | None = None
    bulge_dominated: Annotated[float, Field(ge=0, le=1)] = 0.1
    single: Annotated[float, Field(ge=0, le=1)] = 0.2
    irregular: Annotated[float, Field(ge=0, le=1)] = 0.15
    clumpiness: Annotated[float, Field(ge=0, le=1)] = 0.5
    clustered: Annotated[float, Field(ge=0, le=1)] = 0.0
    cluster_radius: Annotated[float, Field(gt=0)] = 3.0

    def __post_init__(self) -> None:
        if self.bulge_dominated + self.single + self.irregular > 1:
            raise ValueError("bulge_dominated, single and irregular add up to more than 1; lower one")
        if self.faint is not None and self.faint <= self.bright:
            raise ValueError(f"faint = {self.faint:g} is not fainter than bright = {self.bright:g}; raise it")


@dataclass(frozen=True)
class Shapes:
    """Of each galaxy: ``radius`` [arcsec, half-light, major axis] and what ``Profiles`` holds; ``slope`` of its light.

    The flux per frequency goes as the wavelength to the power ``slope``.
    """

    radius: Float[np.ndarray, " galaxy"]
    axis_ratio: Float[np.ndarray, " galaxy"]
    theta: Float[np.ndarray, " galaxy"]
    sersic: Float[np.ndarray, " galaxy"]
    bulge_fraction: Float[np.ndarray, " galaxy"]
    clumpiness: Float[np.ndarray, " galaxy"]
    slope: Float[np.ndarray, " galaxy"]


def count_galaxies(magnitude: float) -> float:
    """Return the number of galaxies brighter than a magnitude [1/arcmin^2].

    Examples
    --------
    >>> round(count_galaxies(25.0)), round(count_galaxies(17.77) * 3600)
    (46, 210)
    """
    at_break = AT_25 * 10 ** (FAINT_SLOPE * (BREAK - 25))
    slope = FAINT_SLOPE if magnitude > BREAK else BRIGHT_SLOPE
    return float(at_break * 10 ** (slope * (magnitude - BREAK)))


def draw_magnitudes(
    rng: np.random.Generator, area: float, *, bright: float, faint: float, density: float
) -> Float[np.ndarray, " galaxy"]:
    """Draw how many galaxies lie in an area [arcmin^2], and their magnitudes."""
    low, high = count_galaxies(bright), count_galaxies(faint)
    number = rng.poisson(area * density * (high - low))
    counts = rng.uniform(low, high, number)
    at_break = count_galaxies(BREAK)
    slope = np.where(counts > at_break, FAINT_SLOPE, BRIGHT_SLOPE)
    return np.asarray(BREAK + np.log10(counts / at_break) / slope)


def draw_shapes(rng: np.random.Generator, magnitude: Float[np.ndarray, " galaxy"], recipe: GalaxyRecipe) -> Shapes:
    """Draw what galaxies of given magnitudes look like.

    Notes
    -----
    Sizes scatter as r exp(-(r/a)^(4/3)), disks' ellipticities as equation B2 and bulges' as equation B3 of Miller et
    al. 2013, who give 10 % bulge-dominated galaxies and bulges of a tenth else. Colors are power laws, red where the
    bulge dominates; they stand for no redshift.
    """
    number = len(magnitude)
    chance = rng.uniform(size=number)
    bulgy = chance < recipe.bulge_dominated
    single = ~bulgy & (chance < recipe.bulge_dominated + recipe.single)
    irregular = ~bulgy & ~single & (chance < recipe.bulge_dominated + recipe.single + recipe.irregular)
    small = np.minimum(np.abs(rng.normal(0, 0.1, number)), 0.5)
    bulge = np.where(bulgy, rng.uniform(0.7, 1, number), np.where(single | irregular, 0, small))
    scale = np.exp(SCALE_AT_23 + SIZE_SLOPE * (magnitude - 23))
    scatter = rng.gamma(1.5, size=number) ** 0.75 / 1.134
    ellipticity = np.where(bulgy, *(_draw_ellipticity(rng, number, bulgy=kind) for kind in (True, False)))
    sersic = np.where(single, quantize_sersic(rng.lognormal(np.log(1.6), 0.5, number)), 1.0)
    knots = np.where(irregular, recipe.clumpiness * rng.uniform(0.3, 1, number), 0)
    slope = np.where(bulgy, 2.8, np.where(irregular, 0.6, 1.5)) + rng.normal(0, 0.5, number)
    return Shapes(
        np.maximum(scale * scatter * HALF_LIGHT, 0.02),
        (1 - ellipticity) / (1 + ellipticity),
        rng.uniform(0, 180, number),
        sersic,
        bulge,
        knots,
        slope,
    )


def draw_places(
    rng: np.random.Generator, number: int, *, low: np.ndarray, high: np.ndarray, near: float, share: float
) -> Float[np.ndarray, "object 2"]:
    """Draw positions x, y between two corners, a share of them around others at a distance ``near``."""
    places = rng.uniform(low, high, (number, 2))
    chosen = rng.uniform(size=number) < share
    hosts = rng.integers(0, max(1, number), number)
    beside = places[hosts] + rng.normal(0, near, (number, 2)) if number else places
    return np.where(chosen[:, None], beside, places)


def _draw_ellipticity(rng: np.random.Generator, number: int, *, bulgy: bool) -> Float[np.ndarray, " galaxy"]:
    grid = np.linspace(0, MOST_ELLIPTIC, 400)
    disk = grid * (1 - np.exp((grid - MOST_ELLIPTIC) / E_FLAT)) / (1 + grid) / np.hypot(grid, E_ROUND)
    density = grid * np.exp(-2.368 * grid - 6.691 * grid**2) if bulgy else disk
    cumulated = np.cumsum(density) - density[0]
    return np.interp(rng.uniform(0, cumulated[-1], number), cumulated, grid)
