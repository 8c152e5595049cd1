"""Removal of detections that the wings of a brighter neighbor explain."""

import numpy as np
from jaxtyping import Bool
from scipy.spatial import cKDTree

from skysieve.extraction.footprints import Footprints

ZONE = 10.0
"""Wings are followed to this many semi-major axes."""


def find_spurious(footprints: Footprints, index: float) -> Bool[np.ndarray, " source"]:
    """Tell which sources would not have been detected without the wings of a brighter one.

    Parameters
    ----------
    footprints : Footprints
        All sources of an image.
    index : float
        Moffat index of the wings; 0 removes nothing.

    Returns
    -------
    ndarray of bool, shape (source,)
        True where spurious.

    Notes
    -----
    The idea of SExtractor's cleaning (CLEAN_PARAM): each brighter neighbor within ten of its semi-major axes gets
    elliptical Moffat wings, I(q) = peak (1 + alpha q^2)^-index, with q the elliptical radius in semi-axes and alpha
    such that they reach the threshold at the edge of its footprint, q^2 = npix / (pi a b). A source goes when one of
    them is higher at its place than the margin by which its ``min_area``-th pixel passed the threshold.
    """
    spurious = np.zeros(len(footprints), bool)
    if index == 0 or len(footprints) < 2:
        return spurious
    bright, faint = _pair_neighbors(footprints)
    f = footprints
    dx, dy = f.x[faint] - f.x[bright], f.y[faint] - f.y[bright]
    determinant = f.x2 * f.y2 - f.xy**2
    q2 = (f.y2[bright] * dx**2 + f.x2[bright] * dy**2 - 2 * f.xy[bright] * dx * dy) / determinant[bright]
    contrast = np.maximum(f.filtered_peak / f.threshold, 1.0)
    with np.errstate(over="ignore", invalid="ignore"):  # a small index makes wings of any height vanish at once
        alpha = (contrast ** (1 / index) - 1) * np.pi * f.a * f.b / f.npix
        wing = f.filtered_peak[bright] * (1 + alpha[bright] * q2) ** -index
    spurious[faint[wing > f.margin[faint]]] = True
    return spurious


def _pair_neighbors(footprints: Footprints) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices (brighter, fainter) of all pairs within the zone of the brighter one."""
    position = np.column_stack([footprints.x, footprints.y])
    near = cKDTree(position).query_ball_point(position, ZONE * footprints.a)
    bright = np.repeat(np.arange(len(footprints)), [len(found) for found in near])
    faint = np.concatenate([np.asarray(found, int) for found in near])
    fainter = footprints.flux[faint] < footprints.flux[bright]
    return bright[fainter], faint[fainter]
