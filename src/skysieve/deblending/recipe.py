"""The recipe of the training: which blends are learned from, and how."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from skysieve.config import STRICT
from skysieve.deblending.recipe_blends import BlendsRecipe
from skysieve.deblending.recipe_galaxies import GalaxiesRecipe
from skysieve.execution import ExecutionRecipe
from skysieve.training import Stage, TrainingRecipe

Count = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class StreamRecipe:
    """One kind of blends.

    Parameters
    ----------
    galaxies : GalaxiesRecipe
        What the blends of the training are made of; validation, calibration and test have galaxies of other seeds.
    blends : BlendsRecipe
        How they come together.
    epoch : int
        Blends in an epoch; each epoch has new ones.
    """

    __pydantic_config__ = STRICT

    galaxies: GalaxiesRecipe = field(default_factory=GalaxiesRecipe)
    blends: BlendsRecipe = field(default_factory=BlendsRecipe)
    epoch: Count = 4000


PAPER = StreamRecipe(GalaxiesRecipe(number=12_000), BlendsRecipe(jitter=0.3))
SURVEY = StreamRecipe(
    GalaxiesRecipe(population="survey", number=20_000),
    BlendsRecipe(sources=(1, 5), distances="free", difference=3.0, noise="sky", correlated=0.3, jitter=0.8,
                 merged=0.15, missed=0.1),
)  # fmt: skip


@dataclass(frozen=True)
class TrainRecipe:
    """Everything that decides the weights.

    Parameters
    ----------
    name, version : str
        For the model card.
    seed : int
        Of the first weights and of the blends.
    streams : tuple of StreamRecipe
        The kinds of blends that are learned from, one after the other in each epoch's list, then shuffled.
    side : int
        Side of the windows that are learned from [pixel].
    widths : tuple of int
        Channels of the network on its three scales.
    held : int
        Blends of each stream for validation; ten times as many each for calibration and for the test.
    share : float
        Of a stream's number of galaxies that validation, calibration and test have each.
    domain_size, domain_quantile
        Vectors that stand for the training set, and the share of it that lies inside.
    training : TrainingRecipe
        How the network is trained.
    execution : ExecutionRecipe
        Threads; it does not decide the weights.
    """

    __pydantic_config__ = STRICT

    name: str = "deblending"
    version: str = "1"
    seed: Annotated[int, Field(ge=0)] = 0
    streams: Annotated[tuple[StreamRecipe, ...], Field(min_length=1)] = (PAPER, SURVEY)
    side: Annotated[int, Field(ge=32, multiple_of=16)] = 96
    widths: tuple[Count, Count, Count] = (32, 48, 64)
    held: Count = 300
    share: Annotated[float, Field(gt=0, le=1)] = 0.1
    domain_size: Count = 256
    domain_quantile: Annotated[float, Field(gt=0, lt=1)] = 0.995
    training: TrainingRecipe = field(
        default_factory=lambda: TrainingRecipe(
            stages=(Stage(epochs=30, rates={"all": 2e-3}, warmup=200),), batch=32, weight_decay=1e-3, clip=1.0
        )
    )
    execution: ExecutionRecipe = field(default_factory=ExecutionRecipe)
