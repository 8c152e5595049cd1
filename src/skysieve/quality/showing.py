"""What a training run shows of itself: its map of sources, the sources of clusters, detectors as networks see them."""

import csv
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from skysieve.io.arrays import read_arrays
from skysieve.io.weights import read_weights
from skysieve.quality.features import FEATURES
from skysieve.quality.fingerprint import SourceMap
from skysieve.quality.labels import CAUSES, CLASSES
from skysieve.quality.learning import Views, read_source_map
from skysieve.report.figures import Panel
from skysieve.report.qualitycolors import CLASS_NAMES
from skysieve.report.qualitycurves import Training, draw_learning
from skysieve.report.qualitycutouts import Representative, draw_fingerprint, draw_representatives
from skysieve.report.qualitymaps import ClusterTable, draw_clusters, draw_hits, draw_properties
from skysieve.som.lattice import Lattice
from skysieve.som.matching import find_bmus

FEATURE_LABELS = {
    "log_size": "log₁₀ isophotal area\n[usual FWHM²]", "ellipticity": "ellipticity 1 - b/a",
    "background": "log₁₀ background\n[usual sky]", "stellarity": "log₁₀ sharpness\n[star of usual seeing]",
    "log_exptime": "log₁₀ exposure time [s]",
}  # fmt: skip

ROWS = 12
"""Exposures of a class in one fingerprint."""

CHUNK = 200_000
"""Sources put on the map at once."""


def draw_run(run: Path, *, others: Sequence[Path] = ()) -> list[Panel]:
    """Draw what a training run made: Figures 3 to 7 and 9 of Teimoorinia et al. (2021).

    Parameters
    ----------
    run : Path
        Folder of ``skysieve quality train``.
    others : sequence of Path
        More such folders, whose learning curves are drawn, too.

    Raises
    ------
    ValueError
        If the folder holds no map and no views.
    """
    if not (run / "map.safetensors").is_file() or not any((run / "views").glob("*.safetensors")):
        raise ValueError(f"{run}: holds no map.safetensors and views/; give a folder of skysieve quality train --out")
    source_map, views = read_source_map(run / "map.safetensors"), read_views(run)
    features = [read_arrays(path)["features"] for path in sorted((run / "sources").glob("*.safetensors"))]
    hits, table = summarize_sources(source_map, np.concatenate(features)) if features else (
        views.hits.sum(axis=0), summarize_neurons(source_map, views.hits.sum(axis=0))
    )  # fmt: skip
    lattice = find_lattice(len(hits))
    trainings = [read_training(one) for one in (run, *others) if (one / "training" / "log.csv").is_file()]
    return [
        draw_hits(hits, lattice), draw_clusters(source_map.cluster, hits, lattice), draw_properties(table),
        draw_representatives(choose_representatives(views, source_map)), *draw_fingerprints(views),
        draw_learning(trainings),
    ]  # fmt: skip


def read_views(run: Path) -> Views:
    """Read what was seen of all exposures of a run."""
    blocks = [read_arrays(path) for path in sorted((run / "views").glob("*.safetensors"))]
    return Views(**{name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]})


