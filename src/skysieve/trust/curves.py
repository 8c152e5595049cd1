"""Scores against magnitude, size and distance to the nearest neighbor; where completeness falls to a half."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from skysieve.records import Catalog
from skysieve.trust.bins import choose_least, merge_edges
from skysieve.trust.recipe import BinningRecipe
from skysieve.trust.scores import Measured, score

NEIGHBOR_EDGES = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, np.inf])
"""Distances to the nearest neighbor [PSF FWHM]."""

SIZE_BINS = 6


def score_magnitudes(
    measured: Measured, edges: Float[np.ndarray, " edge"], chosen: Bool[np.ndarray, " source"]
) -> list[dict[str, Any]]:
    """Score the chosen sources in bins of true magnitude; ``mag`` is their mean, NaN-free also in an empty bin."""
    bins = []
    for low, high in pairwise(edges):
        inside = chosen & (measured.mag >= low) & (measured.mag < high)
        middle = float(np.mean(measured.mag[inside])) if inside.any() else float(low + high) / 2
        bins.append({"mag": middle, "mag_lo": float(low), "mag_hi": float(high), **score(measured, inside)})
    return bins


def score_neighbors(rows: Catalog, measured: Measured, *, recipe: BinningRecipe, limit: float) -> list[dict[str, Any]]:
    """Score sources that would be found if alone, in bins of the distance to the nearest neighbor.

    Parameters
    ----------
    rows : Catalog
        Injected sources.
    measured : Measured
        Of the same rows.
    recipe : BinningRecipe
        How many a bin needs.
    limit : float
        Sources fainter than this [mag] are left out; NaN takes all.
    """
    chosen = measured.mag < limit if math.isfinite(limit) else np.ones(len(rows), bool)
    distance = np.where(np.isfinite(rows["neighbor"]), rows["neighbor"] / rows["psf_fwhm"], 1e9).astype(float)
    counts = np.histogram(distance[chosen], NEIGHBOR_EDGES)[0]
    edges = merge_edges(NEIGHBOR_EDGES, counts, least=choose_least(int(counts.sum()), recipe.least))
    return _score_along("distance", distance, edges, measured, chosen)


def score_sizes(
    rows: Catalog, measured: Measured, *, recipe: BinningRecipe, limits: tuple[float, float]
) -> list[dict[str, Any]]:
    """Score sources between two magnitudes in bins of true half-light radius over PSF FWHM; stars have size 0."""
    chosen = np.ones(len(rows), bool)
    if math.isfinite(sum(limits)):
        chosen = (measured.mag >= limits[0]) & (measured.mag < limits[1])
    size = rows["half_light_radius"].astype(float) / rows["psf_fwhm"]
    galaxies = size[chosen & (size > 0)]
    inner = np.quantile(galaxies, np.linspace(0, 1, SIZE_BINS)) if len(galaxies) else np.array([0.5, 1.0])
    edges = np.unique(np.concatenate([[0.0], inner[:-1], [np.nextafter(inner[-1], np.inf)]]))
    counts = np.histogram(size[chosen], edges)[0]
    edges = merge_edges(edges, counts, least=choose_least(int(counts.sum()), recipe.least))
    return _score_along("size", size, edges, measured, chosen)


def find_crossing(bins: Sequence[dict[str, Any]], level: float = 0.5) -> dict[str, float]:
    """Find the magnitude at which completeness falls below a level for good.

    Parameters
    ----------
    bins : sequence of dict
        From ``score_magnitudes``, brightest first.
    level : float, optional
        Between 0 and 1.

    Returns
    -------
    dict
        ``mag`` by linear interpolation, ``mag_lo`` and ``mag_hi`` where the ends of the completeness interval cross
        it; NaN where a curve never does.
    """
    filled = [one for one in bins if one["n"] > 0]
    mag = [one["mag"] for one in filled]
    curves = {"mag": "completeness", "mag_lo": "completeness_lo", "mag_hi": "completeness_hi"}
    return {key: _cross(mag, [one[name] for one in filled], level) for key, name in curves.items()}


def _cross(mag: Sequence[float], values: Sequence[float], level: float) -> float:
    """Where values last pass from the level or above to below it."""
    for index in range(len(values) - 1, 0, -1):
        before, after = values[index - 1], values[index]
        if before >= level > after:
            return mag[index - 1] + (mag[index] - mag[index - 1]) * (before - level) / (before - after)
    return math.nan


def _score_along(
    name: str,
    values: Float[np.ndarray, " source"],
    edges: Float[np.ndarray, " edge"],
    measured: Measured,
    chosen: Bool[np.ndarray, " source"],
) -> list[dict[str, Any]]:
    """Score the chosen sources in bins of a quantity; its median in each bin goes under ``name``."""
    bins = []
    for low, high in pairwise(edges):
        inside = chosen & (values >= low) & (values < high)
        if inside.any():
            middle = {name: float(np.median(values[inside])), f"{name}_lo": float(low), f"{name}_hi": float(high)}
            bins.append({**middle, **score(measured, inside)})
    return bins
