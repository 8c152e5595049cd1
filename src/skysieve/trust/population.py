"""Which sources are injected in a round: how many, how bright, how large, of what shape."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from skysieve.simulate import Profiles
from skysieve.trust.conditions import Conditions
from skysieve.trust.recipe import InjectionRecipe, TrustRecipe
from skysieve.trust.sites import keep_good, place_at_random, place_on_grid

GRID, RANDOM = "grid", "random"

LEAST_SPACING = 32.0
"""Closer together [pixel], a cell of the background mesh would hold more than four injected sources."""

FILLING = 0.5
"""Sources of a round, the mean of both placements, in units of the area over the squared least distance."""


@dataclass(frozen=True)
class Round:
    """The sources of one round; ``placement`` says how their positions were chosen."""

    number: int
    placement: str
    profiles: Profiles


def count_rounds(shape: tuple[int, int], conditions: Conditions, recipe: InjectionRecipe) -> int:
    """Return how many rounds inject about ``count`` sources: at least two, both placements, at most ``most_rounds``.

    Examples
    --------
    >>> facts = Conditions(3.0, "measured", 1.0, 30.0, 25.0, True, math.inf, 0.2, (1.0,))
    >>> count_rounds((1000, 1000), facts, InjectionRecipe(count=3000))
    8
    """
    spacing = measure_spacing(conditions, recipe)
    per_round = max(1.0, FILLING * shape[0] * shape[1] / spacing**2)
    return int(np.clip(math.ceil(recipe.count / per_round), min(2, recipe.most_rounds), recipe.most_rounds))


def measure_spacing(conditions: Conditions, recipe: InjectionRecipe) -> float:
    """Return the least distance between injected sources [pixel]."""
    return max(recipe.separation * conditions.fwhm, 4 * _convert_sizes(conditions, recipe)[1], LEAST_SPACING)


def measure_range(conditions: Conditions, recipe: InjectionRecipe) -> tuple[float, float]:
    """Return the brightest and the faintest magnitude that are injected.

    At least one magnitude apart, also where stars saturate near the depth.
    """
    faint = conditions.depth_mag + recipe.faint
    bright = conditions.depth_mag - recipe.bright
    if math.isfinite(conditions.brightest):
        limit = conditions.zeropoint - 2.5 * math.log10(recipe.saturation_share * conditions.brightest)
        bright = min(max(bright, limit), faint - 1)
    return bright, faint


def draw_population(
    number: int, conditions: Conditions, recipe: TrustRecipe, *, bad: Bool[np.ndarray, "y x"], image_index: int = 0
) -> Round:
    """Choose the sources of a round, the same ones whenever and wherever it is computed.

    Parameters
    ----------
    number : int
        Which round; even ones are grids where both placements are asked for.
    conditions : Conditions
        Of the image.
    recipe : TrustRecipe
        Distributions and seed.
    bad : ndarray, shape (y, x)
        Pixels on which no source is centered.
    image_index : int, optional
        Position of the image in the run.

    Returns
    -------
    Round
        Without sources where every position is bad.
    """
    rng = np.random.default_rng([recipe.chain.seed, image_index, number])
    asked = recipe.injection.placement
    placement = asked if asked != "both" else (GRID, RANDOM)[number % 2]
    place = place_on_grid if placement == GRID else place_at_random
    spacing = measure_spacing(conditions, recipe.injection)
    margin = min(conditions.fwhm, 0.1 * min(bad.shape))
    sites = keep_good(place(bad.shape, spacing=spacing, margin=margin, rng=rng), bad)
    return Round(number, placement, _draw_profiles(sites, conditions, recipe.injection, rng=rng))


def _draw_profiles(
    sites: Float[np.ndarray, "site 2"], conditions: Conditions, recipe: InjectionRecipe, *, rng: np.random.Generator
) -> Profiles:
    """Draw brightness and shape of the sources at the given positions."""
    count = len(sites)
    mag = _draw_magnitudes(rng.uniform(size=count), measure_range(conditions, recipe), recipe.slope)
    star = rng.uniform(size=count) < recipe.stars
    size = _draw_evenly(_convert_sizes(conditions, recipe), rng.uniform(size=count))
    ratio = rng.uniform(*recipe.axis_ratio, count)
    theta = rng.uniform(-90, 90, count)
    sersic = _draw_evenly(recipe.sersic, rng.uniform(size=count))
    return Profiles(
        x=sites[:, 0].copy(), y=sites[:, 1].copy(), flux=10 ** (-0.4 * (mag - conditions.zeropoint)), is_star=star,
        half_light_radius=np.where(star, 1.0, size), axis_ratio=np.where(star, 1.0, ratio),
        theta=np.where(star, 0.0, theta), sersic=np.where(star, 1.0, sersic),
    )  # fmt: skip


def _draw_magnitudes(
    share: Float[np.ndarray, " source"], limits: tuple[float, float], slope: float
) -> Float[np.ndarray, " source"]:
    """Turn uniform numbers into magnitudes whose counts rise as 10^(slope m)."""
    low, high = limits
    if slope == 0:
        return low + share * (high - low)
    rise = 10 ** (slope * (high - low)) - 1
    return low + np.log10(1 + share * rise) / slope


def _draw_evenly(limits: tuple[float, float], share: Float[np.ndarray, " source"]) -> Float[np.ndarray, " source"]:
    """Turn uniform numbers into values that are uniform in the logarithm."""
    drawn: np.ndarray = limits[0] * (limits[1] / limits[0]) ** share
    return drawn


def _convert_sizes(conditions: Conditions, recipe: InjectionRecipe) -> tuple[float, float]:
    """Range of half-light radii [pixel]; sizes in arcsec on an image without a pixel scale are refused."""
    unit = {"fwhm": conditions.fwhm, "pixel": 1.0, "arcsec": 1 / conditions.pixel_scale}[recipe.size_unit]
    if not math.isfinite(unit):
        raise ValueError('injection: sizes in arcsec need sky coordinates; give size_unit = "fwhm" or "pixel"')
    return recipe.sizes[0] * unit, recipe.sizes[1] * unit
