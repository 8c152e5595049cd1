"""The classifier on real images, where no truth is known: what it finds, and whether two images of a field agree."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from skysieve.extraction import extract
from skysieve.io.exposures import InputRecipe, list_detectors, read_detector
from skysieve.records import Catalog
from skysieve.stellarity.features import measure_log_snr
from skysieve.stellarity.model import Model, add_verdict, judge
from skysieve.stellarity.recipe import EvaluateRecipe

CLEAR = 0.9
"""A verdict above this probability, or below its complement, is a clear one."""

MATCH = 1.0
"""Largest distance of two measurements of one source [arcsec]."""

SNR_EDGES = (5.0, 10.0, 20.0, 50.0, np.inf)


def measure_image(path: Path, model: Model, recipe: EvaluateRecipe) -> tuple[str, Catalog, dict[str, Any]]:
    """Measure and judge the first detector of an image: its name, its catalog, and how many verdicts are clear."""
    address = list_detectors([path], recipe=InputRecipe())[0]
    extraction = extract(read_detector(address, InputRecipe()), recipe.extraction)
    verdict = judge(extraction.catalog, model, recipe.apply)
    probability = verdict.probability
    facts = {
        "sources": len(probability),
        "unknown": int(np.isnan(probability).sum()),
        "ood": int(verdict.ood.sum()),
        "clear_stars": int((probability > CLEAR).sum()),
        "clear_galaxies": int((probability < 1 - CLEAR).sum()),
        "fwhm": float(np.nanmedian(extraction.catalog["psf_fwhm"])) if extraction.psf else None,
    }
    return address.label, add_verdict(extraction.catalog, verdict, model), facts


def measure_agreement(one: str, other: str, model: Model, recipe: EvaluateRecipe) -> dict[str, Any]:
    """Compare the verdicts on two images of one field, source by source, in bins of the lower signal to noise.

    Returns
    -------
    dict
        Names of both images and per bin: ``n`` common sources, ``agree`` the share on the same side of one half,
        ``clear`` sources with a clear verdict in both, ``contradict`` the share of those that are clearly opposite.
    """
    (first, a, _), (second, b, _) = (measure_image(Path(path), model, recipe) for path in (one, other))
    rows_a, rows_b = _match(a, b)
    p, q = a["stellarity"][rows_a].astype(float), b["stellarity"][rows_b].astype(float)
    snr = np.exp(np.minimum(measure_log_snr(a)[rows_a], measure_log_snr(b)[rows_b]))
    known = np.isfinite(p + q + snr) & ~a["ood"][rows_a] & ~b["ood"][rows_b]
    bins = []
    for low, high in itertools.pairwise(SNR_EDGES):
        chosen = known & (snr >= low) & (snr < high)
        bins.append({"low": low, "high": None if np.isinf(high) else high, **_compare(p[chosen], q[chosen])})
    return {"images": [first, second], "common": int(known.sum()), "bins": bins}


def _compare(p: np.ndarray, q: np.ndarray) -> dict[str, Any]:
    clear = ((p > CLEAR) | (p < 1 - CLEAR)) & ((q > CLEAR) | (q < 1 - CLEAR))
    return {
        "n": len(p),
        "agree": float(np.mean((p > 0.5) == (q > 0.5))) if len(p) else None,
        "clear": int(clear.sum()),
        "contradict": float(np.mean((p > 0.5)[clear] != (q > 0.5)[clear])) if clear.any() else None,
    }


def _match(a: Catalog, b: Catalog) -> tuple[np.ndarray, np.ndarray]:
    """Rows of mutual nearest neighbors on the sky within ``MATCH``."""
    places = [_project(one, float(np.nanmedian(a["ra"])), float(np.nanmedian(a["dec"]))) for one in (a, b)]
    if not all(np.isfinite(place).all() and len(place) for place in places):
        raise ValueError("evaluate: an image of a pair has no sky coordinates or no sources; leave the pair out")
    trees = [cKDTree(place) for place in places]
    distance, to_b = trees[1].query(places[0])
    _, back = trees[0].query(places[1])
    rows = np.flatnonzero((distance < MATCH) & (back[to_b] == np.arange(len(to_b))))
    return rows, to_b[rows]


def _project(catalog: Catalog, ra: float, dec: float) -> np.ndarray:
    """Offsets from a place on the sky [arcsec], good over a field."""
    turn = (catalog["ra"] - ra + 180) % 360 - 180
    return np.column_stack([turn * np.cos(np.radians(dec)), catalog["dec"] - dec]) * 3600
