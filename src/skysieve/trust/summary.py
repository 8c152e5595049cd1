"""The content of ``trust.json``: scores of every method over the whole run and image by image."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skysieve.metrics import measure_auc, measure_calibration_error, measure_reliability
from skysieve.records import Catalog
from skysieve.trust.bins import lay_edges
from skysieve.trust.counts import Counts
from skysieve.trust.curves import find_crossing, score_magnitudes, score_neighbors, score_sizes
from skysieve.trust.purity import list_detections, score_overall_purity, score_purity
from skysieve.trust.recipe import BinningRecipe
from skysieve.trust.rows import suffix
from skysieve.trust.scores import Measured, compare, find_measured, score, score_pulls

PROBABILITIES = {"stellarity": "is_star"}
"""Columns that are probabilities -> the column of truth that they speak of."""

PULL_EDGES = np.linspace(-6, 6, 49)


def summarize_method(
    rows: Catalog, counts: Counts, method: str, *, recipe: BinningRecipe, bands: Sequence[str] = ()
) -> dict[str, Any]:
    """Score one method.

    Parameters
    ----------
    rows : Catalog
        All injected sources, of one image or of a run.
    counts : Counts
        What the method found on the same images.
    method : str
        Its name.
    recipe : BinningRecipe
        Bins.
    bands : sequence of str, optional
        Bands whose fluxes are judged besides those of the reference band.

    Returns
    -------
    dict
        ``bins`` and ``purity`` as the interface asks, and more beside them; empty bins where the method was not run.
    """
    edges = lay_edges(rows["mag"], width=recipe.width, least=recipe.least)
    own = rows.take(find_measured(rows, method))
    purity = score_purity(counts, width=recipe.width, least=recipe.least)
    if not len(own):
        return {"n": 0, "bins": [], "purity": purity, "messages": list(counts.messages)}
    measured = compare(own, method)
    every, star = np.ones(len(own), bool), own["is_star"].astype(bool)
    bins = score_magnitudes(measured, edges, every)
    half = {name: find_crossing(score_magnitudes(measured, edges, chosen)) for name, chosen in
            {"all": every, "stars": star, "galaxies": ~star}.items()}  # fmt: skip
    middle = half["all"]["mag"]
    return {
        "n": len(own),
        "bins": bins,
        "purity": purity,
        "purity_overall": score_overall_purity(counts),
        "detections": list_detections(counts, width=recipe.width),
        "overall": score(measured, every),
        "completeness50": half,
        "stars": score_magnitudes(measured, edges, star),
        "galaxies": score_magnitudes(measured, edges, ~star),
        "neighbor": score_neighbors(own, measured, recipe=recipe, limit=middle - 1),
        "size": score_sizes(own, measured, recipe=recipe, limits=(middle - 1, middle + 1)),
        "pulls": _count_pulls(measured),
        "bands": {band: score_pulls(compare(own, method, band=band).pull[measured.recovered]) for band in bands
                  if f"flux_kron_{band}{suffix(method)}" in own.names},
        "reliability": _judge_probabilities(own, method),
        "messages": list(counts.messages),
    }  # fmt: skip


def make_plain(value: Any) -> Any:
    """Return nested values as JSON knows them: unknown and infinite numbers become None.

    Examples
    --------
    >>> make_plain({"a": [1.0, math.nan]})
    {'a': [1.0, None]}
    """
    if isinstance(value, Mapping):
        return {str(name): make_plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [make_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _count_pulls(measured: Measured) -> dict[str, Any]:
    """Histograms of the flux pulls; those beyond the edges are counted at the ends."""
    low, high = PULL_EDGES[0], PULL_EDGES[-1]
    counts = {}
    for name, chosen in {"all": measured.recovered, "isolated": measured.recovered & measured.isolated}.items():
        pull = measured.pull[chosen]
        pull = np.clip(pull[np.isfinite(pull)], low, high)
        counts[name] = np.histogram(pull, PULL_EDGES)[0].tolist()
    return {"edges": PULL_EDGES.tolist(), **counts}


def _judge_probabilities(rows: Catalog, method: str) -> dict[str, Any]:
    """Compare every probability that a method gives with the truth of the recovered sources."""
    judged = {}
    for name, truth in PROBABILITIES.items():
        probability = rows[f"{name}{suffix(method)}"].astype(float)
        known = np.isfinite(probability)
        if not known.any():
            continue
        at, came_true = np.clip(probability[known], 0, 1), rows[truth][known].astype(bool)
        table = measure_reliability(came_true, at, bins=10)
        both = 0 < np.count_nonzero(came_true) < len(came_true)
        judged[name] = {
            "n": len(at),
            "calibration_error": measure_calibration_error(came_true, at, bins=10),
            "auc": measure_auc(came_true, at) if both else math.nan,
            "bins": [{"low": low, "high": high, "n": n, "probability": mean, "fraction": fraction, "error": error}
                     for low, high, n, mean, fraction, error in zip(
                         table.low, table.high, table.n, table.mean_probability, table.fraction, table.error,
                         strict=True)],
        }  # fmt: skip
    return judged
