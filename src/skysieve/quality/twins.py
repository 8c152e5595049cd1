"""Whether sources come in pairs that all point the same way, as a telescope that jumped leaves them."""

import math

import numpy as np
from jaxtyping import Float

LARGEST = 12
"""Pairs farther apart than this [width of the usual seeing] are not looked at."""

BINS = 2
"""Cells a width of the usual seeing, along each axis."""

MOST = 300
"""Brightest sources that are looked at."""


def measure_twins(
    places: Float[np.ndarray, "source 2"], flux: Float[np.ndarray, " source"], *, fwhm: float, pixels: int
) -> tuple[float, float]:
    """Measure how many more pairs share one separation than chance would give.

    Parameters
    ----------
    places : ndarray, shape (source, 2)
        x and y [pixel].
    flux : ndarray, shape (source,)
        Any unit; the brightest sources count.
    fwhm : float
        Of the usual seeing [pixel].
    pixels : int
        Of the detector.

    Returns
    -------
    tuple of float
        The share of the sources that have a twin at the most common separation beyond what chance gives, in units of
        the scatter of chance (natural logarithm of one plus it); and that separation [width of the usual seeing], 0
        where no separation stands out. Zeros for fewer than four sources.
    """
    chosen = places[np.argsort(-flux, kind="stable")[:MOST]] / fwhm
    if len(chosen) < 4:
        return 0.0, 0.0
    first, second = np.triu_indices(len(chosen), 1)
    apart = chosen[second] - chosen[first]
    apart *= np.where((apart[:, 1:] < 0) | ((apart[:, 1:] == 0) & (apart[:, :1] < 0)), -1, 1)
    apart = apart[np.hypot(*apart.T) < LARGEST]
    edges = [np.arange(-LARGEST, LARGEST + 1 / BINS, 1 / BINS), np.arange(0, LARGEST + 1 / BINS, 1 / BINS)]
    counts = np.histogram2d(apart[:, 0], apart[:, 1], bins=edges)[0]
    # A separation may lie on the edge of a cell.
    joined = counts[:-1, :-1] + counts[1:, :-1] + counts[:-1, 1:] + counts[1:, 1:]
    chance = len(chosen) * (len(chosen) - 1) * (2 / BINS) ** 2 / (pixels / fwhm**2)
    i, j = np.unravel_index(int(joined.argmax()), joined.shape)
    excess = (joined[i, j] - chance) / math.sqrt(chance + 1)
    length = math.hypot(edges[0][i + 1], edges[1][j + 1])
    return math.log1p(max(excess, 0.0)), length if excess > 2 else 0.0
