"""How often raters take one class for another: expectation-maximization over the classes that nobody knows."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from skysieve.quality.labels import CAUSES
from skysieve.quality.votes import RatersRecipe, Votes

Confusion = Float[np.ndarray, "rater truth said"]
Prior = Float[np.ndarray, "truth said"]
Table = Float[np.ndarray, "exposure rater said"]

ROUGH = 1e-3
"""Change of a probability at which a fit that only tells of errors ends."""


def make_prior(recipe: RatersRecipe) -> Prior:
    """Return the labels that each rater counts as having given before."""
    classes = len(CAUSES)
    rest = recipe.prior * (1 - recipe.right) / (classes - 1)
    return np.full((classes, classes), rest) + np.eye(classes) * (recipe.prior * recipe.right - rest)


def tabulate_votes(votes: Votes) -> Table:
    """Return what each rater said of each exposure: the worth of the label at its class, zero elsewhere."""
    table = np.zeros((len(votes.exposures), len(votes.raters), len(CAUSES)))
    table[votes.exposure, votes.rater, votes.label] = votes.worth
    return table


def fit_confusion(
    table: Table, prior: Prior, recipe: RatersRecipe, *, start: Confusion, times: Int[np.ndarray, " exposure"]
) -> tuple[Confusion, list[float]]:
    """Find the confusions that make labels most likely.

    Parameters
    ----------
    table : ndarray, shape (exposure, rater, said)
        Of exposures that two raters or more labeled.
    prior : ndarray, shape (truth, said)
        Labels that every rater counts as having given before.
    start : ndarray, shape (rater, truth, said)
        Where to begin.
    times : ndarray of int, shape (exposure,)
        How often each exposure counts.

    Returns
    -------
    confusion : ndarray, shape (rater, truth, said)
        Rows sum to one.
    evidence : list of float
        The logarithm of likelihood times prior, round by round; it never falls.
    """
    confusion, prevalence, evidence = start, np.full(len(CAUSES), 1 / len(CAUSES)), list[float]()
    before = np.full((len(table), len(CAUSES)), np.nan)
    for _ in range(recipe.rounds):
        posterior, likelihood = expect(table, confusion, prevalence)
        held = float((prior * np.log(confusion)).sum()) + float(np.log(prevalence).mean())
        evidence.append(float((likelihood * times).sum()) + held)
        if np.abs(posterior - before).max() < recipe.tolerance:
            break
        before = posterior
        counts = prior + count(table, posterior * times[:, None])
        confusion = counts / counts.sum(axis=2, keepdims=True)
        prevalence = _share(posterior * times[:, None])
    return confusion, evidence


def measure_error(table: Table, prior: Prior, recipe: RatersRecipe, *, fitted: Confusion) -> Confusion:
    """Return the standard deviations of confusions: over fits to exposures drawn anew, at least those of the counts."""
    rng = np.random.default_rng(recipe.seed)
    rough = replace(recipe, tolerance=max(recipe.tolerance, ROUGH))
    fits = []
    for _ in range(recipe.resamples):
        times = np.bincount(rng.integers(len(table), size=len(table)), minlength=len(table))
        fits.append(fit_confusion(table, prior, rough, start=fitted, times=times)[0])
    posterior, _ = expect(table, fitted, fit_prevalence(table, fitted, recipe))
    return np.maximum(np.std(fits, axis=0, ddof=1), measure_dirichlet_error(prior + count(table, posterior)))


def measure_dirichlet_error(counts: Confusion) -> Confusion:
    """Return the standard deviations of a Dirichlet distribution."""
    total = counts.sum(axis=2, keepdims=True)
    mean = counts / total
    return np.sqrt(mean * (1 - mean) / (total + 1))


def fit_prevalence(table: Table, confusion: Confusion, recipe: RatersRecipe) -> Float[np.ndarray, " label"]:
    """Return the shares of the classes that all labels make most likely; there is one such answer."""
    prevalence = np.full(len(CAUSES), 1 / len(CAUSES))
    for _ in range(recipe.rounds):
        before = prevalence
        prevalence = _share(expect(table, confusion, prevalence)[0])
        if np.abs(prevalence - before).max() < recipe.tolerance:
            break
    return prevalence


def expect(
    table: Table, confusion: Confusion, prevalence: Float[np.ndarray, " label"]
) -> tuple[Float[np.ndarray, "exposure label"], Float[np.ndarray, " exposure"]]:
    """Return the probabilities of the true classes of exposures, and the logarithm of the likelihood of each."""
    logs = np.tensordot(table, np.log(confusion), axes=([1, 2], [0, 2])) + np.log(prevalence)
    top = logs.max(axis=1, keepdims=True)
    raised = np.exp(logs - top)
    total = raised.sum(axis=1, keepdims=True)
    return raised / total, (np.log(total) + top)[:, 0]


def count(table: Table, posterior: Float[np.ndarray, "exposure label"]) -> Confusion:
    """Return how often each rater said what, by the class that is believed to be true."""
    return np.tensordot(posterior, table, axes=([0], [0])).transpose(1, 0, 2)


def _share(posterior: Float[np.ndarray, "exposure label"]) -> Float[np.ndarray, " label"]:
    """Return the share of each class, with one more exposure that is a little of each."""
    counts = posterior.sum(axis=0) + 1 / posterior.shape[1]
    return np.asarray(counts / counts.sum())
