"""Scores of one method on a set of injected sources: each with its number of objects and its error."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from skysieve.metrics import (
    Proportion,
    measure_bias,
    measure_coverage,
    measure_proportion,
    measure_sigma_mag,
)
from skysieve.records import Catalog
from skysieve.trust.matching import BLENDED, RECOVERED
from skysieve.trust.rows import suffix

ROUND_LIMIT = 0.15
"""Angles are judged of sources whose true ellipticity exceeds this."""


@dataclass(frozen=True)
class Measured:
    """Columns of one method for the sources that it was run on, in short names.

    ``pull`` is the Kron flux minus the noise-free flux in the same ellipse, over the stated error; ``delta`` [mag]
    the magnitude of the Kron flux minus the true total one (positive: light is lost). NaN where there is none.
    """

    mag: Float[np.ndarray, " source"]
    recovered: Bool[np.ndarray, " source"]
    blended: Bool[np.ndarray, " source"]
    isolated: Bool[np.ndarray, " source"]
    delta: Float[np.ndarray, " source"]
    outside: Float[np.ndarray, " source"]
    pull: Float[np.ndarray, " source"]
    dx: Float[np.ndarray, " source"]
    dy: Float[np.ndarray, " source"]
    pull_x: Float[np.ndarray, " source"]
    pull_y: Float[np.ndarray, " source"]
    fwhm: Float[np.ndarray, " source"]
    a: Float[np.ndarray, " source"]
    b: Float[np.ndarray, " source"]
    ellipticity: Float[np.ndarray, " source"]
    theta: Float[np.ndarray, " source"]


def find_measured(rows: Catalog, method: str) -> np.ndarray:
    """Return the rows of ``injected.parquet`` that a method was run on."""
    name = f"status{suffix(method)}"
    return np.flatnonzero(rows[name] != "") if name in rows.names else np.zeros(0, int)


def compare(rows: Catalog, method: str, *, band: str = "") -> Measured:
    """Compare what a method measured with the truth.

    Parameters
    ----------
    rows : Catalog
        Injected sources that the method was run on.
    method : str
        Its name.
    band : str, optional
        Name of a band, for the pulls of its fluxes; the reference band without it.
    """
    end = suffix(method)
    inner = f"_{band}" if band else ""
    flux, error, inside = (
        rows[f"{name}{inner}{end}"].astype(float) for name in ("flux_kron", "flux_kron_err", "flux_inside")
    )
    status = rows[f"status{end}"]
    recovered = status == RECOVERED
    dx, dy = (np.where(recovered, rows[f"{axis}{end}"] - rows[axis], np.nan) for axis in ("x", "y"))
    a, b = (rows[f"{axis}{end}"].astype(float) for axis in ("a", "b"))
    true_a, true_b = rows["true_a"].astype(float), rows["true_b"].astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        positive = np.where(flux > 0, flux, np.nan)
        true_ellipticity = 1 - true_b / true_a
        turn = (rows[f"theta{end}"].astype(float) - rows["true_theta"] + 90) % 180 - 90
        return Measured(
            mag=rows["mag"], recovered=recovered.astype(bool), blended=(status == BLENDED).astype(bool),
            isolated=rows[f"isolated{end}"].astype(bool), delta=-2.5 * np.log10(positive / rows["flux"]),
            outside=-2.5 * np.log10(np.where(inside > 0, inside, np.nan) / rows["flux"]),
            pull=np.where(error > 0, (flux - inside) / error, np.nan), dx=dx, dy=dy,
            pull_x=dx / rows[f"x_err{end}"], pull_y=dy / rows[f"y_err{end}"],
            fwhm=rows[f"fwhm{end}"] / rows["true_fwhm"].astype(float) - 1, a=a / true_a - 1, b=b / true_b - 1,
            ellipticity=1 - b / a - true_ellipticity, theta=np.where(true_ellipticity > ROUND_LIMIT, turn, np.nan),
        )  # fmt: skip


def score(measured: Measured, chosen: Bool[np.ndarray, " source"]) -> dict[str, Any]:
    """Score the chosen sources.

    Parameters
    ----------
    measured : Measured
        From ``compare``.
    chosen : ndarray of bool, shape (source,)
        Those of one bin.

    Returns
    -------
    dict
        ``n`` and completeness of all; everything else of those recovered; NaN where there are none.
    """
    found = chosen & measured.recovered
    complete = measure_proportion(measured.recovered[chosen])
    return {
        "n": int(np.count_nonzero(chosen)), "n_recovered": int(np.count_nonzero(found)),
        **name_proportion("completeness", complete),
        "blended": measure_proportion(measured.blended[chosen]).value,
        **_score_flux(measured, found),
        **score_pulls(measured.pull[found]),
        "isolated": score_pulls(measured.pull[found & measured.isolated]),
        **_score_places(measured, found),
        **_score_shapes(measured, found),
    }  # fmt: skip


def score_pulls(pull: Float[np.ndarray, " source"]) -> dict[str, Any]:
    """Score the stated flux errors: coverage of the 68 % and 95 % intervals, middle and width of the pulls.

    Pulls that are NaN, of sources without a stated error, are counted in ``n_unknown`` and left out.
    """
    known = pull[np.isfinite(pull)]
    unknown = {"n_coverage": len(known), "n_unknown": len(pull) - len(known)}
    covered = [measure_coverage(known, level) for level in (0.68, 0.95)]
    return {
        **unknown, **name_proportion("coverage68", covered[0]), **name_proportion("coverage95", covered[1]),
        "pull_median": measure_bias(known), "pull_sigma": measure_sigma_mag(known),
    }  # fmt: skip


def name_proportion(name: str, proportion: Proportion) -> dict[str, float]:
    """Spread a proportion over three keys."""
    return {name: proportion.value, f"{name}_lo": proportion.low, f"{name}_hi": proportion.high}


def _score_flux(measured: Measured, found: Bool[np.ndarray, " source"]) -> dict[str, float]:
    """Bias and scatter of magnitudes, and the part of the bias that lies outside of the aperture."""
    # A flux that is not positive is fainter than any: it counts in the median as infinitely faint.
    delta = np.where(np.isnan(measured.delta[found]), np.inf, measured.delta[found])
    finite = delta[np.isfinite(delta)]
    return {
        "flux_bias": float(np.median(delta)) if len(delta) else math.nan,
        "flux_bias_err": measure_median_error(finite),
        "sigma_mag": measure_sigma_mag(finite),
        "outside_bias": measure_bias(_keep_finite(measured.outside[found])),
    }


def measure_median_error(values: Float[np.ndarray, " finite"]) -> float:
    """Return half the 68 % interval of a median, of whatever distribution; NaN of fewer than three values.

    Notes
    -----
    The ranks of the ends are binomial: n/2 plus and minus sqrt(n)/2, between which the values are interpolated.

    Examples
    --------
    >>> round(measure_median_error(np.arange(101.0)), 2)
    4.98
    """
    count = len(values)
    if count < 3:
        return math.nan
    ends = 0.5 + np.array([-0.5, 0.5]) / math.sqrt(count)
    low, high = np.quantile(values, np.clip(ends, 0, 1))
    return float(high - low) / 2


def _score_places(measured: Measured, found: Bool[np.ndarray, " source"]) -> dict[str, float]:
    """Bias, scatter and pulls of positions [pixel]."""
    scores = {}
    for axis, offset, pull in (("x", measured.dx, measured.pull_x), ("y", measured.dy, measured.pull_y)):
        known = _keep_finite(offset[found])
        scores[f"{axis}_bias"], scores[f"{axis}_sigma"] = measure_bias(known), measure_sigma_mag(known)
        scores[f"{axis}_pull_sigma"] = measure_sigma_mag(_keep_finite(pull[found]))
    return scores


def _score_shapes(measured: Measured, found: Bool[np.ndarray, " source"]) -> dict[str, float]:
    """Bias and scatter of shapes: relative of widths and axes, absolute of ellipticity and angle [deg]."""
    scores = {}
    for name in ("fwhm", "a", "b", "ellipticity", "theta"):
        known = _keep_finite(getattr(measured, name)[found])
        scores[f"{name}_bias"], scores[f"{name}_sigma"] = measure_bias(known), measure_sigma_mag(known)
    return scores


def _keep_finite(values: Float[np.ndarray, " source"]) -> Float[np.ndarray, " finite"]:
    return values[np.isfinite(values)].astype(float)
