"""How a judge of exposures is judged: simulated exposures of other seeds, with and without knowledge of the camera."""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int

from skysieve.config import dump_recipe
from skysieve.execution import Outcome, open_ledger
from skysieve.io.atomic import write_whole
from skysieve.io.weights import Metric
from skysieve.metrics import bootstrap, measure_confusion, measure_reliability, measure_roc
from skysieve.quality.evaluate_recipe import EvaluateRecipe
from skysieve.quality.evaluation_page import Scored, write_page
from skysieve.quality.labels import CLASSES, find_borderline
from skysieve.quality.learning import BLOCK, Views, make_views
from skysieve.quality.model import Model, hide_usual, judge_views, read_model
from skysieve.quality.scores import measure_judged, measure_recall
from skysieve.quality.verdict import give_verdict
from skysieve.quality.verdict_recipe import VerdictRecipe

RESAMPLES = 200


def count_blocks(recipe: EvaluateRecipe) -> int:
    """Return the number of blocks of exposures that an evaluation makes."""
    return math.ceil(recipe.observing.number / BLOCK)


def evaluate_judge(recipe: EvaluateRecipe, *, out: Path, on_done: Callable[[Outcome], None]) -> dict[str, Metric]:
    """Evaluate as ``task.evaluate`` says."""
    model, out = read_model(recipe.model), out.resolve()
    learning = replace(model.recipe.learning, observing=recipe.observing)
    with open_ledger(out, _identify(recipe, model)):
        views, _ = make_views(
            learning, out=out, on_done=on_done, source_map=model.source_map, execution=recipe.execution
        )
    known = views.take((views.label < len(CLASSES)) & ~views.dead.astype(bool))
    ways = {"told": score_views(model, known), "hidden": score_views(model, hide_usual(known))}
    metrics = {
        **ways["told"].scores,
        **measure_verdicts(model, known, recipe.verdict),
        "borderline": _measure_share(find_borderline(known.excess.astype(float), learning.limits), known.exposure),
    }
    facts = {"name": model.card.name, "version": model.card.version, "sha256": model.card.sha256}
    scores = {"model": facts, "main": _dump(metrics)} | {
        way: {"scores": _dump(one.scores), "recall": _dump(one.recall), "confusion": one.confusion.tolist()}
        for way, one in ways.items()
    }
    with write_whole(out / "scores.json") as temporary:
        temporary.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    write_page(out / "report.html", metrics, ways, facts={"model": facts, "recipe": dump_recipe(recipe)})
    return metrics


def score_views(model: Model, views: Views) -> Scored:
    """Judge detectors with labels of ``CLASSES`` and compare the probabilities with the labels."""
    judged, label = judge_views(model, views), views.label.astype(np.int64)
    return Scored(
        scores=measure_judged(judged, views, limits=model.recipe.learning.limits),
        recall=measure_recall(judged, views),
        confusion=measure_confusion(label, judged.probability.argmax(axis=1), classes=len(CLASSES)),
        roc=measure_roc(label == 0, judged.probability[:, 0]),
        reliability=measure_reliability(label, judged.probability),
    )


def measure_verdicts(model: Model, views: Views, recipe: VerdictRecipe) -> dict[str, Metric]:
    """Measure the verdicts on whole exposures, errors by drawing exposures.

    Returns
    -------
    dict of str to Metric
        ``bad_passed``, the share of the exposures that pass (any verdict but bad) of which the truth is bad, and
        ``good_failed``, the share of the good ones that do not pass; each is left out where there is none.
    """
    numbers, first = np.unique(views.exposure, return_index=True)
    parts = [views.take(views.exposure == number) for number in numbers]
    given = [give_verdict(judge_views(model, one), one, model=model, recipe=recipe).verdict for one in parts]
    passed, good = np.array([verdict != "bad" for verdict in given]), views.label[first] == 0
    asked = {"bad_passed": ~good[passed], "good_failed": ~passed[good]}
    return {name: _measure_share(rows, np.arange(len(rows))) for name, rows in asked.items() if len(rows)}


def _measure_share(rows: Bool[np.ndarray, " row"], exposure: Int[np.ndarray, " row"]) -> Metric:
    found = bootstrap(lambda one: float(one.mean()), [rows.astype(float)], groups=exposure, resamples=RESAMPLES)
    return Metric(float(found.value), float(found.error) if np.isfinite(found.error) else None, found.n)


def _dump(metrics: Mapping[str, Metric]) -> dict[str, dict[str, float | int | None]]:
    return {name: asdict(one) for name, one in metrics.items()}


def _identify(recipe: EvaluateRecipe, model: Model) -> str:
    """SHA-256 of what decides the scores."""
    settings = {name: value for name, value in dump_recipe(recipe).items() if name != "execution"}
    return hashlib.sha256(json.dumps([settings, model.card.sha256], sort_keys=True).encode()).hexdigest()
