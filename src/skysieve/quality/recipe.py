"""The recipes of the capability: what it learns from, how it is applied, on what it is judged."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from skysieve.config import STRICT
from skysieve.execution import ExecutionRecipe
from skysieve.quality.detectors import DetectorRecipe
from skysieve.quality.labels import LimitsRecipe
from skysieve.quality.observing import ObservingRecipe
from skysieve.training import Stage, TrainingRecipe

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Variant = Literal["m1", "m2", "m3", "view"]


@dataclass(frozen=True)
class MapRecipe:
    """The map of sources: its sides, its clusters, and how many exposures it learns from."""

    __pydantic_config__ = STRICT

    side: Count = 15
    clusters: Count = 20
    exposures: Count = 3000


@dataclass(frozen=True)
class LearningSet:
    """All that decides what is learned from: exposures, limits, and how detectors are looked at.

    ``hidden`` is the share of the exposures whose usual sky is not told, and, drawn apart, whose usual zeropoint is
    not.
    """

    __pydantic_config__ = STRICT

    observing: ObservingRecipe = field(default_factory=ObservingRecipe)
    limits: LimitsRecipe = field(default_factory=LimitsRecipe)
    detector: DetectorRecipe = field(default_factory=DetectorRecipe)
    map: MapRecipe = field(default_factory=MapRecipe)
    hidden: Annotated[float, Field(ge=0, le=1)] = 0.2
    seed: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True)
class RealRecipe:
    """Real good frames that are learned from beside the simulated ones, made worse by faults of known size.

    Parameters
    ----------
    folder : str, optional
        With ``frames.toml``: a table ``[[frames]]`` each, with the settings of `RealFrame`; paths begin in the folder.
    draws, good, sizes
        As `DegradeRecipe` takes them. A size of 1 is the limit itself.
    """

    __pydantic_config__ = STRICT

    folder: str | None = None
    draws: Count = 3
    good: Count = 16
    sizes: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] = (1.0, 4.0)


@dataclass(frozen=True)
class SplitRecipe:
    """Shares of the exposures that train the network, stop its training, calibrate it, and measure it."""

    __pydantic_config__ = STRICT

    train: Share = 0.7
    validation: Share = 0.08
    calibration: Share = 0.14
    test: Share = 0.08


@dataclass(frozen=True)
class TrainRecipe:
    """Everything that decides the weights.

    Parameters
    ----------
    name, version : str
        Go into the model card.
    variant : {"m1", "m2", "m3", "view"}
        The network: those of Teimoorinia et al. (2021), or our own.
    counts : {"clusters", "neurons"}
        Whether the network sees how many sources fall on each cluster, or on each neuron of the map.
    learning : LearningSet
        What is learned from.
    real : RealRecipe
        What else; all of it trains the network, none stops, calibrates or measures it.
    split : SplitRecipe
        By exposure.
    coverage : float
        Probability that the set of causes holds the true one.
    domain_size, domain_quantile
        Vectors that stand for the training set, and the share of it that lies inside.
    execution : ExecutionRecipe
        Where the exposures are made, not what they are.
    """

    __pydantic_config__ = STRICT

    name: str = "quality"
    version: str = "1"
    seed: Annotated[int, Field(ge=0)] = 0
    variant: Variant = "view"
    counts: Literal["clusters", "neurons"] = "neurons"
    learning: LearningSet = field(default_factory=LearningSet)
    real: RealRecipe = field(default_factory=RealRecipe)
    split: SplitRecipe = field(default_factory=SplitRecipe)
    training: TrainingRecipe = field(
        default_factory=lambda: TrainingRecipe(
            stages=(
                Stage(epochs=20, rates={"numbers": 2e-3}, warmup=200),
                Stage(epochs=5, rates={"looks": 1e-3}, warmup=50),
            ),
            batch=64,
            weight_decay=5e-2,
            clip=5.0,
            accelerator="cpu",
        )
    )
    coverage: Annotated[float, Field(gt=0, lt=1)] = 0.95
    domain_size: Count = 128
    domain_quantile: Annotated[float, Field(gt=0, lt=1)] = 0.99
    execution: ExecutionRecipe = field(default_factory=ExecutionRecipe)
