"""Morphology from maps of images: prepare, annotate, transfer labels, collate components, judge sources."""

from pathlib import Path

from skysieve.morphology.apply_recipe import ApplyRecipe
from skysieve.morphology.recipe import EvaluateRecipe, TrainRecipe
from skysieve.morphology.task import apply, evaluate, train


def check(path: Path) -> float:
    """Judge the example in a file of weights; return the largest difference from what it must give.

    Raises
    ------
    ValueError
        If the file is not whole, or the difference exceeds the card's tolerance.
    """
    from skysieve.morphology.model import check_model  # noqa: PLC0415 -- loads PyTorch

    return check_model(path)


__all__ = ["ApplyRecipe", "EvaluateRecipe", "TrainRecipe", "apply", "check", "evaluate", "train"]
