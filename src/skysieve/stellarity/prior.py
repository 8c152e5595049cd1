"""How common stars are at each brightness: in the training fields, and in an image, found from its own sources."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import expit

CENTER, UNIT, LIMITS = 3.0, 1.0, (-2.0, 3.0)
"""The brightness scale is (ln S/N - CENTER) / UNIT, held inside LIMITS: S/N 2.7 to 400."""

BRIGHT = 3.0
"""Sources above this ln S/N (S/N 20) find the prior of an image: fainter ones are too alike, or no real sources."""

EFFECTIVE = 50.0
"""They count as that many sources at most, however many they are: what the PSF model does wrong is common to all."""

STEPS, TOLERANCE = 100, 1e-3
"""Rounds of expectation and maximization at most, and the change of a coefficient below which they end."""

PRECISION = 1e-8
"""Change of a coefficient below which Newton's method ends."""


@dataclass(frozen=True)
class Prior:
    """Log-odds of being a star as a line in the brightness scale, and its covariance from field to field."""

    coefficients: Float[np.ndarray, "2"]
    covariance: Float[np.ndarray, "2 2"]

    def log_odds(self, log_snr: Float[np.ndarray, " source"]) -> Float[np.ndarray, " source"]:
        """Log-odds of being a star at each ln S/N, before anything else is known of a source."""
        log_odds: np.ndarray = _list_terms(log_snr) @ self.coefficients
        return log_odds


EVEN = Prior(np.zeros(2), np.zeros((2, 2)))
"""Stars and galaxies equally common at every brightness."""


def fit_prior(
    is_star: Float[np.ndarray, " source"], log_snr: Float[np.ndarray, " source"], *, field: np.ndarray
) -> Prior:
    """Fit the prior of labeled fields: the line of all fields together, the scatter of the single fields about it.

    Parameters
    ----------
    is_star : ndarray, shape (source,)
        1 for stars, 0 for galaxies.
    log_snr : ndarray, shape (source,)
        ln of the signal to noise.
    field : ndarray, shape (source,)
        Which field each source is in.

    Returns
    -------
    Prior
        Its covariance is that of lines fitted to the single fields, which include the noise of those fits.
    """
    wide = np.diag([9.0, 1.0])
    terms = _list_terms(log_snr)
    together = _regress(terms, is_star, np.zeros(2), precision=np.linalg.inv(wide))
    alone = [
        _regress(terms[field == one], is_star[field == one], together, precision=np.linalg.inv(wide))
        for one in np.unique(field)
    ]
    covariance = np.cov(np.array(alone).T) if len(alone) > 2 else wide
    return Prior(together, covariance + 1e-3 * np.eye(2))


def adapt_prior(
    prior: Prior,
    likelihood: Float[np.ndarray, " source"],
    log_snr: Float[np.ndarray, " source"],
    *,
    least: int,
) -> Prior:
    """Find the prior of one image from its own unlabeled sources.

    Parameters
    ----------
    prior : Prior
        Where to begin, and what holds where the sources say nothing.
    likelihood : ndarray, shape (source,)
        Log-ratio of the probabilities that a star and that a galaxy of this brightness looks like the source; NaN rows
        and faint ones are left out.
    log_snr : ndarray, shape (source,)
        ln of the signal to noise.
    least : int
        With fewer usable sources the prior is returned as it is.

    Notes
    -----
    Expectation maximization after Saerens, Latinne & Decaestecker (2002, Neural Computation 14, 21), with the fraction
    of stars a logistic function of brightness instead of a number, and the scatter from field to field as the weight of
    the beginning: few sources, or sources that tell nothing, leave the prior where it was.
    """
    usable = np.isfinite(likelihood) & (log_snr > BRIGHT)
    count = np.count_nonzero(usable)
    if count < least:
        return prior
    terms, likelihood = _list_terms(log_snr[usable]), likelihood[usable]
    precision = np.linalg.inv(prior.covariance) * max(1.0, count / EFFECTIVE)
    coefficients = prior.coefficients
    for _ in range(STEPS):
        expected = expit(likelihood + terms @ coefficients)
        found = _regress(terms, expected, prior.coefficients, precision=precision, start=coefficients, steps=2)
        moved = np.abs(found - coefficients).max()
        coefficients = found
        if moved < TOLERANCE:
            break
    return Prior(coefficients, prior.covariance)


def fit_settling(
    log_odds: Float[np.ndarray, " source"], is_star: Float[np.ndarray, " source"]
) -> Float[np.ndarray, "2"]:
    """Find gain and offset that make log-odds under adapted priors true.

    Parameters
    ----------
    log_odds : ndarray, shape (source,)
        Of labeled sources of fields that were not trained on, each under the prior found from its field.
    is_star : ndarray, shape (source,)
        1 for stars, 0 for galaxies.

    Notes
    -----
    Platt (1999). An adapted prior is uncertain, and blends that are neither star nor galaxy draw it toward galaxies:
    both are the same in all images, and taken out here.
    """
    terms = np.column_stack([log_odds, np.ones_like(log_odds)])
    return _regress(terms, is_star, np.array([1.0, 0.0]), precision=1e-3 * np.eye(2))


def _list_terms(log_snr: Float[np.ndarray, " source"]) -> Float[np.ndarray, "source 2"]:
    scale = np.clip((log_snr - CENTER) / UNIT, *LIMITS)
    return np.column_stack([np.ones_like(scale), scale])


def _regress(
    terms: np.ndarray,
    target: np.ndarray,
    mean: np.ndarray,
    *,
    precision: np.ndarray,
    start: np.ndarray | None = None,
    steps: int = 25,
) -> Float[np.ndarray, "2"]:
    """Logistic regression by Newton's method with a Gaussian weight around ``mean``, steps held below 2."""
    coefficients = mean if start is None else start
    for _ in range(steps):
        chance = expit(terms @ coefficients)
        gradient = terms.T @ (target - chance) - precision @ (coefficients - mean)
        curvature = (terms * (chance * (1 - chance))[:, None]).T @ terms + precision
        step = np.clip(np.linalg.solve(curvature, gradient), -2, 2)
        coefficients = coefficients + step
        if np.abs(step).max() < PRECISION:
            break
    return coefficients
