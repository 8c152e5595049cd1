"""The recipes of the capability: what it learns from, how it is applied, on what it is judged."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from skysieve.config import STRICT
from skysieve.execution import ExecutionRecipe
from skysieve.quality.detectors import DetectorRecipe
from skysieve.quality.labels import LimitsRecipe
from skysieve.quality.observing import ObservingRecipe

Count = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class MapRecipe:
    """The map of sources: its sides, its clusters, and how many exposures it learns from."""

    __pydantic_config__ = STRICT

    side: Count = 15
    clusters: Count = 20
    exposures: Count = 1500


@dataclass(frozen=True)
class LearningSet:
    """All that decides what is learned from: exposures, limits, and how detectors are looked at."""

    __pydantic_config__ = STRICT

    observing: ObservingRecipe = field(default_factory=ObservingRecipe)
    limits: LimitsRecipe = field(default_factory=LimitsRecipe)
    detector: DetectorRecipe = field(default_factory=DetectorRecipe)
    map: MapRecipe = field(default_factory=MapRecipe)
    seed: Annotated[int, Field(ge=0)] = 0
    execution: ExecutionRecipe = field(default_factory=ExecutionRecipe)
