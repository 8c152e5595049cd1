"""How the fluxes are judged: all methods on the same blends, tables and figures."""

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skysieve.config import dump_recipe
from skysieve.deblending.evaluate_recipe import EvaluateRecipe
from skysieve.deblending.evaluation_page import write_evaluation_page
from skysieve.deblending.model import read_model
from skysieve.deblending.network import LEVELS
from skysieve.deblending.published import read_published
from skysieve.deblending.scores import Judged, find_covered, measure_main, measure_pair
from skysieve.deblending.trials import Trial, run_trial
from skysieve.execution import Outcome, limit_threads
from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import write_catalog
from skysieve.io.weights import Metric
from skysieve.records import Catalog, Column

SEPARATIONS = (0.0, 1.0, 2.0, 4.0, 8.0, 1e9)
"""Edges of bins of the distance to the nearest source, in widths of the PSF."""

DIFFERENCES = (-2.0, -1.0, -0.3, 0.3, 1.0, 2.0)
"""Edges of bins of the neighbor's magnitude minus the source's own [mag]."""

FLUXES = (0.0, 100.0, 300.0, 1000.0, 3000.0, 1e12)
"""Edges of bins of the flux, in units of the noise of a pixel."""

LEAST = 300
"""Sources that a bin must have to count."""

COLUMNS = (
    Column("trial", "str"), Column("flux_true", "f8"), Column("flux_q16", "f8"), Column("flux_q50", "f8"),
    Column("flux_q84", "f8"), Column("flux_sep", "f8"), Column("separation", "f8", "pixel"),
    Column("difference", "f8", "mag"), Column("p_unrecognized", "f8"), Column("unlisted", "bool"),
    Column("ood", "bool"), Column("iou", "f8"), Column("iou_sextractor", "f8"), Column("galaxy", "i8"),
    Column("kind", "i8"),
)  # fmt: skip


def evaluate_deblender(recipe: EvaluateRecipe, *, out: Path, on_done: Callable[[Outcome], None]) -> dict[str, Metric]:
    """Evaluate as ``task.evaluate`` says."""
    model = read_model(recipe.apply.model)
    trials = []
    with limit_threads(recipe.execution.threads_per_worker):
        for number, trial in enumerate(recipe.trials):
            trials.append(run_trial(model, trial, seed=recipe.seed + number))
            on_done(Outcome(trial.name, "done", None))
    metrics = {f"{one.name}_{key}": value for one in trials for key, value in score_trial(one).items()}
    published = None if recipe.published is None else read_published(Path(recipe.published))
    scores: dict[str, Any] = {
        "model": {"name": model.card.name, "version": model.card.version, "sha256": model.card.sha256},
        "main": _make_plain_all(metrics),
        "bins": {one.name: score_bins(one.judged) for one in trials},
        "published": None if published is None else
        {method: _make_plain_all(measure_pair(*pair)) for method, pair in published.items()},
    }  # fmt: skip
    with write_whole(out / "scores.json") as temporary:
        temporary.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    write_catalog(_make_table(trials), out / "sources.parquet")
    write_evaluation_page(out / "report.html", trials, scores, published=published, recipe=dump_recipe(recipe))
    return metrics


def score_trial(trial: Trial) -> dict[str, Metric]:
    """Return the main numbers of a kind of blends, ours and those of sep where it finds the sources."""
    judged = trial.judged
    metrics = measure_main(judged)
    known = trial.two & (trial.sep > 0) & ~judged.unlisted
    if known.sum() >= LEAST:
        arrays = judged.take(known)
        sep = measure_pair(trial.sep[known], arrays.flux, arrays.galaxy)
        ours = measure_pair(arrays.measured, arrays.flux, arrays.galaxy)
        metrics |= {f"sep_{name}": value for name, value in sep.items()}
        metrics |= {f"where_sep_{name}": value for name, value in ours.items()}
        metrics["sep_found"] = Metric(float(trial.two.mean()), None, len(trial.two))
    for name, values in (("iou", trial.iou), ("iou_sextractor", trial.iou_sep)):
        metrics[name] = Metric(float(values.mean()), float(values.std() / np.sqrt(len(values))), len(values))
    return metrics


def score_bins(judged: Judged) -> dict[str, list[dict[str, Any]]]:
    """Return bias, error and coverage in bins of separation, of magnitude difference, and of flux."""
    judged = judged.take(~judged.unlisted)
    quantities = {
        "separation": (judged.separation / judged.width, SEPARATIONS), "difference": (judged.difference, DIFFERENCES),
        "flux": (judged.flux, FLUXES),
    }  # fmt: skip
    return {name: _score_edges(judged, values, edges) for name, (values, edges) in quantities.items()}


def _score_edges(judged: Judged, values: np.ndarray, edges: tuple[float, ...]) -> list[dict[str, Any]]:
    rows = []
    for low, high in itertools.pairwise(edges):
        part = judged.take((values >= low) & (values < high))
        if len(part.flux) < LEAST:
            continue
        pair: dict[str, Any] = _make_plain_all(measure_pair(part.measured, part.flux, part.galaxy))
        covered = {f"coverage_{name}": float(find_covered(part, *ends).mean()) for name, ends in
                   (("68", (0.16, 0.84)), ("95", (LEVELS[0], LEVELS[-1])))}  # fmt: skip
        rows.append({"low": low, "high": high, "n": len(part.flux), **pair, **covered})
    return rows


def _make_table(trials: list[Trial]) -> Catalog:
    """Return a row a source of all trials."""
    columns: dict[str, list[np.ndarray]] = {column.name: [] for column in COLUMNS}
    for one in trials:
        quantiles = one.judged.quantiles
        values = (
            np.full(len(one.sep), one.name, object), one.judged.flux,
            *(quantiles[:, LEVELS.index(level)] for level in (0.16, 0.5, 0.84)), one.sep, one.judged.separation,
            one.judged.difference, one.judged.p_hidden, one.judged.unlisted, one.judged.ood, one.iou, one.iou_sep,
            one.judged.galaxy, one.kind,
        )  # fmt: skip
        for column, value in zip(COLUMNS, values, strict=True):
            columns[column.name].append(value)
    return Catalog(COLUMNS, {name: np.concatenate(parts) for name, parts in columns.items()})


def _make_plain(metric: Metric) -> dict[str, float | int | None]:
    value = metric.value if np.isfinite(metric.value) else None
    return {"value": value, "error": metric.error, "n": metric.n}


def _make_plain_all(metrics: Mapping[str, Metric]) -> dict[str, Any]:
    return {name: _make_plain(one) for name, one in metrics.items()}
