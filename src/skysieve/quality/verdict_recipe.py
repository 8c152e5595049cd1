"""How the verdict on an exposure is made of those on its detectors, as a recipe; reading it needs no PyTorch."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from skysieve.config import STRICT
from skysieve.quality.untrained import UntrainedRecipe


@dataclass(frozen=True)
class VerdictRecipe:
    """How the verdict on an exposure is made of those on its detectors.

    Parameters
    ----------
    boundary : float, optional
        Probability of being good from which on an exposure passes; by default that of the weights, chosen on
        validation data.
    hole : float
        Largest share of detectors that may fail for the rest to be usable.
    sources : int
        Detectors with fewer sources count less, in proportion.
    """

    __pydantic_config__ = STRICT

    boundary: Annotated[float, Field(gt=0, lt=1)] | None = None
    hole: Annotated[float, Field(ge=0, lt=1)] = 0.25
    sources: Annotated[int, Field(ge=1)] = 20
    untrained: UntrainedRecipe = field(default_factory=UntrainedRecipe)
