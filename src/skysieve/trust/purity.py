"""Which share of the detections is real: against injected truth, on the negative image and on noise alone."""

import math
from itertools import pairwise
from typing import Any

import numpy as np

from skysieve.metrics import Proportion, measure_proportion
from skysieve.trust.bins import choose_least, merge_edges
from skysieve.trust.counts import Counts, Histogram, add_histograms
from skysieve.trust.scores import name_proportion


def score_purity(counts: Counts, *, width: float, least: int) -> list[dict[str, Any]]:
    """Score the purity of one method against measured magnitude.

    Parameters
    ----------
    counts : Counts
        Of one image, or of a whole run.
    width : float
        Width of a bin of the counts [mag].
    least : int
        New detections that a bin needs.

    Returns
    -------
    list of dict
        Brightest first. ``purity`` is the share of the ``n`` detections brought by injections that are injected
        sources; ``purity_negated`` and ``purity_blank`` are one minus the detections on the negative image and on
        noise alone, over the ``n_catalog`` detections on the image as it is: NaN where that has none.
    """
    numbers = [int(one) for one in add_histograms(counts.new, counts.catalog)]
    if not numbers:
        return []
    low, high = min(numbers), max(numbers) + 1
    new = _fill(counts.new, low, high)
    at = merge_edges(np.arange(low, high + 1.0), new, least=choose_least(int(new.sum()), least)).astype(int)
    return [_score_bin(counts, int(start), int(stop), width=width) for start, stop in pairwise(at)]


def list_detections(counts: Counts, *, width: float) -> dict[str, list[float]]:
    """Return detections per narrow bin of measured magnitude on the image, on its negative and on noise alone."""
    numbers = [int(one) for one in add_histograms(counts.catalog, counts.negated, counts.blank)]
    low, high = min(numbers, default=0), max(numbers, default=0) + 1
    names = ("catalog", "negated", "blank")
    return {
        "edges": [width * edge for edge in range(low, high + 1)],
        **{name: _fill(getattr(counts, name), low, high).tolist() for name in names},
    }


def score_overall_purity(counts: Counts) -> dict[str, Any]:
    """Score the purity of all detections together, with the keys of ``score_purity`` but for magnitudes."""
    numbers = [int(one) for one in add_histograms(counts.new, counts.catalog, counts.negated, counts.blank)]
    scores = _score_bin(counts, min(numbers, default=0), max(numbers, default=0) + 1, width=1.0)
    return {name: value for name, value in scores.items() if not name.startswith("mag")}


def _score_bin(counts: Counts, start: int, stop: int, *, width: float) -> dict[str, Any]:
    """Score one bin of purity."""
    new, spurious, catalog, negated, blank = (
        _fill(getattr(counts, name), start, stop) for name in ("new", "spurious", "catalog", "negated", "blank")
    )
    middle = np.arange(start, stop) + 0.5
    weight = new if new.sum() else np.ones(len(new), int)
    true = np.arange(new.sum()) >= spurious.sum()
    return {
        "mag": width * float(np.average(middle, weights=weight)), "mag_lo": width * start, "mag_hi": width * stop,
        "n": int(new.sum()), "n_spurious": int(spurious.sum()), **name_proportion("purity", measure_proportion(true)),
        "n_catalog": int(catalog.sum()), "n_negated": int(negated.sum()), "n_blank": int(blank.sum()),
        **name_proportion("purity_negated", _subtract(int(negated.sum()), int(catalog.sum()))),
        **name_proportion("purity_blank", _subtract(int(blank.sum()), int(catalog.sum()))),
    }  # fmt: skip


def _subtract(false: int, total: int) -> Proportion:
    """Share of true ones among ``total``, where as many as ``false`` are expected to be false; 0 at the least.

    The false ones are counted on another image, so that their Poisson error enters, not a binomial one.
    """
    if total == 0:
        return Proportion(math.nan, math.nan, math.nan, 0)
    error = math.sqrt(max(false, 1)) / total
    value = max(0.0, 1 - false / total)
    return Proportion(value, max(0.0, value - error), min(1.0, value + error), total)


def _fill(histogram: Histogram, start: int, stop: int) -> np.ndarray:
    """Return the counts of the bins from ``start`` to ``stop``."""
    return np.array([histogram.get(str(one), 0) for one in range(start, stop)], dtype=int)
