"""The page of an evaluation of verdicts on exposures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64

import skysieve
from skysieve.io.weights import Metric
from skysieve.metrics import Reliability, RocCurve
from skysieve.quality.labels import CLASSES
from skysieve.report.classfigures import draw_confusion
from skysieve.report.figures import Panel
from skysieve.report.rocfigures import draw_roc
from skysieve.report.scorefigures import draw_reliability
from skysieve.report.scorepage import ScoreSummary, ScoreTable, write_score_page

WAYS = {"told": "usual sky and zeropoint told", "hidden": "not told"}
"""How the two ways of judging are called on the page."""

MEANING = {
    "agreement": "most probable class is the true one",
    "agreement_clear": "the same, faults far from their limit",
    "agreement_borderline": "the same, faults near their limit",
    "auc": "area under the ROC curve of P(good)",
    "calibration_error": "expected calibration error",
    "coverage": "sets of causes that hold the true one",
    "set_size": "causes in a set",
    "inside_domain": "inside the training domain",
    "bad_passed": "bad among the exposures that pass",
    "good_failed": "good exposures that do not pass",
    "borderline": "faults near their limit",
}


@dataclass(frozen=True, eq=False)
class Scored:
    """What was measured of one way to judge: numbers, recall by class, and what the figures show."""

    scores: Mapping[str, Metric]
    recall: Mapping[str, Metric]
    confusion: Int64[np.ndarray, "truth found"]
    roc: RocCurve
    reliability: Reliability


def write_page(path: Path, metrics: Mapping[str, Metric], ways: Mapping[str, Scored], *, facts: dict[str, Any]) -> None:
    """Write tables of the scores, and ROC, reliability and confusion as figures."""
    tables = [
        ScoreTable("Exposures and their detectors", ("", "value", "sample"), _list_rows(metrics, MEANING)),
        *(ScoreTable(f"Scores, {WAYS[way]}", ("", "value", "sample"), _list_rows(one.scores, MEANING))
          for way, one in ways.items() if way != "told"),
        *(ScoreTable(f"Recall, {WAYS[way]}", ("class", "value", "sample"), _list_rows(one.recall, {}))
          for way, one in ways.items()),
    ]  # fmt: skip
    panels = [
        draw_roc(
            "ROC of P(good)", "Good exposures that pass against others that pass, for every boundary.",
            {WAYS[way]: one.roc for way, one in ways.items()},
        ),
        draw_reliability(
            "Reliability", "How often the most probable class is the true one; dotted: as it should; bars hold 68 %.",
            {WAYS[way]: one.reliability for way, one in ways.items()},
        ),
        *(_draw_confusion(way, one) for way, one in ways.items()),
    ]  # fmt: skip
    provenance = {"skysieve": skysieve.__version__, **facts}
    write_score_page(path, ScoreSummary("Verdicts on exposures", tables, panels, provenance))


def _draw_confusion(way: str, scored: Scored) -> Panel:
    caption = "Detectors by true class and most probable class; below, the part of the true class."
    return draw_confusion(f"Confusion, {WAYS[way]}", caption, counts=scored.confusion, classes=CLASSES)


def _list_rows(metrics: Mapping[str, Metric], meaning: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [(meaning.get(name, name), _show(one), str(one.n)) for name, one in metrics.items()]


def _show(one: Metric) -> str:
    return f"{one.value:.3f}" if one.error is None else f"{one.value:.3f} ± {one.error:.3f}"
