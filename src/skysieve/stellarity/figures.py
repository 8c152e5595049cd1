"""The page of an evaluation of the classifier."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skysieve.metrics import measure_reliability
from skysieve.records import Catalog
from skysieve.report.figures import Panel
from skysieve.report.scorefigures import draw_reliability, draw_score_curves, draw_verdicts
from skysieve.report.scorepage import ScoreSummary, ScoreTable, write_score_page
from skysieve.stellarity.scores import Judged

NAMES = {"skysieve": "this model", "size": "size alone", "class_star": "CLASS_STAR"}
"""How methods are called on the page."""

SCORES = {
    "auc": "area under the ROC curve",
    "calibration_error": "calibration error",
    "completeness": "completeness of stars",
    "purity": "purity of stars",
}


def write_page(
    path: Path, scores: Mapping[str, Any], judged: Judged, *, catalogs: Mapping[str, Catalog], recipe: Mapping[str, Any]
) -> None:
    """Write the scores as tables and figures."""
    by = {"seeing": "seeing [arcsec FWHM]", "snr": "signal to noise of flux_kron"}
    panels = [_draw(key, label, name, scores[key]) for key, label in by.items() for name in SCORES]
    panels.append(_draw_reliability(judged))
    panels += [draw_verdicts(name, catalog) for name, catalog in catalogs.items()]
    tables = [_tabulate_main(scores), *(_tabulate_bins(key, label, scores[key]) for key, label in by.items())]
    tables += [_tabulate_surveys(scores), _tabulate_priors(scores), *map(_tabulate_pair, scores["pairs"])]
    model = scores["model"]
    title = f"Star or galaxy: {model['name']} {model['version']}"
    write_score_page(path, ScoreSummary(title, tables, panels, {"model": model, "recipe": recipe}))


def _draw(key: str, label: str, name: str, bins: list[dict[str, Any]]) -> Panel:
    methods = list(dict.fromkeys(method for one in bins for method in one["methods"]))
    series = {
        NAMES.get(method, method): [_get(one["methods"].get(method, {}).get(name)) for one in bins]
        for method in methods
    }
    edges = [bins[0]["low"], *(one["high"] for one in bins)]
    caption = f"Against {key}; errors by drawing whole fields. Each bin judges the same sources by all methods."
    return draw_score_curves(SCORES[name], caption, label=label, edges=edges, series=series)


def _draw_reliability(judged: Judged) -> Panel:
    curves = {}
    for method, values in judged.scores.items():
        known = np.isfinite(values) & ~judged.ood
        curves[NAMES.get(method, method)] = measure_reliability(judged.is_star[known], np.clip(values[known], 0, 1))
    first = NAMES["skysieve"]
    ordered = {first: curves[first], **curves}
    return draw_reliability(
        "Reliability", "How often a source with a given probability is a star; dotted: as it should.", ordered
    )


def _get(metric: Mapping[str, Any] | None) -> tuple[float | None, float | None]:
    return (None, None) if metric is None else (metric["value"], metric["error"])


def _show(metric: Mapping[str, Any] | None) -> str:
    value, error = _get(metric)
    if value is None:
        return ""
    return f"{value:.4f}" + ("" if error is None else f" ± {error:.4f}")


def _tabulate_main(scores: Mapping[str, Any]) -> ScoreTable:
    rows = [[name, _show(one), str(one["n"])] for name, one in scores["main"].items()]
    return ScoreTable("All fields", ["score", "value", "sources"], rows)


def _tabulate_bins(key: str, label: str, bins: list[dict[str, Any]]) -> ScoreTable:
    rows = [
        [f"{one['low']:g} to {one['high']:g}", NAMES.get(method, method), str(metrics["auc"]["n"]),
         *(_show(metrics[name]) for name in SCORES)]
        for one in bins for method, metrics in one["methods"].items()
    ]  # fmt: skip
    return ScoreTable(f"By {key}", [label, "method", "sources", *SCORES.values()], rows)


def _tabulate_surveys(scores: Mapping[str, Any]) -> ScoreTable:
    rows = [
        [survey, NAMES.get(method, method), str(metrics["auc"]["n"]), *(_show(metrics[name]) for name in SCORES)]
        for survey, methods in scores["surveys"].items() for method, metrics in methods.items()
    ]  # fmt: skip
    return ScoreTable("By survey", ["survey", "method", "sources", *SCORES.values()], rows)


def _tabulate_priors(scores: Mapping[str, Any]) -> ScoreTable:
    names = ("image", "training", "even")
    rows = [
        [
            f"{one['low']:g} to {one['high']:g}",
            str(one["n"]),
            *("" if one[n] is None else f"{one[n]:.4f}" for n in names),
        ]
        for one in scores["priors"]
    ]
    return ScoreTable("Calibration error by prior", ["share of stars in the field", "sources", *names], rows)


def _tabulate_pair(pair: Mapping[str, Any]) -> ScoreTable:
    rows = [
        [f"{one['low']:g} and more" if one["high"] is None else f"{one['low']:g} to {one['high']:g}", str(one["n"]),
         *("" if one[name] is None else f"{one[name]:.4g}" for name in ("agree", "clear", "contradict"))]
        for one in pair["bins"]
    ]  # fmt: skip
    head = ["lower signal to noise", "common sources", "same side of one half", "clear in both", "of these opposite"]
    return ScoreTable(" and ".join(pair["images"]), head, rows)
