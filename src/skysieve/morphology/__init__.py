"""Morphology from maps of images: prepare, annotate, transfer labels, collate components, judge sources."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skysieve.morphology.apply_recipe import ApplyRecipe
    from skysieve.morphology.model import check_model as check
    from skysieve.morphology.recipe import EvaluateRecipe, TrainRecipe
    from skysieve.morphology.task import apply, evaluate, train

__all__ = ["ApplyRecipe", "EvaluateRecipe", "TrainRecipe", "apply", "check", "evaluate", "train"]

_PLACES = {
    "ApplyRecipe": ("apply_recipe", "ApplyRecipe"),
    "EvaluateRecipe": ("recipe", "EvaluateRecipe"),
    "TrainRecipe": ("recipe", "TrainRecipe"),
    "apply": ("task", "apply"),
    "check": ("model", "check_model"),
    "evaluate": ("task", "evaluate"),
    "train": ("task", "train"),
}


def __getattr__(name: str) -> Any:
    """Import the verbs when they are asked for, since PyTorch takes seconds to load, and annotation needs none."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, own = _PLACES[name]
    return getattr(import_module(f"{__name__}.{module}"), own)
