"""Exposures to learn from: what is drawn for each, from its number alone."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from skysieve.config import STRICT
from skysieve.simulate import (
    ExposureRecipe,
    FaultRecipe,
    GalaxyRecipe,
    StarRecipe,
    Survey,
    measure_sky_level,
    read_survey,
)

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]

FAULTS = ("good", "tracking", "seeing", "clouds", "sky", "fringes", "scattered", "moonlight")
"""What may be drawn as the main fault of an exposure."""

FILLED = 0.15
"""Share of the full well that the dark sky of the longest exposure fills."""


@dataclass(frozen=True)
class ObservingRecipe:
    """Exposures of many kinds, each drawn anew.

    Parameters
    ----------
    number : int
        Exposures.
    surveys : tuple of str
        Whose cameras, in turn.
    layout, shape : tuple of int
        Detectors of an exposure, and pixels of a detector.
    sampling : tuple of float
        Range of the FWHM of the usual seeing [pixel], uniform in the logarithm: pixels from coarse to fine.
    exptime : tuple of float
        Range [s], uniform in the logarithm.
    stars : tuple of float
        Range of the density of stars [1/arcmin^2], uniform in the logarithm: from the pole to the plane.
    good : float
        Share of exposures of which nothing more than the usual is wrong.
    second : float
        Share of the others that have a second fault.
    extra : tuple of str
        Faults to draw besides, of kinds that the shipped weights never see: ``focus``, ``trail``, ``gain``.
    seed : int
        Of all that is drawn.
    """

    __pydantic_config__ = STRICT

    number: Count = 12_000
    surveys: Annotated[tuple[str, ...], Field(min_length=1)] = ("Legacy", "SDSS", "HSC", "LSST")
    layout: tuple[Count, Count] = (1, 1)
    shape: tuple[Count, Count] = (512, 512)
    sampling: tuple[Positive, Positive] = (2.0, 5.0)
    exptime: tuple[Positive, Positive] = (1.0, 1000.0)
    stars: tuple[Positive, Positive] = (2.0, 60.0)
    good: Annotated[float, Field(ge=0, le=1)] = 0.3
    second: Annotated[float, Field(ge=0, le=1)] = 0.15
    extra: tuple[str, ...] = field(default=())
    seed: Annotated[int, Field(ge=0)] = 1


def draw_exposure(recipe: ObservingRecipe, index: int) -> ExposureRecipe:
    """Draw one exposure; its recipe's seed and its number decide everything."""
    rng = np.random.default_rng([recipe.seed, index, 21])
    name = recipe.surveys[index % len(recipe.surveys)]
    survey = read_survey(name)
    pixel_scale = survey.bands[survey.reference].seeing / _draw_log(rng, *recipe.sampling)
    least, most = recipe.exptime
    return ExposureRecipe(
        survey=name,
        layout=recipe.layout,
        shape=recipe.shape,
        pixel_scale=pixel_scale,
        exptime=_draw_log(rng, least, max(least, min(most, _find_longest(survey, pixel_scale)))),
        vignetting=float(rng.uniform(0, 0.1)),
        dec=float(rng.uniform(-60, 60)),
        galaxies=GalaxyRecipe(density=_draw_log(rng, 0.5, 2.0), clustered=float(rng.uniform(0, 0.3))),
        stars=StarRecipe(density=_draw_log(rng, *recipe.stars), bright=float(rng.uniform(13, 17)),
                         faint=survey.bands[survey.reference].depth),
        faults=_draw_faults(rng, recipe),
    )  # fmt: skip


def _find_longest(survey: Survey, pixel_scale: float) -> float:
    """Return the longest time that observers would expose [s]: the dark sky fills a share of the full well."""
    band = survey.bands[survey.reference]
    one = measure_sky_level(replace(survey, pixel_scale=pixel_scale), survey.reference, exposures=1)
    return FILLED * survey.full_well * band.exposure / one


def _draw_faults(rng: np.random.Generator, recipe: ObservingRecipe) -> FaultRecipe:
    """Draw what goes wrong: one main fault or none, at times another, and a little of everything always."""
    usual: dict[str, Any] = {
        "seeing": _draw_log(rng, 0.8, 1.25),
        "tracking_size": float(rng.uniform(0, 0.6)),
        "extinction": float(rng.exponential(0.03)),
        "glow": float(rng.uniform(0, 0.5)),
        "fringes": float(rng.exponential(3e-4)),
    }
    kinds = [kind for kind in FAULTS if kind != "good"] + list(recipe.extra)
    # Tracking makes two of the five classes, so it is drawn twice as often.
    chances = np.array([3.0 if kind in {"tracking", *recipe.extra} else 1.0 for kind in kinds])
    if rng.uniform() >= recipe.good:
        number = 2 if rng.uniform() < recipe.second else 1
        for kind in rng.choice(kinds, number, replace=False, p=chances / chances.sum()):
            usual |= draw_fault(rng, str(kind))
    return FaultRecipe(**usual)


def draw_fault(rng: np.random.Generator, kind: str) -> dict[str, Any]:
    """Draw settings of `FaultRecipe` for one fault, from half the size that ruins an exposure to far above.

    Raises
    ------
    ValueError
        If there is no such kind.
    """
    if kind == "tracking":
        path = str(rng.choice(["drift", "jumps", "shake"], p=[0.5, 0.25, 0.25]))
        least, most = (0.25, 1.6) if path == "shake" else (0.6, 8.0)
        return {"tracking": path, "tracking_size": _draw_log(rng, least, most)}
    ranges = {
        "seeing": ("seeing", 1.15, 3.5), "clouds": ("extinction", 0.15, 3.0), "sky": ("glow", 0.8, 20.0),
        "fringes": ("fringes", 2e-3, 0.15), "scattered": ("scattered", 5e-3, 0.5),
        "moonlight": ("moonlight", 0.3, 10.0), "focus": ("defocus", 0.8, 6.0), "gain": ("gain_error", 1.005, 1.3),
    }  # fmt: skip
    if kind == "trail":
        return {"trails": int(rng.integers(1, 4)), "trail_level": _draw_log(rng, 0.05, 3.0)}
    if kind not in ranges:
        raise ValueError(f"extra: {kind!r} is no kind of fault; choose from trail, {', '.join(ranges)}")
    name, least, most = ranges[kind]
    return {name: _draw_log(rng, least, most)}


def _draw_log(rng: np.random.Generator, least: float, most: float) -> float:
    """Draw a number uniform in the logarithm."""
    return float(np.exp(rng.uniform(np.log(least), np.log(most))))
