"""Is this source a star: the probability of being a point source, calibrated, from the columns of a catalog."""

from skysieve.stellarity.model import add_verdict, judge, read_model
from skysieve.stellarity.model import check_model as check
from skysieve.stellarity.recipe import ApplyRecipe, EvaluateRecipe, TrainRecipe
from skysieve.stellarity.task import apply, evaluate, train

__all__ = [
    "ApplyRecipe",
    "EvaluateRecipe",
    "TrainRecipe",
    "add_verdict",
    "apply",
    "check",
    "evaluate",
    "judge",
    "read_model",
    "train",
]
