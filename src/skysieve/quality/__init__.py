"""Which exposures are usable, and if not, why, where, and at what cost."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skysieve.quality.assess_recipe import AssessRecipe as ApplyRecipe
    from skysieve.quality.evaluate_recipe import EvaluateRecipe
    from skysieve.quality.model import check_model as check
    from skysieve.quality.recipe import TrainRecipe
    from skysieve.quality.task import apply, evaluate, train

__all__ = ["ApplyRecipe", "EvaluateRecipe", "TrainRecipe", "apply", "check", "evaluate", "train"]

_PLACES = {
    "ApplyRecipe": ("assess_recipe", "AssessRecipe"),
    "EvaluateRecipe": ("evaluate_recipe", "EvaluateRecipe"),
    "TrainRecipe": ("recipe", "TrainRecipe"),
    "apply": ("task", "apply"),
    "check": ("model", "check_model"),
    "evaluate": ("task", "evaluate"),
    "train": ("task", "train"),
}


def __getattr__(name: str) -> Any:
    """Import the verbs when they are asked for, since PyTorch takes seconds to load, and recipes need none."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, own = _PLACES[name]
    return getattr(import_module(f"{__name__}.{module}"), own)
