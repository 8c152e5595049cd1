"""The page of an evaluation of classes from a map."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import skysieve
from skysieve.metrics import Estimate, Proportion
from skysieve.morphology.scores import ClassScores, DistanceBin
from skysieve.report.classfigures import draw_confusion, draw_trust
from skysieve.report.figures import Panel
from skysieve.report.scorefigures import draw_reliability
from skysieve.report.scorepage import ScoreSummary, ScoreTable, write_score_page

OF_TEN = "Probability of the class given, in ten bins, against the part that came true; bars are 68 % intervals."


@dataclass(frozen=True, eq=False)
class Evaluation:
    """All that the page and the JSON file say.

    ``outliers`` has, by level, the part of the images whose p-value is below; ``quality`` the errors of the map.
    """

    classes: tuple[str, ...]
    scores: Mapping[str, ClassScores]
    by_distance: Mapping[str, Sequence[DistanceBin]]
    outliers: Mapping[str, Estimate]
    quality: Mapping[str, float]
    facts: Mapping[str, Any]


def write_evaluation_page(path: Path, found: Evaluation) -> None:
    """Write tables of scores, confusion matrices, reliability, and trust against distance."""
    tables = [
        _list_main(found.scores),
        *(_list_classes(f"Classes, {way}", one) for way, one in found.scores.items()),
        ScoreTable(
            "Outliers", ("p-value below", "part of the labeled images", "images"),
            [(level, _show(one), str(one.n)) for level, one in found.outliers.items()],
        ),
        ScoreTable("Map", ("", "value"), [(name.replace("_", " "), f"{x:.4g}") for name, x in found.quality.items()]),
    ]  # fmt: skip
    panels = draw_class_panels(found.scores) + [
        draw_trust(
            f"Trust against distance, {way}", "Five bins with as many images each; bars are 68 % intervals.",
            distance=[(one.low + one.high) / 2 for one in rows], promised=[one.mean_probability for one in rows],
            found=[one.accuracy for one in rows],
        )
        for way, rows in found.by_distance.items()
    ]  # fmt: skip
    provenance = {"skysieve": skysieve.__version__, **found.facts}
    write_score_page(path, ScoreSummary("Classes from a map of images", tables, panels, provenance))


def draw_class_panels(scores: Mapping[str, ClassScores]) -> list[Panel]:
    """Draw the confusion matrix of each way to judge, and the reliability of all."""
    curves = {way: one.reliability for way, one in scores.items()}
    return [
        *(_draw_confusion(way, one) for way, one in scores.items()),
        draw_reliability("Reliability", OF_TEN, curves),
    ]


def _draw_confusion(way: str, scores: ClassScores) -> Panel:
    """Draw the confusion matrix of one way to judge."""
    caption = "Images by true class and class given; below, the part of the true class."
    return draw_confusion(f"Confusion, {way}", caption, counts=scores.confusion, classes=scores.classes)


def _list_main(scores: Mapping[str, ClassScores]) -> ScoreTable:
    rows = [
        (way, str(one.accuracy.n), str(one.accuracy.groups), _show(one.accuracy), _show(one.balanced_accuracy),
         _show(one.calibration_error), _show(one.loss))
        for way, one in scores.items()
    ]  # fmt: skip
    head = ("way", "images", "groups", "accuracy", "mean over classes", "calibration error", "log loss")
    return ScoreTable("Ways to judge", head, rows)


def _list_classes(title: str, scores: ClassScores) -> ScoreTable:
    rows = [
        (name, str(scores.completeness[name].n), _show_share(scores.completeness[name]),
         _show_share(scores.purity[name])) for name in scores.classes
    ]  # fmt: skip
    return ScoreTable(title, ("class", "images", "completeness", "purity"), rows)


def _show(one: Estimate) -> str:
    return f"{one.value:.3f}" if math.isnan(one.error) else f"{one.value:.3f} ± {one.error:.3f}"


def _show_share(one: Proportion) -> str:
    return "–" if one.n == 0 else f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"  # noqa: RUF001
