"""On what a judge of exposures is judged."""

from dataclasses import dataclass, field

from skysieve.config import STRICT
from skysieve.execution import ExecutionRecipe
from skysieve.quality.observing import ObservingRecipe
from skysieve.quality.verdict_recipe import VerdictRecipe


@dataclass(frozen=True)
class EvaluateRecipe:
    """On what a model is judged: simulated exposures of another seed, looked at and labeled as in its training.

    Parameters
    ----------
    model : str
        Name of weights that ship with the package, or path of a .safetensors file.
    observing : ObservingRecipe
        The exposures.
    verdict : VerdictRecipe
        How detectors make an exposure.
    execution : ExecutionRecipe
        Where the exposures are made, not what they are.
    """

    __pydantic_config__ = STRICT

    model: str = "quality"
    observing: ObservingRecipe = field(default_factory=lambda: ObservingRecipe(number=1000, seed=1001))
    verdict: VerdictRecipe = field(default_factory=VerdictRecipe)
    execution: ExecutionRecipe = field(default_factory=ExecutionRecipe)
