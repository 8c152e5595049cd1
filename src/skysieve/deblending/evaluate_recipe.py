"""On what deblended fluxes are judged, as a recipe."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from skysieve.config import STRICT
from skysieve.deblending.apply_recipe import ApplyRecipe
from skysieve.deblending.recipe_blends import BlendsRecipe
from skysieve.deblending.recipe_galaxies import GalaxiesRecipe
from skysieve.execution import ExecutionRecipe

SEED = 900_001
"""Of galaxies that no training has seen."""


@dataclass(frozen=True)
class TrialRecipe:
    """One kind of blends that all methods are given.

    Parameters
    ----------
    name : str
        What it is called in tables.
    galaxies, blends
        What they are made of, and how.
    number : int
        Blends.
    """

    __pydantic_config__ = STRICT

    name: str = "paper"
    galaxies: GalaxiesRecipe = field(default_factory=lambda: GalaxiesRecipe(number=2000, seed=SEED))
    blends: BlendsRecipe = field(default_factory=BlendsRecipe)
    number: Annotated[int, Field(ge=10)] = 5000


PAPER = TrialRecipe()
GROUPS = TrialRecipe(
    "groups", GalaxiesRecipe(population="survey", number=3000, seed=SEED),
    BlendsRecipe(sources=(3, 8), distances="free", difference=3.0, noise="sky", correlated=0.3, jitter=0.5),
    number=1500,
)  # fmt: skip
HIDDEN = TrialRecipe(
    "hidden", GalaxiesRecipe(population="survey", number=3000, seed=SEED + 1),
    BlendsRecipe(sources=(1, 3), distances="free", difference=3.0, noise="sky", jitter=0.3, merged=0.5), number=2000,
)  # fmt: skip


@dataclass(frozen=True)
class EvaluateRecipe:
    """On what a model is judged.

    Parameters
    ----------
    apply : ApplyRecipe
        The model.
    trials : tuple of TrialRecipe
        Kinds of blends.
    seed : int
        Of the blends.
    published : str, optional
        Table of the published results, drawn beside ours: ``coindeblend_paper_output_catalog.csv.gz``.
    execution : ExecutionRecipe
        Threads.
    """

    __pydantic_config__ = STRICT

    apply: ApplyRecipe = field(default_factory=ApplyRecipe)
    trials: Annotated[tuple[TrialRecipe, ...], Field(min_length=1)] = (PAPER, GROUPS, HIDDEN)
    seed: Annotated[int, Field(ge=0)] = 77
    published: str | None = None
    execution: ExecutionRecipe = field(default_factory=ExecutionRecipe)
