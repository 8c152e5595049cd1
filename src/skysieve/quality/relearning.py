"""From labels that people gave to a model that has learned from them."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from skysieve.config import dump_recipe
from skysieve.io.atomic import write_whole
from skysieve.io.exposurelabels import ExposureLabel
from skysieve.io.shipped import find_weights
from skysieve.io.weights import ModelCard, read_weights
from skysieve.quality.lessons import (
    PARTS,
    choose_targets,
    find_exposures,
    make_lessons,
    mix_lessons,
    read_simulated,
    see_labeled,
    split_lessons,
)
from skysieve.quality.model import read_model
from skysieve.quality.rater_agreement import measure_agreement
from skysieve.quality.rater_report import write_consensus
from skysieve.quality.raters import fit_raters
from skysieve.quality.refitting import Schooling, fit_lessons
from skysieve.quality.relearning_recipe import RelearnRecipe
from skysieve.quality.votes import count_votes


def relearn(
    labels: Sequence[ExposureLabel], folder: Path, recipe: RelearnRecipe, *, out: Path,
    on_done: Callable[[str], None], simulated: Path | None = None,
) -> tuple[ModelCard, Schooling]:  # fmt: skip
    """Let a model learn from labels, recalibrate it, and export it.

    Parameters
    ----------
    labels : sequence of ExposureLabel
        Of one rater or of several.
    folder : Path
        Where the exposures are; found by their names, also in folders within.
    recipe : RelearnRecipe
        Everything else.
    out : Path
        The run folder: ``views/``, ``consensus.parquet``, ``raters.json``, ``recipe.json``, ``training/`` and the
        result ``weights/<name>.safetensors`` with its card. A killed run resumes.
    on_done : callable
        Gets the name of each exposure that was looked at.
    simulated : Path, optional
        Run folder of the training of the model; a share of what it saw is mixed in, so that it is not forgotten.

    Raises
    ------
    ValueError
        If there are too few exposures for a split, or files do not belong together.
    """
    votes = count_votes(labels, recipe.raters)
    consensus = fit_raters(votes, recipe.raters)
    write_consensus(out, consensus, measure_agreement(votes))
    with write_whole(out / "recipe.json") as temporary:
        temporary.write_text(json.dumps(dump_recipe(recipe), indent=1) + "\n", encoding="utf-8")
    model = read_model(recipe.assess.model)
    targets = choose_targets(consensus, least=recipe.least)
    paths, missing = find_exposures(folder, list(targets))
    labeled = see_labeled(paths, targets, model, recipe=recipe, out=out / "views", on_done=on_done)
    lessons = make_lessons(labeled, model, factor=recipe.factor)
    parts = split_lessons(lessons, [one.name for one in labeled], dump_recipe(recipe.split), seed=recipe.seed)
    kept = {} if simulated is None else read_simulated(simulated, model)
    mixed = {name: mix_lessons(parts[name], kept.get(name), share=recipe.share, seed=recipe.seed) for name in PARTS}
    told = Schooling(
        len(labeled), len(consensus.exposures) - len(targets), len(missing), len(lessons),
        int((~mixed["train"].real).sum()), len(consensus.raters),
    )  # fmt: skip
    return fit_lessons(model, mixed, recipe, out=out, told=told, kept=_keep_reference(recipe.assess.model)), told


def _keep_reference(name: str) -> dict[str, np.ndarray]:
    """Return the labeled exposures that came with weights, to be compared with."""
    tensors, _ = read_weights(find_weights("quality", name))
    return {key: tensor for key, tensor in tensors.items() if key.startswith("reference.")}
