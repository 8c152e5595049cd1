"""Which galaxies blends are made of, as a recipe."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from skysieve.config import STRICT

Positive = Annotated[float, Field(gt=0)]
Limits = tuple[Positive, Positive]


@dataclass(frozen=True)
class GalaxiesRecipe:
    """A population of galaxies and stars, each alone on a stamp.

    Parameters
    ----------
    population : {"paper", "survey"}
        ``paper`` are galaxies as CANDELS sees them in F160W, of the magnitudes, sizes and mix of types of the
        published blends, all with one PSF; ``survey`` are galaxies and stars of any size and brightness, with PSFs
        and noise of any survey from space or the ground.
    number : int
        How many.
    side : int
        Side of a stamp [pixel].
    seed : int
        Galaxies of different seeds are different galaxies.
    noise : float
        ``paper``: standard deviation of a pixel, in units of the flux at the zeropoint 25.96.
    fwhm : tuple of float
        ``survey``: width of the PSF [pixel].
    snr : tuple of float
        ``survey``: flux in units of the noise of the pixels within the half-light ellipse of the image.
    stars : float
        ``survey``: share of stars.
    """

    __pydantic_config__ = STRICT

    population: Literal["paper", "survey"] = "paper"
    number: Annotated[int, Field(ge=1)] = 2000
    side: Annotated[int, Field(ge=32)] = 128
    seed: Annotated[int, Field(ge=0)] = 1
    noise: Positive = 0.025
    fwhm: Limits = (2.0, 6.5)
    snr: Limits = (7.0, 1500.0)
    stars: Annotated[float, Field(ge=0, le=1)] = 0.15
