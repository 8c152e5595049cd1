"""How good verdicts are where the truth is known: one row a labeled source, numbers with errors by field."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from skysieve.io.weights import Metric
from skysieve.metrics import bootstrap, measure_auc, measure_calibration_error, measure_completeness, measure_purity
from skysieve.stellarity.data import STAR, UNKNOWN, Field
from skysieve.stellarity.features import measure_log_snr
from skysieve.stellarity.model import Model, judge
from skysieve.stellarity.recipe import ApplyRecipe

RESAMPLES = 200

LEAST = 300
"""Bins with fewer sources have no numbers."""

CUT = 0.5
"""Sources above this probability are called stars."""


@dataclass(frozen=True)
class Judged:
    """Labeled sources of all fields: the truth, and what each method says.

    ``scores`` has the trained probability under "skysieve", the size-based column of extraction under "size", and
    what rivals say under their names, NaN where they say nothing; ``seeing`` [arcsec]; ``ood`` of the model.
    """

    is_star: Bool[np.ndarray, " source"]
    scores: Mapping[str, Float[np.ndarray, " source"]]
    ood: Bool[np.ndarray, " source"]
    log_snr: Float[np.ndarray, " source"]
    seeing: Float[np.ndarray, " source"]
    field: np.ndarray
    survey: np.ndarray

    def take(self, rows: Bool[np.ndarray, " source"]) -> "Judged":
        """Return the sources of a mask."""
        scores = {name: values[rows] for name, values in self.scores.items()}
        return Judged(self.is_star[rows], scores, self.ood[rows], self.log_snr[rows], self.seeing[rows],
                      self.field[rows], self.survey[rows])  # fmt: skip


def judge_fields(fields: Sequence[Field], model: Model, recipe: ApplyRecipe) -> Judged:
    """Judge simulated fields, each with all its sources, and keep the labeled ones.

    Parameters
    ----------
    fields : sequence of Field
        At least one.
    model, recipe
        As ``judge`` takes them. Columns of the catalogs whose names begin with ``rival_`` are scores of other methods.
    """
    parts = []
    for one in fields:
        verdict, known = judge(one.catalog, model, recipe), one.label != UNKNOWN
        rivals = {name[6:]: one.catalog[name][known] for name in one.catalog.names if name.startswith("rival_")}
        scores = {"skysieve": verdict.probability[known], "size": one.catalog["stellarity"][known], **rivals}
        count = int(known.sum())
        parts.append(
            Judged(
                one.label[known] == STAR, {name: values.astype(float) for name, values in scores.items()},
                verdict.ood[known], measure_log_snr(one.catalog)[known], np.full(count, float(one.facts["seeing"])),
                np.full(count, one.name), np.full(count, one.facts["survey"]),
            )
        )  # fmt: skip
    names = sorted(set.intersection(*(set(part.scores) for part in parts)))
    joined = {name: np.concatenate([part.scores[name] for part in parts]) for name in names}
    rest = ("is_star", "ood", "log_snr", "seeing", "field", "survey")
    return Judged(scores=joined, **{name: np.concatenate([getattr(part, name) for part in parts]) for name in rest})


def measure_main(judged: Judged) -> dict[str, Metric]:
    """Measure the numbers of the model card: those of the sources inside the domain, and how many are.

    Completeness and purity are those of stars, for sources above a probability of one half.
    """
    inside = judged.take(~judged.ood & np.isfinite(judged.scores["skysieve"]))
    metrics = measure_method(inside, "skysieve")
    return {
        **metrics,
        "inside_domain": Metric(float(len(inside.is_star) / max(1, len(judged.is_star))), None, len(judged.is_star)),
    }


def measure_method(judged: Judged, method: str) -> dict[str, Metric]:
    """Measure one method on all sources given, whose scores are finite; errors by drawing whole fields."""
    probability = judged.scores[method]
    order = np.argsort(-probability, kind="stable")
    arrays = (judged.is_star[order], np.clip(probability[order], 0, 1))
    groups = judged.field[order]
    statistics: dict[str, Callable[..., float]] = {
        "auc": measure_auc,
        "calibration_error": measure_calibration_error,
        "completeness": lambda truth, score: measure_completeness(truth, score > CUT).value,
        "purity": lambda truth, score: measure_purity(truth, score > CUT).value,
    }
    return {name: _estimate(statistic, arrays, groups) for name, statistic in statistics.items()}


def compare_methods(judged: Judged, methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Measure several methods on the same sources: those that all of them judge, inside the model's domain.

    Returns
    -------
    dict
        By method the metrics as plain values, and ``n``; empty where fewer than 300 sources are left or all are of one
        kind.
    """
    known = ~judged.ood & np.all([np.isfinite(judged.scores[name]) for name in methods], axis=0)
    common = judged.take(known)
    if len(common.is_star) < LEAST or common.is_star.all() or not common.is_star.any():
        return {}
    return {name: {key: _make_plain(one) for key, one in measure_method(common, name).items()} for name in methods}


def _estimate(statistic: Callable[..., float], arrays: tuple[np.ndarray, ...], groups: np.ndarray) -> Metric:
    found = bootstrap(statistic, arrays, groups=groups, resamples=RESAMPLES)
    return Metric(float(found.value), float(found.error) if np.isfinite(found.error) else None, found.n)


def _make_plain(metric: Metric) -> dict[str, float | int | None]:
    value = metric.value if np.isfinite(metric.value) else None
    return {"value": value, "error": metric.error, "n": metric.n}
