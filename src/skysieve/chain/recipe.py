"""The recipe of a whole run: one TOML file decides everything that ends up in the catalog."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from skysieve.config import STRICT
from skysieve.deblending.apply_recipe import ApplyRecipe as DeblendingRecipe
from skysieve.execution import ExecutionRecipe
from skysieve.extraction import ExtractionRecipe
from skysieve.io.exposures import InputRecipe
from skysieve.morphology.apply_recipe import ApplyRecipe as MorphologyRecipe
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.stellarity import ApplyRecipe

Fate = Literal["flag", "leave_out"]


@dataclass(frozen=True)
class QualityRecipe(AssessRecipe):
    """How the exposures of a run are judged, and what becomes of them.

    A recipe of the capability with what only a run can do: ``bad``, ``hole`` and ``acceptable`` say for exposures with
    that verdict whether they are measured like all others, with the verdict in every row (``flag``), or not at all
    (``leave_out``). ``input`` and ``seed`` are left alone: those of the run take their places.
    """

    bad: Fate = "flag"
    hole: Fate = "flag"
    acceptable: Fate = "flag"


@dataclass(frozen=True)
class ChainRecipe:
    """Sections of ``chain.toml``; ``seed`` feeds every stage that draws random numbers.

    ``capabilities`` are those whose verdicts go into the catalog; each has its section, named like it.
    ``execution`` says where and how fast a run is done, never what comes out, and so is no part of its identity.
    """

    __pydantic_config__ = STRICT

    seed: Annotated[int, Field(ge=0)] = 0
    input: InputRecipe = field(default_factory=InputRecipe)
    capabilities: tuple[Literal["stellarity", "morphology", "quality", "deblending"], ...] = ("stellarity",)
    extraction: ExtractionRecipe = field(default_factory=ExtractionRecipe)
    stellarity: ApplyRecipe = field(default_factory=ApplyRecipe)
    morphology: MorphologyRecipe = field(default_factory=MorphologyRecipe)
    quality: QualityRecipe = field(default_factory=QualityRecipe)
    deblending: DeblendingRecipe = field(default_factory=DeblendingRecipe)
    execution: ExecutionRecipe = field(default_factory=ExecutionRecipe)
