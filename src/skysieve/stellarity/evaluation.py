"""How the classifier is judged: simulated fields by seeing and by survey, rivals beside it, real images."""

import hashlib
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from skysieve.config import dump_recipe
from skysieve.execution import Outcome, open_ledger
from skysieve.io.atomic import write_whole
from skysieve.io.weights import Metric
from skysieve.metrics import measure_calibration_error
from skysieve.simulate import read_survey
from skysieve.stellarity.data import Field, FieldWork, draw_scene_recipe, simulate_fields
from skysieve.stellarity.figures import write_page
from skysieve.stellarity.model import Model, read_model
from skysieve.stellarity.realsky import measure_agreement, measure_image
from skysieve.stellarity.recipe import EvaluateRecipe, FieldsRecipe, PriorKind
from skysieve.stellarity.scores import Judged, compare_methods, judge_fields, measure_main

SNR_EDGES = (3.0, 7.0, 10.0, 20.0, 50.0, 1000.0)

FRACTION_EDGES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of stars among the labeled sources of a field, by which priors are compared."""

PRIORS: tuple[PriorKind, ...] = ("image", "training", "even")


def evaluate_classifier(recipe: EvaluateRecipe, *, out: Path, on_done: Callable[[Outcome], None]) -> dict[str, Metric]:
    """Evaluate as ``task.evaluate`` says."""
    model, out = read_model(recipe.apply.model), out.resolve()
    works = list_works(recipe)
    with open_ledger(out, _identify(recipe, model)) as ledger:
        fields = simulate_fields(
            works, recipe.extraction, ledger=ledger, execution=recipe.execution, on_done=on_done, rivals=recipe.rivals
        )
    judged = judge_fields(fields, model, recipe.apply)
    metrics = measure_main(judged)
    images = [measure_image(Path(one), model, recipe) for one in recipe.images]
    scores = {
        "model": {"name": model.card.name, "version": model.card.version, "sha256": model.card.sha256},
        "main": {name: {"value": one.value, "error": one.error, "n": one.n} for name, one in metrics.items()},
        "seeing": _score_bins(judged, judged.seeing, recipe.seeing_edges),
        "snr": _score_bins(judged, np.exp(judged.log_snr), SNR_EDGES),
        "surveys": {str(name): _compare(judged.take(judged.survey == name)) for name in np.unique(judged.survey)},
        "priors": _compare_priors(fields, model, recipe),
        "images": {name: facts for name, _, facts in images},
        "pairs": [measure_agreement(one, other, model, recipe) for one, other in recipe.pairs],
    }
    with write_whole(out / "scores.json") as temporary:
        temporary.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    catalogs = {name: catalog for name, catalog, _ in images}
    write_page(out / "report.html", scores, judged, catalogs=catalogs, recipe=dump_recipe(recipe))
    return metrics


def list_works(recipe: EvaluateRecipe) -> list[FieldWork]:
    """Fields in every bin of seeing, with the pixels of all surveys that sample it; then the surveys as they are."""
    works, base = [], recipe.fields
    edges = recipe.seeing_edges
    for number, (low, high) in enumerate(itertools.pairwise(edges)):
        surveys = tuple(name for name in base.surveys if _samples(base, name, low=low, high=high))
        part = replace(base, seeing=(low, high), as_survey=0.0, surveys=surveys or base.surveys)
        works += _list_part(part, recipe.fields_per_bin, first=1000 * number, prefix=f"seeing{number}")
    plain = replace(base, as_survey=1.0, depth=(1.0, 1.0), correlated=0.0)
    return works + _list_part(plain, recipe.fields_per_survey * len(base.surveys), first=90_000, prefix="survey")


def _list_part(fields: FieldsRecipe, count: int, *, first: int, prefix: str) -> list[FieldWork]:
    return [
        FieldWork(
            f"{prefix}-{index:03d}", draw_scene_recipe(fields, first + index), fields.seed * 100_000 + first + index
        )
        for index in range(count)
    ]


def _samples(fields: FieldsRecipe, name: str, *, low: float, high: float) -> bool:
    """Tell whether a survey's pixels sample a seeing at both edges of a bin."""
    scale = read_survey(name).pixel_scale
    return fields.sampling[0] * scale <= low * 1.2 and high / 1.2 <= fields.sampling[1] * scale


def _compare(judged: Judged) -> dict[str, Any]:
    return compare_methods(judged, sorted(judged.scores, key=lambda name: name != "skysieve"))


def _score_bins(judged: Judged, values: np.ndarray, edges: Sequence[float]) -> list[dict[str, Any]]:
    """Compare the methods in each bin of a quantity."""
    return [
        {"low": low, "high": high, "methods": _compare(judged.take((values >= low) & (values < high)))}
        for low, high in itertools.pairwise(edges)
    ]


def _compare_priors(fields: Sequence[Field], model: Model, recipe: EvaluateRecipe) -> list[dict[str, Any]]:
    """Calibration error with each kind of prior, for fields with few and with many stars."""
    judged = {name: judge_fields(fields, model, replace(recipe.apply, prior=name)) for name in PRIORS}
    share = _measure_star_share(judged[PRIORS[0]])
    rows = []
    for low, high in itertools.pairwise(FRACTION_EDGES):
        chosen = (share >= low) & (share <= high if high == FRACTION_EDGES[-1] else share < high)
        row: dict[str, Any] = {"low": low, "high": high, "n": int(chosen.sum())}
        for name, one in judged.items():
            known = chosen & ~one.ood & np.isfinite(one.scores["skysieve"])
            error = (
                measure_calibration_error(one.is_star[known], one.scores["skysieve"][known]) if known.any() else None
            )
            row[name] = error
        rows.append(row)
    return rows


def _measure_star_share(judged: Judged) -> np.ndarray:
    """Share of stars among the labeled sources of the field that each source is in."""
    _, inverse = np.unique(judged.field, return_inverse=True)
    share: np.ndarray = (np.bincount(inverse, judged.is_star) / np.bincount(inverse))[inverse]
    return share


def _identify(recipe: EvaluateRecipe, model: Model) -> str:
    """SHA-256 of what decides the scores."""
    settings = {name: value for name, value in dump_recipe(recipe).items() if name != "execution"}
    return hashlib.sha256(json.dumps([settings, model.card.sha256], sort_keys=True).encode()).hexdigest()
