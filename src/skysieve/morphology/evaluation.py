"""How the shipped map is judged: simulated fields of other seeds, by class and by signal to noise."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from skysieve.config import dump_recipe
from skysieve.execution import Outcome
from skysieve.io.atomic import write_whole
from skysieve.io.weights import Metric
from skysieve.metrics import Estimate, bootstrap
from skysieve.morphology.data import Sight, Sources, make_sources
from skysieve.morphology.evaluation_page import Evaluation, write_evaluation_page
from skysieve.morphology.model import Model, Verdict, judge_images, read_model
from skysieve.morphology.recipe import EvaluateRecipe
from skysieve.morphology.scores import ClassScores, DistanceBin, list_scores, measure_by_distance, measure_scores
from skysieve.morphology.training import measure_main
from skysieve.som.image_data import wrap_images
from skysieve.som.image_mapping import map_rows
from skysieve.som.quality import measure_quantization_error, measure_topographic_error

LEAST = 30
"""Sources that a bin must have to be scored."""


def evaluate_model(recipe: EvaluateRecipe, *, out: Path, on_done: Callable[[Outcome], None]) -> dict[str, Metric]:
    """Evaluate as ``task.evaluate`` says."""
    model = read_model(recipe.apply)
    if model.judge is None or model.card is None:
        raise ValueError(f"{recipe.apply.model}: a bare map gives no classes; give weights of morphology")
    sight = Sight(recipe.extraction, model.view, model.preparation)
    sources = make_sources(recipe.fields, sight, out=out, execution=recipe.execution, on_done=on_done)
    verdict = judge_images(model, sources.images, level=recipe.apply.level)
    outside = _measure_outside(sources, verdict)
    metrics = measure_main(sources, verdict) | {"outside": Metric(outside.value, outside.error, outside.n)}
    found = {"all": _score(sources, verdict, np.ones(len(sources), bool))}
    for low, high in itertools.pairwise(recipe.snr_edges):
        found[f"S/N {low:g} to {high:g}"] = _score(sources, verdict, (sources.snr >= low) & (sources.snr < high))
    scores = {way: one for way, one in found.items() if one is not None}
    page = Evaluation(
        verdict.classes, scores, {"all": _bin_distance(sources, verdict)}, {f"{recipe.apply.level:g}": outside},
        _measure_quality(sources, model), {"model": model.title, "recipe": dump_recipe(recipe)},
    )  # fmt: skip
    plain = {
        "model": model.title,
        "main": {name: {"value": one.value, "error": one.error, "n": one.n} for name, one in metrics.items()},
        "quality": dict(page.quality),
        **{way: list_scores(one) for way, one in scores.items()},
    }
    with write_whole(out / "scores.json") as temporary:
        temporary.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    write_evaluation_page(out / "report.html", page)
    return metrics


def _measure_outside(sources: Sources, verdict: Verdict) -> Estimate:
    """Return the part of sources like those of the training that is called outside; the error by drawing fields."""
    outside = np.zeros(len(sources)) if verdict.outliers is None else verdict.outliers.outside.astype(float)
    return bootstrap(lambda values: float(values.mean()), [outside], groups=sources.field)


def _score(sources: Sources, verdict: Verdict, chosen: np.ndarray) -> ClassScores | None:
    """Return the scores of some sources; None for a few."""
    known = chosen & (sources.label >= 0) & np.isfinite(verdict.probability).all(axis=1)
    if known.sum() < LEAST:
        return None
    return measure_scores(
        sources.label[known], verdict.probability[known], verdict.classes, groups=sources.field[known]
    )


def _bin_distance(sources: Sources, verdict: Verdict) -> list[DistanceBin]:
    known = (sources.label >= 0) & np.isfinite(verdict.probability).all(axis=1)
    return measure_by_distance(sources.label[known], verdict.probability[known], verdict.distance[known].astype(float))


def _measure_quality(sources: Sources, model: Model) -> dict[str, float]:
    """Return quantization and topographic error of the map on the sources."""
    images = wrap_images(sources.images)
    parts = [one.distance for one in map_rows(images, np.arange(images.length), model.som)]
    distance = np.concatenate(parts)
    two = distance.argsort(axis=1, kind="stable")[:, :2]
    return {
        "quantization_error": measure_quantization_error(distance.min(axis=1).astype(float)),
        "topographic_error": measure_topographic_error(two, model.som.lattice),
    }
