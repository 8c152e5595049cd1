"""Whose light is it: fluxes of overlapping galaxies, with errors one can trust."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skysieve.deblending.apply_recipe import ApplyRecipe
    from skysieve.deblending.evaluate_recipe import EvaluateRecipe
    from skysieve.deblending.model import check_model as check
    from skysieve.deblending.recipe import TrainRecipe
    from skysieve.deblending.task import apply, evaluate, measure, train

__all__ = ["ApplyRecipe", "EvaluateRecipe", "TrainRecipe", "apply", "check", "evaluate", "measure", "train"]

_PLACES = {
    "ApplyRecipe": ("apply_recipe", "ApplyRecipe"),
    "EvaluateRecipe": ("evaluate_recipe", "EvaluateRecipe"),
    "TrainRecipe": ("recipe", "TrainRecipe"),
    "apply": ("task", "apply"),
    "check": ("model", "check_model"),
    "evaluate": ("task", "evaluate"),
    "measure": ("task", "measure"),
    "train": ("task", "train"),
}


def __getattr__(name: str) -> Any:
    """Import the verbs when they are asked for, since PyTorch takes seconds to load, and recipes need none."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, own = _PLACES[name]
    return getattr(import_module(f"{__name__}.{module}"), own)
