"""How good a judge is where the truth is known: numbers with errors by exposure."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from skysieve.io.weights import Metric
from skysieve.metrics import bootstrap, measure_auc, measure_calibration_error
from skysieve.quality.labels import CLASSES, LimitsRecipe, find_borderline
from skysieve.quality.learning import Views
from skysieve.quality.model import Judged, Model, judge_views

RESAMPLES = 200


def measure_main(model: Model, views: Views) -> dict[str, Metric]:
    """Measure the numbers of the model card on detectors with labels of ``CLASSES``; errors by drawing exposures."""
    return measure_judged(judge_views(model, views), views, limits=model.recipe.learning.limits)


def measure_judged(judged: Judged, views: Views, *, limits: LimitsRecipe) -> dict[str, Metric]:
    """Measure verdicts on single detectors.

    Parameters
    ----------
    judged : Judged
        Of the same rows as the views.
    views : Views
        With labels of ``CLASSES``.
    limits : LimitsRecipe
        From which size on faults ruin exposures.

    Returns
    -------
    dict of str to Metric
        ``agreement`` of the most probable class with the label, the same for ``clear`` and ``borderline`` faults,
        ``auc`` of the probability of being good, ``calibration_error`` (top label), ``coverage`` and ``set_size`` of
        the sets of causes, ``inside_domain``.
    """
    label, near = views.label.astype(np.int64), find_borderline(views.excess.astype(float), limits)
    right = (judged.probability.argmax(axis=1) == label).astype(float)
    covered = judged.causes[np.arange(len(label)), label].astype(float)
    everything = np.ones(len(label), bool)
    asked: dict[str, tuple[Callable[..., float], tuple[np.ndarray, ...], np.ndarray]] = {
        "agreement": (_mean, (right,), everything),
        "agreement_clear": (_mean, (right,), ~near),
        "agreement_borderline": (_mean, (right,), near),
        "auc": (measure_auc, (label == 0, judged.probability[:, 0]), everything),
        "calibration_error": (measure_calibration_error, (label, judged.probability), everything),
        "coverage": (_mean, (covered,), everything),
        "set_size": (_mean, (judged.causes.sum(axis=1).astype(float),), everything),
        "inside_domain": (_mean, ((judged.distance <= 1).astype(float),), everything),
    }
    return {
        name: _estimate(statistic, tuple(one[rows] for one in arrays), views.exposure[rows])
        for name, (statistic, arrays, rows) in asked.items()
        if rows.any()
    }


def measure_recall(judged: Judged, views: Views) -> dict[str, Metric]:
    """Measure for each class the share of its detectors that are given it."""
    found = judged.probability.argmax(axis=1)
    rows = {name: views.label == number for number, name in enumerate(CLASSES)}
    return {
        name: _estimate(_mean, ((found == number)[chosen].astype(float),), views.exposure[chosen])
        for number, (name, chosen) in enumerate(rows.items())
        if chosen.any()
    }


def _mean(values: Float[np.ndarray, " row"]) -> float:
    return float(values.mean())


def _estimate(statistic: Callable[..., float], arrays: tuple[np.ndarray, ...], groups: np.ndarray) -> Metric:
    found = bootstrap(statistic, arrays, groups=groups, resamples=RESAMPLES)
    return Metric(float(found.value), float(found.error) if np.isfinite(found.error) else None, found.n)
