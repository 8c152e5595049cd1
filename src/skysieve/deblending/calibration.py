"""Intervals that hold what they promise: quantiles stretched until they cover held-out fluxes as often as they say."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from skysieve.deblending.network import LEVELS

MIDDLE = LEVELS.index(0.5)

CROWDING_EDGES = (0.35, 0.6, 0.8, 0.92, 0.98)
"""Edges of the bins of a source's own share of the light in its mask."""

LOG_FLUX_EDGES = (4.5, 5.5, 6.5, 7.5)
"""Edges of the bins of ln(flux) [noise of a pixel]."""

LEAST = 60
"""With fewer sources a bin is calibrated as all are."""


@dataclass(frozen=True)
class Stretch:
    """How far quantiles lie from the median, in units of how far the network puts them, and where the median lies.

    ``shift`` [crowding, flux] is added to ln(flux), in units of half of the 68 % interval; ``factor``
    [crowding, flux, level] stretches each quantile away from the median.
    """

    shift: Float[np.ndarray, "crowding flux"]
    factor: Float[np.ndarray, "crowding flux level"]

    def apply(
        self, quantiles: Float[np.ndarray, "source level"], crowding: Float[np.ndarray, " source"]
    ) -> Float[np.ndarray, "source level"]:
        """Return calibrated quantiles of ln(flux), rising from level to level."""
        cell = find_cells(quantiles, crowding)
        middle = quantiles[:, MIDDLE, None]
        half = measure_half_width(quantiles)[:, None]
        around = (quantiles - middle) * self.factor[cell]
        return np.maximum.accumulate(middle + self.shift[cell][:, None] * half + around, axis=1)


def find_cells(
    quantiles: Float[np.ndarray, "source level"], crowding: Float[np.ndarray, " source"]
) -> tuple[Int[np.ndarray, " source"], Int[np.ndarray, " source"]]:
    """Return the bins of crowding and of flux of each source."""
    return np.digitize(crowding, CROWDING_EDGES), np.digitize(quantiles[:, MIDDLE], LOG_FLUX_EDGES)


def measure_half_width(quantiles: Float[np.ndarray, "source level"]) -> Float[np.ndarray, " source"]:
    """Return half of the interval of 68 % of ln(flux), at least 1e-4."""
    return np.maximum(quantiles[:, LEVELS.index(0.84)] - quantiles[:, LEVELS.index(0.16)], 2e-4) / 2


def fit_stretch(
    quantiles: Float[np.ndarray, "source level"],
    crowding: Float[np.ndarray, " source"],
    log_flux: Float[np.ndarray, " source"],
) -> Stretch:
    """Find the stretch from sources that the network has not learned from.

    Parameters
    ----------
    quantiles : ndarray, shape (source, level)
        Of ln(flux), as the network gives them.
    crowding : ndarray, shape (source,)
        Each source's own share of the light in its mask.
    log_flux : ndarray, shape (source,)
        True ln(flux).

    Notes
    -----
    Conformal quantiles (Romano et al. 2019, arXiv:1905.03222) in bins of crowding and flux. Bins with few sources get
    what all sources together ask for.
    """
    half = measure_half_width(quantiles)
    cell = find_cells(quantiles, crowding)
    everyone = np.ones(len(half), bool)
    shape = len(CROWDING_EDGES) + 1, len(LOG_FLUX_EDGES) + 1
    shift, factor = np.zeros(shape), np.ones((*shape, len(LEVELS)))
    for row in range(shape[0]):
        for column in range(shape[1]):
            chosen = (cell[0] == row) & (cell[1] == column)
            chosen = chosen if chosen.sum() >= LEAST else everyone
            shift[row, column], factor[row, column] = _fit_bin(quantiles[chosen], half[chosen], log_flux[chosen])
    return Stretch(shift, factor)


def _fit_bin(quantiles: np.ndarray, half: np.ndarray, log_flux: np.ndarray) -> tuple[float, np.ndarray]:
    middle = quantiles[:, MIDDLE]
    shift = float(np.median((log_flux - middle) / half))
    off = log_flux - middle - shift * half
    factor = np.ones(len(LEVELS))
    for place, level in enumerate(LEVELS):
        if place == MIDDLE:
            continue
        away = quantiles[:, place] - middle
        away = np.sign(level - 0.5) * np.maximum(np.abs(away), 1e-5)
        wanted = max(level, 1 - level)
        factor[place] = max(0.05, float(np.quantile(off / away, wanted, method="higher")))
    return shift, factor
