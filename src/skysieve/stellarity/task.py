"""Train, apply, evaluate: the three verbs of the capability."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from skysieve.config import dump_recipe
from skysieve.execution import Outcome
from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.overrule import apply_overrules, read_overrules
from skysieve.io.weights import Metric, ModelCard
from skysieve.records.applied import Applied
from skysieve.stellarity.model import add_verdict, judge, read_model
from skysieve.stellarity.recipe import ApplyRecipe, EvaluateRecipe, TrainRecipe


def _ignore(outcome: Outcome) -> None:
    """Tell nobody."""


def train(recipe: TrainRecipe, *, out: Path, on_done: Callable[[Outcome], None] = _ignore) -> ModelCard:
    """Simulate fields, measure them, train on them, calibrate, export; a killed training resumes.

    Parameters
    ----------
    recipe : TrainRecipe
        Everything that decides the weights.
    out : Path
        The run folder: ``fields/``, ``training/``, and the result ``weights/<name>.safetensors`` with its card.
    on_done : callable, optional
        Gets the outcome of each field.

    Returns
    -------
    ModelCard
        Its metrics are measured on fields that neither the network nor its calibration has seen.

    Raises
    ------
    ValueError
        If the folder holds another run, or the fields give too few labeled sources.
    ImportError
        If GalSim or Lightning is not installed.
    """
    from skysieve.stellarity.training import train_classifier  # noqa: PLC0415 -- needs PyTorch, which apply does not

    return train_classifier(recipe, out=out, on_done=on_done)


def apply(source: Path, recipe: ApplyRecipe, *, out: Path, overrule: Path | None = None) -> Applied:
    """Judge the sources of a run folder or of a catalog file.

    Parameters
    ----------
    source : Path
        A folder of ``skysieve run``, or its catalog in any format.
    recipe : ApplyRecipe
        Which model, which prior.
    out : Path
        A folder; ``catalog.parquet`` in it is the given catalog with new columns ``stellarity`` and ``ood``, and
        ``stellarity.json`` says with what they were made. The source is not changed.
    overrule : Path, optional
        Table of values to replace (see ``read_overrules``).

    Returns
    -------
    Applied
        Its facts: model, rows, ood, unknown (rows without a probability), stars (the sum of the probabilities).

    Raises
    ------
    ValueError
        If there is no catalog, it lacks a column, or model or overrule table are unusable.
    """
    model = read_model(recipe.model)
    catalog = read_catalog(_find_catalog(source))
    overrules = [] if overrule is None else read_overrules(overrule)
    verdict = judge(catalog, model, recipe)
    judged, replaced = apply_overrules(add_verdict(catalog, verdict, model), overrules)
    facts: dict[str, str | int | float] = {
        "model": judged.meta["stellarity_model"],
        "rows": len(judged),
        "ood": int(np.count_nonzero(verdict.ood)),
        "unknown": int(np.count_nonzero(np.isnan(verdict.probability))),
        "stars": float(np.nansum(verdict.probability)),
    }
    priors = {image: prior.coefficients.tolist() for image, prior in verdict.priors.items()}
    files = (out / "catalog.parquet", out / "stellarity.json")
    write_catalog(judged, files[0])
    content = {**facts, "recipe": dump_recipe(recipe), "priors": priors, "overruled": replaced}
    with write_whole(files[1]) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return Applied(judged, files, facts)


def evaluate(recipe: EvaluateRecipe, *, out: Path, on_done: Callable[[Outcome], None] = _ignore) -> dict[str, Metric]:
    """Measure how good the verdicts are, on simulated fields with truth and on real images.

    Parameters
    ----------
    recipe : EvaluateRecipe
        The model, and on what it is judged.
    out : Path
        The run folder: ``fields/``, ``scores.json``, ``report.html``. A killed evaluation resumes.
    on_done : callable, optional
        Gets the outcome of each field.

    Returns
    -------
    dict of str to Metric
        The main numbers, those of the model card among them; all others are in ``scores.json``.

    Raises
    ------
    ValueError
        If the model is unusable or the folder holds another evaluation.
    ImportError
        If GalSim is not installed.
    """
    from skysieve.stellarity.evaluation import evaluate_classifier  # noqa: PLC0415 -- needs figures, apply does not

    return evaluate_classifier(recipe, out=out, on_done=on_done)


def _find_catalog(source: Path) -> Path:
    """Return the catalog file that is meant."""
    if source.is_dir():
        source /= "catalog.parquet"
    if not source.is_file():
        raise ValueError(f"{source}: there is no such catalog; give a folder of skysieve run, or a catalog file")
    return source
