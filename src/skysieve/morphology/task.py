"""Train, apply, evaluate: the three verbs of the capability."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from skysieve.config import dump_recipe
from skysieve.execution import Outcome
from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import write_catalog
from skysieve.io.overrule import apply_overrules, read_overrules
from skysieve.io.weights import Metric, ModelCard
from skysieve.morphology.apply_recipe import ApplyRecipe
from skysieve.morphology.recipe import EvaluateRecipe, TrainRecipe
from skysieve.records.applied import Applied


def _ignore(outcome: Outcome) -> None:
    """Tell nobody."""


def train(recipe: TrainRecipe, *, out: Path, on_done: Callable[[Outcome], None] = _ignore) -> ModelCard:
    """Simulate fields, train a map on their sources, learn their classes from distances; a killed training resumes.

    Parameters
    ----------
    recipe : TrainRecipe
        Everything that decides the weights.
    out : Path
        The run folder: ``fields/``, ``map/``, and the result ``weights/<name>.safetensors`` with its card.
    on_done : callable, optional
        Gets the outcome of each field.

    Returns
    -------
    ModelCard
        Its metrics are measured on fields that neither the map nor the classifier has seen.

    Raises
    ------
    ValueError
        If the folder holds another run, or the fields give too few sources.
    ImportError
        If GalSim is not installed.
    """
    from skysieve.morphology.training import train_model  # noqa: PLC0415 -- needs GalSim, which apply does not

    return train_model(recipe, out=out, on_done=on_done)


def apply(source: Path, recipe: ApplyRecipe, *, out: Path, overrule: Path | None = None) -> Applied:
    """Judge cutouts by a map.

    Parameters
    ----------
    source : Path
        Cutouts: a store, an HDF5 file, a folder of FITS files or pictures, or a binary of PINK; of the map's side,
        and background-free. Cutouts are prepared as the map's own images were, unless they say that they are.
    recipe : ApplyRecipe
        Which map.
    out : Path
        A folder; ``catalog.parquet`` in it has a row a cutout, in their order, with the columns ``som_*``, and
        ``morphology.json`` says with what they were made.
    overrule : Path, optional
        Table of values to replace (see ``read_overrules``).

    Returns
    -------
    Applied
        Its facts: model, rows, ood, unknown (rows that could not be compared).

    Raises
    ------
    ValueError
        If source, model or overrule table are unusable, or the cutouts do not fit the map.
    """
    from skysieve.morphology.applying import judge_cutouts  # noqa: PLC0415 -- loads PyTorch

    overrules = [] if overrule is None else read_overrules(overrule)
    catalog = judge_cutouts(source, recipe, scratch=out)
    judged, replaced = apply_overrules(catalog, overrules)
    facts: dict[str, str | int | float] = {
        "model": judged.meta["morphology_model"],
        "rows": len(judged),
        "ood": int(np.count_nonzero(judged.columns.get("som_ood", np.zeros(0)))),
        "unknown": int(np.count_nonzero(judged["som_bmu"] < 0)),
    }
    files = (out / "catalog.parquet", out / "morphology.json")
    write_catalog(judged, files[0])
    with write_whole(files[1]) as temporary:
        content = {**facts, "recipe": dump_recipe(recipe), "overruled": replaced}
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return Applied(judged, files, facts)


def evaluate(recipe: EvaluateRecipe, *, out: Path, on_done: Callable[[Outcome], None] = _ignore) -> dict[str, Metric]:
    """Measure how good the classes are, on simulated fields with truth.

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
    from skysieve.morphology.evaluation import evaluate_model  # noqa: PLC0415 -- needs GalSim, which apply does not

    return evaluate_model(recipe, out=out, on_done=on_done)
