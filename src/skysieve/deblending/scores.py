"""How good fluxes of blended galaxies are: errors, coverage of intervals, hidden neighbors found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.deblending.blending import Blend
from skysieve.deblending.model import Told
from skysieve.deblending.network import LEVELS
from skysieve.io.weights import Metric
from skysieve.metrics import bootstrap, measure_auc, measure_delta_mag, measure_sigma_mag

OUTLIER = 0.75
"""Errors beyond are outliers [mag]: Boucaud et al. 2020, section 4.1."""

RESAMPLES = 200

FALSE_ALARMS = 0.1
"""Share of single sources that may be called blends where the found share of hidden ones is measured."""


@dataclass(frozen=True)
class Judged:
    """Sources of blends with what was measured and what is true, fluxes in units of the noise.

    ``quantiles`` at ``LEVELS``; ``flux`` the true FLUX_AUTO; ``galaxy`` which galaxy it is; ``separation`` to the
    nearest listed source [pixel] (infinite for none) and ``difference`` its true magnitude minus this one's;
    ``width`` the FWHM of the PSF [pixel]; ``unlisted`` whether another one hides behind, ``p_hidden`` its probability.
    """

    quantiles: Float[np.ndarray, "source level"]
    flux: Float[np.ndarray, " source"]
    galaxy: Int[np.ndarray, " source"]
    separation: Float[np.ndarray, " source"]
    difference: Float[np.ndarray, " source"]
    width: Float[np.ndarray, " source"]
    unlisted: Bool[np.ndarray, " source"]
    p_hidden: Float[np.ndarray, " source"]
    ood: Bool[np.ndarray, " source"]

    def take(self, rows: np.ndarray) -> "Judged":
        """Return some of the sources."""
        return Judged(*(getattr(self, one.name)[rows] for one in fields(self)))

    @property
    def measured(self) -> Float[np.ndarray, " source"]:
        """Median of each flux."""
        return self.quantiles[:, LEVELS.index(0.5)]


def judge_told(told: Told, blends: Sequence[Blend]) -> Judged:
    """Put what was said about the sources of whole blends beside what is true."""
    separation, difference = zip(*(_find_nearest(blend) for blend in blends), strict=True)
    return Judged(
        quantiles=told.quantiles, flux=np.concatenate([blend.flux for blend in blends]),
        galaxy=np.concatenate([blend.row for blend in blends]), separation=np.concatenate(separation),
        difference=np.concatenate(difference), width=np.concatenate([np.full(len(b), b.psf[0]) for b in blends]),
        unlisted=np.concatenate([blend.unlisted for blend in blends]), p_hidden=told.p_hidden, ood=told.ood,
    )  # fmt: skip


def measure_main(judged: Judged) -> dict[str, Metric]:
    """Measure the numbers of the model card; errors by drawing whole galaxies.

    Returns
    -------
    dict
        ``mape`` and ``median_error`` [percent], ``bias`` and ``sigma_mag`` [mag], ``outliers`` beyond 0.75 mag,
        ``coverage_68`` and ``coverage_95``, each of sources behind which nothing hides; and of hidden neighbors
        ``hidden_auc`` and ``hidden_found``, where there are some: the found share at 10 % false alarms.
    """
    clear = judged.take(~judged.unlisted)
    found = measure_pair(clear.measured, clear.flux, clear.galaxy)
    for name, (low, high) in {"coverage_68": (0.16, 0.84), "coverage_95": (0.025, 0.975)}.items():
        found[name] = _estimate(_measure_share, (find_covered(clear, low, high),), clear.galaxy)
    if 5 < judged.unlisted.sum() < len(judged.unlisted):
        hidden = (judged.unlisted, judged.p_hidden)
        found["hidden_auc"] = _estimate(measure_auc, hidden, judged.galaxy)
        found["hidden_found"] = _estimate(measure_found, hidden, judged.galaxy)
    return found


def measure_pair(
    measured: Float[np.ndarray, " source"], truth: Float[np.ndarray, " source"], galaxy: Int[np.ndarray, " source"]
) -> dict[str, Metric]:
    """Measure the errors of positive fluxes; ``galaxy`` says which sources are one galaxy."""
    return {name: _estimate(statistic, (measured, truth), galaxy) for name, statistic in STATISTICS.items()}


def find_covered(judged: Judged, low: float, high: float) -> Bool[np.ndarray, " source"]:
    """Tell which true fluxes lie between two quantiles."""
    edges = judged.quantiles[:, LEVELS.index(low)], judged.quantiles[:, LEVELS.index(high)]
    return (judged.flux >= edges[0]) & (judged.flux <= edges[1])


def measure_mape(measured: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean absolute error in percent, equation 1 of Boucaud et al. 2020."""
    return float(100 * np.mean(np.abs(measured - truth) / truth))


def measure_found(hidden: np.ndarray, chance: np.ndarray) -> float:
    """Return the share of hidden neighbors that is found where ``FALSE_ALARMS`` of the others are called too."""
    limit = np.quantile(chance[~hidden], 1 - FALSE_ALARMS)
    return float(np.mean(chance[hidden] > limit))


def _measure_median_error(measured: np.ndarray, truth: np.ndarray) -> float:
    return float(100 * np.median(np.abs(measured - truth) / truth))


def _measure_bias(measured: np.ndarray, truth: np.ndarray) -> float:
    return float(np.median(measure_delta_mag(measured, truth)))


def _measure_sigma(measured: np.ndarray, truth: np.ndarray) -> float:
    return measure_sigma_mag(measure_delta_mag(measured, truth))


def _measure_outliers(measured: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean(np.abs(measure_delta_mag(measured, truth)) > OUTLIER))


def _measure_share(chosen: np.ndarray) -> float:
    return float(np.mean(chosen))


STATISTICS: dict[str, Callable[..., float]] = {
    "mape": measure_mape, "median_error": _measure_median_error, "bias": _measure_bias, "sigma_mag": _measure_sigma,
    "outliers": _measure_outliers,
}  # fmt: skip


def _estimate(statistic: Callable[..., float], arrays: tuple[np.ndarray, ...], groups: np.ndarray) -> Metric:
    found = bootstrap(statistic, arrays, groups=groups, resamples=RESAMPLES)
    return Metric(float(found.value), float(found.error) if np.isfinite(found.error) else None, found.n)


def _find_nearest(blend: Blend) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance of the nearest other source of each, and its magnitude minus the source's own."""
    if len(blend) == 1:
        return np.array([np.inf]), np.array([0.0])
    apart = np.hypot(blend.true_x[:, None] - blend.true_x, blend.true_y[:, None] - blend.true_y)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.argmin(axis=1)
    return apart.min(axis=1), -2.5 * np.log10(blend.flux[nearest] / blend.flux)


def join_judged(parts: Sequence[Judged]) -> Judged:
    """Return the sources of several lists, one after the other."""
    return Judged(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Judged)))
