"""Which detection is which injected source, and which detections were there before."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import cKDTree

from skysieve.records import Catalog

RECOVERED, BLENDED, MISSED = "recovered", "blended", "missed"
"""Found as a source of its own; swallowed by a source that was there before; not found."""


LEAST_REACH = 1.5
"""Two detections no farther apart than this [pixel] are one source."""


@dataclass(frozen=True)
class Match:
    """How each injected source and each detection ended.

    Parameters
    ----------
    row : ndarray of int, shape (source,)
        Row of the detection that recovers an injected source, -1 for none.
    status : ndarray of str, shape (source,)
        ``"recovered"``, ``"blended"`` or ``"missed"``.
    distance : ndarray, shape (source,)
        From the true position to that detection [pixel], NaN without one.
    new : ndarray of bool, shape (detection,)
        Detections that recover an injected source, and those that lie on neither an injected nor an original source.
        Left out are original sources, also where an injected one nearby changed their flux.
    """

    row: Int[np.ndarray, " source"]
    status: np.ndarray
    distance: Float[np.ndarray, " source"]
    new: Bool[np.ndarray, " detection"]

    @property
    def spurious(self) -> Bool[np.ndarray, " detection"]:
        """Detections that are new and recover nothing."""
        found = np.zeros(len(self.new), bool)
        found[self.row[self.row >= 0]] = True
        return self.new & ~found


def match_sources(
    x: Float[np.ndarray, " source"],
    y: Float[np.ndarray, " source"],
    *,
    radius: Float[np.ndarray, " source"],
    detections: Catalog,
    labels: Int[np.ndarray, "y x"],
    original: Catalog,
    old_share: float,
    fwhm: float,
) -> Match:
    """Match injected sources to detections one to one, nearest pairs first.

    Parameters
    ----------
    x, y : ndarray, shape (source,)
        True positions [pixel].
    radius : ndarray, shape (source,)
        Largest distance of each source to its detection [pixel].
    detections : Catalog
        What was found on the image with the sources in it.
    labels : ndarray, shape (y, x)
        Its segmentation map.
    original : Catalog
        What the same method found on the image as it was.
    old_share : float
        A detection is old when the original sources at its place hold at least this share of its flux.
    fwhm : float
        Width of the PSF [pixel].

    Returns
    -------
    Match
        A source without a new detection of its own is blended where its position lies in the footprint of another
        source, else missed.
    """
    old, touched = _find_old(detections, original, share=old_share, fwhm=fwhm)
    sources, new = np.stack([x, y], axis=1), np.flatnonzero(~old)
    row, distance = _pair(sources, _stack(detections)[new], radius)
    row = np.where(row >= 0, new[row] if len(new) else -1, -1)
    column = np.clip(np.rint(x).astype(int), 0, labels.shape[1] - 1)
    line = np.clip(np.rint(y).astype(int), 0, labels.shape[0] - 1)
    swallowed = labels[line, column] > 0
    status = np.where(row >= 0, RECOVERED, np.where(swallowed, BLENDED, MISSED)).astype(object)
    found = np.zeros(len(detections), bool)
    found[row[row >= 0]] = True
    return Match(row, status, distance, found | ~(old | touched))


def _stack(catalog: Catalog) -> Float[np.ndarray, "row 2"]:
    """Positions; far away where they are unknown."""
    at = np.stack([catalog["x"], catalog["y"]], axis=1).astype(float)
    return np.where(np.isfinite(at), at, -1e9)


def _find_old(
    detections: Catalog, original: Catalog, *, share: float, fwhm: float
) -> tuple[Bool[np.ndarray, " detection"], Bool[np.ndarray, " detection"]]:
    """Tell which detections hold mostly light that was there before, and which lie on an original source at all.

    Original are the source that is paired with a detection, within its own size, and any other within half the PSF.
    """
    old, near_any = np.zeros((2, len(detections)), bool)
    if len(detections) == 0 or len(original) == 0:
        return old, near_any
    flux, before = detections["flux_kron"].astype(float), original["flux_kron"].astype(float)
    here, there = _stack(detections), _stack(original)
    reach = max(0.5 * fwhm, LEAST_REACH)
    near = cKDTree(there).query_ball_point(here, reach)
    brightest = np.array([np.max(before[rows], initial=-np.inf) if rows else -np.inf for rows in near])
    near_any[:] = [bool(rows) for rows in near]
    paired, _ = _pair(there, here, np.fmax(original["a"].astype(float), reach))
    at = paired[paired >= 0]
    near_any[at] = True
    brightest[at] = np.fmax(brightest[at], before[paired >= 0])
    known = np.isfinite(flux) & (flux > 0) & np.isfinite(brightest)
    # A flux that nobody can compare counts as old: no recovery is claimed on it.
    old[:] = np.where(known, brightest >= share * flux, near_any)
    return old, near_any


def _pair(
    sources: Float[np.ndarray, "source 2"], found: Float[np.ndarray, "row 2"], radius: Float[np.ndarray, " source"]
) -> tuple[Int[np.ndarray, " source"], Float[np.ndarray, " source"]]:
    """Give each source the nearest detection that no nearer source has."""
    row, distance = np.full(len(sources), -1), np.full(len(sources), np.nan)
    if len(sources) == 0 or len(found) == 0:
        return row, distance
    near = cKDTree(found).query_ball_point(sources, radius)
    pairs = [(float(np.hypot(*(found[j] - sources[i]))), i, j) for i, rows in enumerate(near) for j in rows]
    taken = np.zeros(len(found), bool)
    for apart, i, j in sorted(pairs):
        if row[i] < 0 and not taken[j]:
            row[i], distance[i], taken[j] = j, apart, True
    return row, distance
