"""The page of an evaluation of deblended fluxes."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import skysieve
from skysieve.deblending.galaxies import TYPES
from skysieve.deblending.network import LEVELS
from skysieve.deblending.published import Pair
from skysieve.deblending.trials import Trial
from skysieve.report.deblendfigures import (
    draw_coverage,
    draw_error_histogram,
    draw_flux_plane,
    draw_overlaps,
    draw_trend,
)
from skysieve.report.figures import Panel
from skysieve.report.scorepage import ScoreSummary, ScoreTable, write_score_page

DIFFERENCES = (-2.0, -1.2, -0.6, -0.2, 0.2, 0.6, 1.2, 2.0)
SEPARATIONS = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0, 14.0)

NAMES = {
    "mape": "mean absolute error [%]", "median_error": "median absolute error [%]", "bias": "bias [mag]",
    "sigma_mag": "sigma [mag]", "outliers": "beyond 0.75 mag", "coverage_68": "68 % interval covers",
    "coverage_95": "95 % interval covers", "hidden_auc": "hidden sources, AUC",
    "hidden_found": "hidden sources found at 10 % false alarms", "sep_found": "sep finds as many sources as there are",
    "iou": "IoU of masks", "iou_sextractor": "IoU with SExtractor's of the galaxy alone",
}  # fmt: skip


def write_evaluation_page(
    path: Path, trials: Sequence[Trial], scores: Mapping[str, Any], *, published: Mapping[str, Pair] | None,
    recipe: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write tables of scores, and the paper's figures with ours in them."""
    tables = [_list_main(trial, scores["main"]) for trial in trials]
    tables += [
        _list_bins(trial.name, name, rows) for trial in trials for name, rows in scores["bins"][trial.name].items()
    ]
    if scores["published"]:
        tables.append(_list_published(scores["published"]))
    panels = [panel for trial in trials for panel in _draw_trial(trial, published if trial is trials[0] else None)]
    panels.append(_draw_coverage(trials))
    provenance = {"skysieve": skysieve.__version__, "model": scores["model"], "recipe": recipe}
    write_score_page(path, ScoreSummary("Fluxes of blended galaxies", tables, panels, provenance))


def _list_main(trial: Trial, main: Mapping[str, Any]) -> ScoreTable:
    """Return ours, ours where sep finds all sources, and sep there, side by side."""
    rows = []
    for key, words in NAMES.items():
        cells = [_show(main.get(f"{trial.name}_{prefix}{key}")) for prefix in ("", "where_sep_", "sep_")]
        if any(cells):
            rows.append((words, *cells))
    head = ("", "skysieve", "skysieve where sep finds all", "sep hot/cold there")
    return ScoreTable(f"Blends: {trial.name}", head, rows)


def _list_bins(trial: str, name: str, rows: Sequence[Mapping[str, Any]]) -> ScoreTable:
    head = (name, "sources", "mean absolute error [%]", "bias [mag]", "sigma [mag]", "68 % covers", "95 % covers")
    cells = [
        (f"{row['low']:g} to {row['high']:g}" if row["high"] < 1e8 else f"above {row['low']:g}", str(row["n"]),
         _show(row["mape"]), _show(row["bias"]), _show(row["sigma_mag"]), f"{100 * row['coverage_68']:.1f} %",
         f"{100 * row['coverage_95']:.1f} %")
        for row in rows
    ]  # fmt: skip
    return ScoreTable(f"{trial}: bins of {name}", head, cells)


def _list_published(published: Mapping[str, Mapping[str, Any]]) -> ScoreTable:
    keys = ("mape", "median_error", "bias", "sigma_mag", "outliers")
    rows = [
        (method, *(_show(found[key]) for key in keys), str(found["mape"]["n"])) for method, found in published.items()
    ]
    return ScoreTable(
        "Published results, on CANDELS galaxies", ("method", *(NAMES[key] for key in keys), "sources"), rows
    )


def _draw_trial(trial: Trial, published: Mapping[str, Pair] | None) -> list[Panel]:
    judged = trial.judged
    clear = ~judged.unlisted
    ours, sep = (judged.measured[clear], judged.flux[clear]), (trial.sep[clear], judged.flux[clear])
    methods = {"skysieve": ours, "sep hot/cold": sep}
    shown = methods | (
        {} if published is None else {name: pair[:2] for name, pair in published.items() if "blend" in name}
    )
    width = judged.separation[clear] / judged.width[clear]
    return [
        draw_flux_plane(f"{trial.name}: skysieve", "Errors of our fluxes.", measured=ours[0], truth=ours[1]),
        draw_flux_plane(f"{trial.name}: sep hot/cold", "Errors of sep's fluxes.", measured=sep[0], truth=sep[1]),
        draw_error_histogram(f"{trial.name}: all errors", "Distribution of the errors; published ones on their own "
                             "galaxies.", shown),
        draw_trend(f"{trial.name}: by magnitude difference", "Positive: the neighbor is fainter.",
                   label="magnitude of the neighbor - own", values=judged.difference[clear], edges=DIFFERENCES,
                   methods=methods),
        draw_trend(f"{trial.name}: by separation", "Distance of the nearest source.",
                   label="separation / FWHM of the PSF", values=width, edges=SEPARATIONS, methods=methods),
        draw_trend(f"{trial.name}: by type", ", ".join(f"{number} {name}" for number, name in enumerate(TYPES)) + ".",
                   label="type of the galaxy", values=trial.kind[clear].astype(float),
                   edges=np.arange(-0.5, len(TYPES)).tolist(), methods=methods),
        draw_overlaps(f"{trial.name}: masks", "Overlap of our masks with the pixels whose own light exceeds the noise, "
                      "and with those that SExtractor gives to the galaxy alone.",
                      {"true light": trial.iou, "SExtractor alone": trial.iou_sep}),
    ]  # fmt: skip


def _draw_coverage(trials: Sequence[Trial]) -> Panel:
    found = {}
    for trial in trials:
        clear = trial.judged.take(~trial.judged.unlisted)
        found[trial.name] = [float(np.mean(clear.flux <= clear.quantiles[:, place])) for place in range(len(LEVELS))]
    return draw_coverage("Coverage", "Share of true fluxes below each quantile.", promised=LEVELS, found=found)


def _show(metric: Mapping[str, Any] | None) -> str:
    """Write a number with as many digits as its error has meaning for."""
    if metric is None or metric["value"] is None:
        return ""
    if not metric["error"]:
        return f"{metric['value']:.3g}"
    digits = max(0, 1 - math.floor(math.log10(metric["error"])))
    return f"{metric['value']:.{digits}f} ± {metric['error']:.{digits}f}"
