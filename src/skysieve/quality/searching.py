"""Exposures found by what they show: the shares of their sources over the map of sources."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from skysieve.io.cutouts import CutoutStore
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.fingerprint_store import HitMaps, look_like_prints
from skysieve.records import Catalog, Column
from skysieve.som.lattice import Lattice
from skysieve.som.neighborhood import measure_influence

BLUR = 1.0
"""Standard deviation of the smoothing of hit maps [cell of the map]."""

FOUND_COLUMNS = (
    Column("exposure", "str", "", "file of the exposure", "meta.id;meta.file"),
    Column("distance", "f8", "", "of its hit map from that of the exposure asked for, 0 to 1; NaN where none was"),
    Column("share", "f8", "", "of its sources in the clusters asked for; NaN where none were"),
    Column("n_sources", "i8", "", "usable sources on its detectors that have light", "meta.number"),
    Column("n_ccd", "i8", "", "detectors that have light", "meta.number"),
)


def find_exposures(
    maps: HitMaps, like: Float[np.ndarray, " neuron"] | None, clusters: Sequence[int] = (), *, least: float = 0.0,
    density: bool = False,
) -> Catalog:  # fmt: skip
    """Find exposures whose sources are like those of one exposure, or of some kinds.

    Parameters
    ----------
    maps : HitMaps
        The exposures to search.
    like : ndarray, shape (neuron,), optional
        Sources a detector of one exposure, on each neuron.
    clusters : sequence of int
        Of the map of sources: those that sources are to fall into.
    least : float
        Smallest share of an exposure's sources in them.
    density : bool
        Whether the number of sources a detector counts, too, and not only the shares of their kinds.

    Returns
    -------
    Catalog
        The nearest first, or without ``like`` the largest share. Exposures without sources are left out.

    Raises
    ------
    ValueError
        If the one exposure has no sources, or there is no such cluster.
    """
    share = measure_shares(maps, clusters) if clusters else np.full(len(maps.exposures), np.nan)
    rows = np.flatnonzero((maps.hits.sum(axis=1) > 0) & ~(share < least))
    distance = np.full(len(maps.exposures), np.nan)
    if like is not None:
        if not like.sum() > 0:
            raise ValueError("find: the exposure has no usable sources, so none can be like it; give another")
        per_detector = maps.hits[rows] / np.maximum(maps.detectors[rows], 1)[:, None]
        distance[rows] = measure_map_distances(per_detector, like, density=density)
    rows = rows[np.argsort((-share if like is None else distance)[rows], kind="stable")]
    return Catalog(FOUND_COLUMNS, {
        "exposure": np.array([maps.exposures[row] for row in rows], dtype=object), "distance": distance[rows],
        "share": share[rows], "n_sources": maps.hits[rows].sum(axis=1), "n_ccd": maps.detectors[rows],
    })  # fmt: skip


def find_hits(name: str, store: CutoutStore, maps: HitMaps, *, recipe: AssessRecipe) -> Float[np.ndarray, " neuron"]:
    """Return the sources a detector of one exposure on each neuron: of one in the store, or of a file.

    Parameters
    ----------
    name : str
        Of an exposure in the store; otherwise the path of a file, which is looked at through the model of the recipe.

    Raises
    ------
    ValueError
        If there is neither, no detector of the file can be read, or the model has another map than the store.
    """
    if name in maps.exposures:
        row = maps.exposures.index(name)
        return maps.hits[row] / max(int(maps.detectors[row]), 1)
    path = Path(name)
    if not path.exists():
        raise ValueError(f"find: {name} is neither in {store.path.name} nor a file")
    views = look_like_prints(path, store, recipe).seen.views
    lit = np.zeros(0, int) if views is None else np.flatnonzero(~views.dead.astype(bool))
    if views is None or not len(lit):
        raise ValueError(f"find: {name} has no detector with light; give another exposure")
    return views.hits[lit].mean(axis=0)


def measure_map_distances(
    maps: Float[np.ndarray, "exposure neuron"], one: Float[np.ndarray, " neuron"], *, density: bool = False
) -> Float[np.ndarray, " exposure"]:
    """Measure how far hit maps are from one of them.

    Parameters
    ----------
    maps, one : ndarray
        Sources on each neuron, none of the maps empty.
    density : bool
        Compare numbers, not shares.

    Returns
    -------
    ndarray
        0 for equal maps, 1 for maps whose sources are nowhere near each other.

    Notes
    -----
    Hits are first spread over neighboring neurons, since a source whose numbers are a little off falls beside its
    neuron, and neighbors of a map stand for like sources; neuron by neuron alone, two maps shifted by a cell would be
    as far apart as any. Then the Hellinger distance, sqrt(1 - 2 sum(sqrt(p q)) / (sum(p) + sum(q))), with p and q
    scaled to a sum of one unless ``density``: it is a metric and bounded, empty neurons need no special case, and the
    square root makes the noise of counts the same on full and on nearly empty neurons.

    Examples
    --------
    >>> maps = np.eye(9)[[4, 5, 0]]
    >>> measure_map_distances(maps, np.eye(9)[5]).round(2)
    array([0.25, 0.  , 0.53])
    """
    spread = _make_kernel(maps.shape[1])
    p, q = maps @ spread, one @ spread
    if not density:
        p, q = p / p.sum(axis=1, keepdims=True), q / q.sum()
    overlap = 2 * np.sqrt(p * q).sum(axis=1) / (p.sum(axis=1) + q.sum())
    return np.sqrt(np.clip(1 - overlap, 0, 1))


def measure_shares(maps: HitMaps, clusters: Sequence[int]) -> Float[np.ndarray, " exposure"]:
    """Return the share of the sources of each exposure in some clusters; NaN without sources."""
    unknown = sorted(set(clusters) - set(maps.cluster.tolist()))
    if unknown:
        raise ValueError(f"find: there is no cluster {unknown[0]}; the map has 0 to {maps.cluster.max()}")
    inside = maps.hits[:, np.isin(maps.cluster, list(clusters))].sum(axis=1)
    total = maps.hits.sum(axis=1)
    return np.where(total > 0, inside / np.maximum(total, 1), np.nan)


def _make_kernel(neurons: int) -> Float[np.ndarray, "neuron neuron"]:
    """Return where the hits of each neuron go: a Gaussian over the square lattice, of sum one also at its edges."""
    side = math.isqrt(neurons)
    if side**2 != neurons:
        raise ValueError(f"find: the map has {neurons} neurons; a square one is wanted")
    distances = Lattice((side, side)).measure_distances()
    influence = measure_influence(distances, "unitygaussian", sigma=BLUR, rate=1.0).astype(float)
    return influence / influence.sum(axis=1, keepdims=True)
