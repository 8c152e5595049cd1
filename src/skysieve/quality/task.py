"""Train, apply, evaluate: the three verbs of the capability."""

from collections.abc import Callable
from pathlib import Path

from skysieve.execution import Outcome
from skysieve.io.weights import Metric, ModelCard
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.evaluate_recipe import EvaluateRecipe
from skysieve.quality.recipe import TrainRecipe
from skysieve.records.applied import Applied


def _ignore(outcome: Outcome) -> None:
    """Tell nobody."""


def train(recipe: TrainRecipe, *, out: Path, on_done: Callable[[Outcome], None] = _ignore) -> ModelCard:
    """Make exposures, look at them, train on them, calibrate, export; a killed training resumes.

    Parameters
    ----------
    recipe : TrainRecipe
        Everything that decides the weights.
    out : Path
        The run folder: the exposures as they are seen, the map of sources, ``training/``, and the result
        ``weights/<name>.safetensors`` with its card.
    on_done : callable, optional
        Gets the outcome of each block of exposures.

    Returns
    -------
    ModelCard
        Its metrics are measured on exposures that neither the network nor its calibration has seen.

    Raises
    ------
    ValueError
        If the folder holds another run, or there are too few exposures of a class.
    ImportError
        If GalSim or Lightning is not installed.
    """
    from skysieve.quality.training import train_judge  # noqa: PLC0415 -- needs Lightning, which apply does not

    return train_judge(recipe, out=out, on_done=on_done)


def apply(source: Path, recipe: AssessRecipe, *, out: Path, overrule: Path | None = None) -> Applied:
    """Judge an exposure, all exposures of a folder, or what a store of fingerprints keeps of them.

    Parameters
    ----------
    source : Path
        A FITS file, a folder whose FITS files are judged in the order of their names, or a store of fingerprints.
    recipe : AssessRecipe
        Which model, what is usual for the camera.
    out : Path
        A folder; ``verdicts.parquet`` in it has a row an exposure, ``ccds.parquet`` a row a detector, and
        ``quality.json`` says with what they were made.
    overrule : Path, optional
        Table of verdicts to replace (see ``read_overrules``); ``id`` is the name of the exposure's file.

    Returns
    -------
    Applied
        The verdicts. Its facts: model, rows, how many of them are good, acceptable, hole, bad, and ood.

    Raises
    ------
    ValueError
        If the model or the overrule table is unusable, or the folder holds no exposure.
    """
    from skysieve.quality.applying import judge_source  # noqa: PLC0415 -- loads PyTorch

    return judge_source(source, recipe, out=out, overrule=overrule)


def evaluate(recipe: EvaluateRecipe, *, out: Path, on_done: Callable[[Outcome], None] = _ignore) -> dict[str, Metric]:
    """Measure how good the verdicts are, on simulated exposures with truth.

    Parameters
    ----------
    recipe : EvaluateRecipe
        The model, and on what it is judged.
    out : Path
        The run folder: ``views/``, ``scores.json``, ``report.html``. A killed evaluation resumes.
    on_done : callable, optional
        Gets the outcome of each block of exposures.

    Returns
    -------
    dict of str to Metric
        The main numbers, those of the model card among them; all others are in ``scores.json``. Errors are found by
        drawing whole exposures.

    Raises
    ------
    ValueError
        If the model is unusable or the folder holds another evaluation.
    ImportError
        If GalSim is not installed.
    """
    from skysieve.quality.evaluation import evaluate_judge  # noqa: PLC0415 -- needs figures, which apply does not

    return evaluate_judge(recipe, out=out, on_done=on_done)
