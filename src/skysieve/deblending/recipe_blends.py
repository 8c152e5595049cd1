"""How galaxies are put together into blends, as a recipe."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from skysieve.config import STRICT

Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class BlendsRecipe:
    """Rules by which blends are made.

    Parameters
    ----------
    sources : tuple of int
        Fewest and most objects in a blend.
    distances : {"paper", "published", "free"}
        How far a companion lies from the central galaxy. ``paper``: shifts along x and y, each between half of the
        larger radius and half of the stamp, as the paper's text has it. ``published``: between the larger radius and
        four times the smaller one, uniform over the area, which gives the distances of the published blends.
        ``free``: up to ``reach`` times the larger radius, overlapping centers included; nothing is centered.
    reach : float
        ``free``: largest distance to the nearest other object, in units of the sum of the two objects' sizes on the
        image.
    difference : float
        Largest difference of the magnitudes of a companion and the central galaxy.
    noise : {"stamps", "sky"}
        ``stamps`` adds the stamps with the noise of each, as adding real stamps does; ``sky`` draws the noise of one
        exposure.
    correlated : float
        ``sky``: share of blends whose noise is correlated, as by drizzling or resampling.
    jitter : float
        Largest standard deviation of the given positions [pixel]; each blend has its own, uniform from 0.
    merged : float
        Share of blends in which one object is not listed, the nearest one being listed between the two: blends that
        detection has not recognized.
    missed : float
        Share of blends of three and more in which the faintest object is not listed.
    """

    __pydantic_config__ = STRICT

    sources: tuple[Annotated[int, Field(ge=1, le=32)], Annotated[int, Field(ge=1, le=32)]] = (2, 2)
    distances: Literal["paper", "published", "free"] = "published"
    reach: Annotated[float, Field(gt=0)] = 3.0
    difference: Annotated[float, Field(gt=0)] = 2.0
    noise: Literal["stamps", "sky"] = "stamps"
    correlated: Share = 0.0
    jitter: Annotated[float, Field(ge=0)] = 0.0
    merged: Share = 0.0
    missed: Share = 0.0

    def __post_init__(self) -> None:
        if self.sources[0] > self.sources[1]:
            raise ValueError(f"sources = {self.sources}: the fewest are more than the most; turn them round")
        if self.distances != "free" and self.sources != (2, 2):
            raise ValueError(f"distances = {self.distances!r} is a rule for pairs; use 'free' for other numbers")