def read_training(run: Path) -> Training:
    """Read the log of a training; it is called by the network that its weights hold, where there are some."""
    with (run / "training" / "log.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([float(row[name] or math.nan) for row in rows]) for name in (rows[0] if rows else {})}
    weights = sorted((run / "weights").glob("*.safetensors"))
    variant = str(read_weights(weights[0])[1].recipe.get("variant", run.name)) if weights else run.name
    return Training(variant, columns)


def describe_run(run: Path) -> dict[str, Any]:
    """Return what made a run, as its weights say; nothing where there are none yet."""
    weights = sorted((run / "weights").glob("*.safetensors"))
    return {} if not weights else asdict(read_weights(weights[0])[1])


def find_lattice(neurons: int) -> Lattice:
    """Return the square lattice of a map of sources."""
    side = math.isqrt(neurons)
    return Lattice((side, side) if side * side == neurons else (neurons,))


def summarize_sources(
    source_map: SourceMap, features: Float[np.ndarray, "source feature"]
) -> tuple[Int[np.ndarray, " neuron"], ClusterTable]:
    """Count sources on the map, and average their features by cluster; NaN are left out of their feature's mean."""
    hits = np.zeros(len(source_map.cluster), np.int64)
    clusters, kinds = source_map.n_clusters, features.shape[1]
    count, total, squares = (np.zeros((clusters, kinds)) for _ in range(3))
    for start in range(0, len(features), CHUNK):
        part = features[start : start + CHUNK].astype(np.float64)
        bmu = find_bmus((part - source_map.center) / source_map.scale, source_map.neurons)[:, 0]
        hits += np.bincount(bmu, minlength=len(hits))
        known = np.isfinite(part)
        for sums, values in (
            (count, known),
            (total, np.where(known, part, 0)),
            (squares, np.where(known, part, 0) ** 2),
        ):
            np.add.at(sums, source_map.cluster[bmu], values)
    return hits, _make_table(source_map, hits, (count, total, squares), of="sources")


def summarize_neurons(source_map: SourceMap, hits: Int[np.ndarray, " neuron"]) -> ClusterTable:
    """Average the neurons of each cluster, weighted by their sources: for maps whose sources are not at hand."""
    values, weight = source_map.neurons * source_map.scale + source_map.center, hits[:, None].astype(float)
    sums = [np.zeros((source_map.n_clusters, values.shape[1])) for _ in range(3)]
    for one, part in zip(sums, (weight + 0 * values, weight * values, weight * values**2), strict=True):
        np.add.at(one, source_map.cluster, part)
    return _make_table(source_map, hits, (sums[0], sums[1], sums[2]), of="neurons, weighted by their sources")


def choose_representatives(views: Views, source_map: SourceMap) -> list[Representative]:
    """Choose one detector of each class, with sources in as many clusters as any."""
    found = []
    for number, name in enumerate(CLASSES):
        rows = _choose_rows(views, number, count=1)
        for row in rows.tolist():
            counts = np.bincount(source_map.cluster, weights=views.hits[row], minlength=source_map.n_clusters)
            found.append(Representative(CLASS_NAMES[name], views.cutouts[row], counts.astype(np.int64)))
    return found


def draw_fingerprints(views: Views) -> list[Panel]:
    """Draw fingerprints: of exposures with several detectors one of each class, else of several exposures of each."""
    panels = []
    for number, name in enumerate(CLASSES):
        chosen = _choose_rows(views, number, count=ROWS)
        if not len(chosen):
            continue
        same = np.flatnonzero(views.exposure == views.exposure[chosen[0]])
        mosaic = len(same) > 1
        rows = same if mosaic else chosen
        words = CLASS_NAMES[name]
        title = f"Fingerprint of an exposure: {words}" if mosaic else f"Fingerprints of {len(rows)} exposures: {words}"
        names = [str((views.detector if mosaic else views.exposure)[row]) for row in rows.tolist()]
        panels.append(draw_fingerprint(title, views.cutouts[rows], names=names, dead=views.dead[rows].astype(bool)))
    return panels


def _choose_rows(views: Views, label: int, *, count: int) -> Int[np.ndarray, " row"]:
    """Return detectors of one class, those with sources in most clusters first.

    They are of the half with the larger faults (good ones: with the smaller). None where no detector has light.
    """
    rows = np.flatnonzero((views.label == label) & ~views.dead.astype(bool))
    worst = views.excess[rows].max(axis=1)
    order = np.argsort(worst if CAUSES[label] == "good" else -worst, kind="stable")
    rows = rows[order][: -(-len(rows) // 2)]
    present = np.any(views.cutouts[rows] != 0, axis=(2, 3)).sum(axis=1)
    return rows[np.argsort(-present, kind="stable")][:count]


def _make_table(
    source_map: SourceMap,
    hits: Int[np.ndarray, " neuron"],
    sums: tuple[Shaped[np.ndarray, "cluster feature"], ...],
    *,
    of: str,
) -> ClusterTable:
    """Turn counts, sums and sums of squares into means and standard deviations."""
    count, total, squares = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 0, total / count, np.nan)
        scatter = np.sqrt(np.maximum(squares / count - mean**2, 0))
    sources = np.bincount(source_map.cluster, weights=hits, minlength=source_map.n_clusters).astype(np.int64)
    labels = tuple(FEATURE_LABELS.get(name, name) for name in FEATURES)
    return ClusterTable(labels, mean, np.where(count > 0, scatter, np.nan), sources, of)
