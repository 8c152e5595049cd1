"""What is true where people disagree: how often each of them takes one class for another, found without the truth."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from skysieve.quality.confusions import (
    expect,
    fit_confusion,
    fit_prevalence,
    make_prior,
    measure_dirichlet_error,
    measure_error,
    tabulate_votes,
)
from skysieve.quality.votes import RatersRecipe, Votes


@dataclass(frozen=True)
class Consensus:
    """What is believed after all labels.

    ``posterior`` has the probabilities of ``CAUSES`` of each exposure, ``votes`` the labels it rests on; ``confusion``
    those of each rater to say the second class where the first is true, with ``error``, their standard deviations;
    ``prevalence`` the share of each class. ``evidence`` is the logarithm of what was made largest, round by round;
    empty where no two raters saw the same exposure.
    """

    exposures: tuple[str, ...]
    raters: tuple[str, ...]
    posterior: Float[np.ndarray, "exposure label"]
    votes: Int[np.ndarray, " exposure"]
    confusion: Float[np.ndarray, "rater truth said"]
    error: Float[np.ndarray, "rater truth said"]
    prevalence: Float[np.ndarray, " label"]
    evidence: tuple[float, ...]


def fit_raters(votes: Votes, recipe: RatersRecipe | None = None) -> Consensus:
    """Find what is true of each exposure and how each rater errs, from the labels alone.

    Parameters
    ----------
    votes : Votes
        At most one of a rater on an exposure, at least one in all.
    recipe : RatersRecipe, optional
        The prior, and what sureness is worth.

    Returns
    -------
    Consensus
        Where no two raters saw the same exposure (one rater, say), nothing is known of their errors: the confusions
        are those of the prior, and the posterior leaves room for errors accordingly.

    Notes
    -----
    Dawid & Skene (1979, Applied Statistics 28, 20): expectation-maximization over the unknown true classes. A label
    of worth w counts as w labels, and its likelihood is raised to the power w. Each row of a confusion has the
    prior Dirichlet(1 + c), c being ``prior`` times the share that is right on the diagonal; the prevalence has
    one label, spread evenly. Exposures with one label tell nothing of errors and would only confirm themselves, so
    that confusions are found from those with two or more; then, with these confusions, everything else from all.
    Errors are standard deviations over fits to exposures drawn anew, and at least those of the Dirichlet distribution
    that the counts leave, so that a mistake that nobody saw yet is not taken for impossible.
    """
    recipe = recipe or RatersRecipe()
    prior = make_prior(recipe)
    confusion = np.repeat((prior / prior.sum(axis=1, keepdims=True))[None], len(votes.raters), axis=0)
    error, evidence = measure_dirichlet_error(np.repeat(prior[None], len(votes.raters), axis=0)), list[float]()
    table, shared = tabulate_votes(votes), votes.shared
    if shared.any():
        once = np.ones(int(shared.sum()), int)
        confusion, evidence = fit_confusion(table[shared], prior, recipe, start=confusion, times=once)
        error = measure_error(table[shared], prior, recipe, fitted=confusion)
    prevalence = fit_prevalence(table, confusion, recipe)
    posterior, _ = expect(table, confusion, prevalence)
    return Consensus(
        votes.exposures, votes.raters, posterior, np.bincount(votes.exposure, minlength=len(votes.exposures)),
        confusion, error, prevalence, tuple(evidence),
    )  # fmt: skip
