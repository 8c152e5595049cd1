"""Background and noise of the sky between the sources, once it is known where they are."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import sep
from jaxtyping import Bool, Float

from skysieve.extraction.background import BackgroundMesh, filter_mesh
from skysieve.extraction.bands import CalibratedBand, adopt_background
from skysieve.extraction.footprints import Footprints
from skysieve.extraction.recipe import BackgroundRecipe

REACH = 2.3
"""A source covers the sky out to this many radii of its isophote: wings that fall as r^-4 are 30 times fainter."""

LEAST_REACH = 4.0
"""And out to at least this many semi-axes, a little more than its Kron ellipse."""

ROUNDEST = 0.3
"""Least axis ratio of what a source covers."""

LEAST_SKY = 0.15
"""Share of a cell's pixels that must be bare for the cell to be measured anew."""

LEAST_NEIGHBORS = 3
"""A cell without bare sky takes the median of its neighbors if at least so many have it, else it stays as it was."""

CLIP, ROUNDS = 3.0, 2

CLIPPED = 0.98658
"""Standard deviation of a normal distribution cut off at 3 sigma."""


def mask_sources(
    footprints: Footprints, window: tuple[slice, slice], *, reach: float = REACH
) -> Bool[np.ndarray, "y x"]:
    """Mark the pixels of a window that sources cover, with more light than their detected footprints show.

    Parameters
    ----------
    footprints : Footprints
        The sources, in image coordinates.
    window : tuple of slice
        Rows and columns of the image that are wanted [pixel].
    reach : float
        Radius of what is covered, in radii of the isophote.

    Returns
    -------
    ndarray of bool, shape (y, x)
        True where a source covers the sky.
    """
    f = footprints
    ratio = np.clip(np.divide(f.b, f.a, out=np.ones_like(f.a), where=f.a > 0), ROUNDEST, 1)
    a = np.maximum(reach * np.sqrt(f.npix / (np.pi * ratio)), LEAST_REACH * f.a)
    rows, columns = window
    close = (f.y + a >= rows.start) & (f.y - a <= rows.stop) & (f.x + a >= columns.start) & (f.x - a <= columns.stop)
    near = np.flatnonzero(close)
    covered = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    angle = np.clip(f.theta[near], -np.pi / 2, np.pi / 2)
    x, y = f.x[near] - columns.start, f.y[near] - rows.start
    sep.mask_ellipse(covered, x, y, a[near], (ratio * a)[near], angle, r=1.0)
    return covered.view(bool)


def measure_bare_sky(band: CalibratedBand, footprints: Footprints, recipe: BackgroundRecipe) -> CalibratedBand:
    """Measure a band's background and noise again, without the light of its sources.

    Notes
    -----
    The first pass clips the sources' cores and is left with their wings: it lies above the sky by some hundredths of
    its noise, which in an aperture of some hundred pixels is as much as the noise of the flux. Here the level is the
    mean of the bare pixels, clipped at 3 sigma. Undetected sources raise the mean as they raise the light under each
    source, so that a flux above the mean is free of them.
    """
    old = band.mesh
    if not old.median_rms > 0:
        return band
    level, rms = np.full_like(old.level, np.nan), np.full_like(old.rms, np.nan)
    for row, (start, stop) in enumerate(pairwise(old.edges_y)):
        rows = slice(int(start), int(stop))
        hidden = mask_sources(footprints, (rows, slice(0, band.bad.shape[1]))) | band.bad[rows]
        level[row], rms[row] = _measure_cells(band.band.data[rows], ~hidden, old, row=row)
    rms = np.maximum(_fill_from_neighbors(rms, old.rms), old.least_rms)
    mesh = replace(old, level=_fill_from_neighbors(level, old.level), rms=rms)
    return adopt_background(band, filter_mesh(mesh, recipe))


def _measure_cells(
    data: Float[np.ndarray, "y x"], bare: Bool[np.ndarray, "y x"], old: BackgroundMesh, *, row: int
) -> tuple[Float[np.ndarray, " cell"], Float[np.ndarray, " cell"]]:
    """Mean and standard deviation of the bare pixels of a row of cells, clipped; NaN where they are too few.

    Pixels are taken in units of the first pass, so that their squares stay in range whatever the unit, and clipped
    about its values first.
    """
    starts, widths = old.edges_x[:-1], np.diff(old.edges_x)
    level, rms = old.level[row], old.rms[row]
    scaled = data - np.repeat(level, widths).astype(np.float32)
    scaled /= np.repeat(rms, widths).astype(np.float32)
    scaled[~bare] = np.inf
    center, width = np.zeros(len(level)), np.ones(len(level))
    for _ in range(ROUNDS):
        limits = (np.repeat(center + sign * CLIP * width, widths).astype(np.float32) for sign in (-1, 1))
        low, high = limits
        kept = (scaled >= low) & (scaled <= high)
        inside = np.where(kept, scaled, np.float32(0))
        sums = (np.count_nonzero(kept, axis=0), inside.sum(axis=0), np.einsum("yx,yx->x", inside, inside))
        count, total, squares = (np.add.reduceat(one.astype(float), starts) for one in sums)
        with np.errstate(divide="ignore", invalid="ignore"):
            center = total / count
            width = np.sqrt(np.maximum(squares / count - center**2, 0)) / CLIPPED
    enough = np.add.reduceat(np.count_nonzero(bare, axis=0), starts) >= LEAST_SKY * len(data) * widths
    known = enough & np.isfinite(center)
    return np.where(known, level + center * rms, np.nan), np.where(known, width * rms, np.nan)


def _fill_from_neighbors(
    values: Float[np.ndarray, "cell_y cell_x"], first: Float[np.ndarray, "cell_y cell_x"]
) -> Float[np.ndarray, "cell_y cell_x"]:
    """Fill unknown cells with the median of the known among their eight neighbors, or with those of the first pass."""
    filled = values.copy()
    for row, column in np.argwhere(np.isnan(values)):
        around = values[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        known = around[~np.isnan(around)]
        filled[row, column] = np.median(known) if len(known) >= LEAST_NEIGHBORS else first[row, column]
    return filled
