"""How a judge learns from labels that people gave, as a recipe."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from skysieve.config import STRICT
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.recipe import SplitRecipe
from skysieve.quality.votes import RatersRecipe
from skysieve.training import Stage, TrainingRecipe

HEAD, JOIN, BODY = "head", "join", "body"
"""Layer groups: the last layers, the layers before them that join all inputs, and the rest."""


@dataclass(frozen=True)
class RelearnRecipe:
    """Everything that decides the new weights besides the labels and the exposures.

    Parameters
    ----------
    name, version : str
        Go into the model card.
    seed : int
        Of the split and of all choices.
    assess : AssessRecipe
        How the exposures are looked at; its ``model`` is the one that learns.
    raters : RatersRecipe
        How the labels of several people become one.
    factor : float
        An exposure weighs 1 + factor times how unsure the model was of it: the entropy of its probabilities over the
        largest possible one, 1 where it was out of its domain. All detectors of an exposure weigh as much together.
    share : float
        Of the samples that are simulated ones of the old training, where these are at hand; they keep what was known.
    least : float
        Exposures of which the raters hold a class that can be learned for less probable are left out.
    split : SplitRecipe
        By exposure.
    training : TrainingRecipe
        Its rates are those of the layer groups ``head`` (the last layer), ``join`` and ``body``; those that are not
        named stay as they are. By default only the last layer learns.
    """

    __pydantic_config__ = STRICT

    name: str = "quality"
    version: str = "1 relearned"
    seed: Annotated[int, Field(ge=0)] = 0
    assess: AssessRecipe = field(default_factory=AssessRecipe)
    raters: RatersRecipe = field(default_factory=RatersRecipe)
    factor: Annotated[float, Field(ge=0)] = 1.0
    share: Annotated[float, Field(ge=0, lt=1)] = 0.5
    least: Annotated[float, Field(gt=0, le=1)] = 0.5
    split: SplitRecipe = field(
        default_factory=lambda: SplitRecipe(train=0.52, validation=0.14, calibration=0.2, test=0.14)
    )
    training: TrainingRecipe = field(
        default_factory=lambda: TrainingRecipe(
            stages=(Stage(epochs=40, rates={HEAD: 1e-3}),), batch=32, accelerator="cpu"
        )
    )
