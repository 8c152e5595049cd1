"""How far people agree beyond chance, with errors."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int

from skysieve.io.weights import Metric
from skysieve.metrics import bootstrap, measure_confusion
from skysieve.quality.labels import CAUSES
from skysieve.quality.votes import Votes

RESAMPLES = 500


@dataclass(frozen=True)
class Agreement:
    """Of two raters, or of all: how often they agree, and Cohen's or Fleiss' kappa; ``n`` counts shared exposures."""

    raters: tuple[str, ...]
    agreement: Metric
    kappa: Metric


def measure_kappa(confusion: Float[np.ndarray, "first second"] | Int[np.ndarray, "first second"]) -> float:
    """Return Cohen's kappa: 1 for full agreement, 0 for that of chance.

    Returns
    -------
    float
        NaN without objects, and where both say one class of all: then chance agrees, too.

    Notes
    -----
    Cohen (1960, Educational and Psychological Measurement 20, 37).

    Examples
    --------
    >>> round(measure_kappa(np.array([[20, 5], [10, 15]])), 6)
    0.4
    """
    total = confusion.sum()
    if total == 0:
        return float("nan")
    share = confusion / total
    return _beyond_chance(float(np.trace(share)), float(share.sum(axis=1) @ share.sum(axis=0)))


def measure_fleiss_kappa(counts: Float[np.ndarray, "exposure label"] | Int[np.ndarray, "exposure label"]) -> float:
    """Return Fleiss' kappa of how many raters gave each exposure each class.

    Parameters
    ----------
    counts : ndarray, shape (exposure, label)
        Rows with fewer than two labels are left out; the number of raters may differ between rows.

    Notes
    -----
    Fleiss (1971, Psychological Bulletin 76, 378), each exposure counting alike.

    Examples
    --------
    >>> round(measure_fleiss_kappa(np.array([[2, 0], [0, 2], [1, 1]])), 6)
    0.333333
    """
    raters = counts.sum(axis=1)
    counts, raters = counts[raters > 1], raters[raters > 1]
    if not len(raters):
        return float("nan")
    agreed = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))
    share = counts.sum(axis=0) / counts.sum()
    return _beyond_chance(float(agreed.mean()), float((share**2).sum()))


def measure_agreement(votes: Votes) -> tuple[Agreement, ...]:
    """Measure all raters together (where they are more than two), then each two that share exposures.

    Returns
    -------
    tuple of Agreement
        Empty where nobody saw what another one saw. Kappas that chance explains wholly are NaN. Errors come from
        drawing exposures, and are None where one exposure is all.
    """
    table = _tabulate(votes)
    shared = (table >= 0).sum(axis=1) > 1
    if not shared.any():
        return ()
    counts = np.stack([(table[shared] == number).sum(axis=1) for number in range(len(CAUSES))], axis=1)
    counts = np.stack([(table[shared] == number).sum(axis=1) for number in range(len(CAUSES))], axis=1)
    every = Agreement(votes.raters, _estimate(_share_agreed, counts), _estimate(measure_fleiss_kappa, counts))
    pairs = []
    for first, second in combinations(range(len(votes.raters)), 2):
        both = table[(table[:, first] >= 0) & (table[:, second] >= 0)][:, [first, second]]
        if len(both):
            names = (votes.raters[first], votes.raters[second])
            pairs.append(Agreement(names, _estimate(_share_same, both), _estimate(_measure_pair, both)))
    return tuple(pairs) if len(votes.raters) == 2 else (every, *pairs)


def _tabulate(votes: Votes) -> Int[np.ndarray, "exposure rater"]:
    """Return the class that each rater gave each exposure; -1 for none."""
    table = np.full((len(votes.exposures), len(votes.raters)), -1)
    table[votes.exposure, votes.rater] = votes.label
    return table


def _share_agreed(counts: Int[np.ndarray, "exposure label"]) -> float:
    """Return the share of pairs of labels of one exposure that are the same."""
    raters = counts.sum(axis=1)
    return float((((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))).mean())


def _share_same(both: Int[np.ndarray, "exposure 2"]) -> float:
    return float((both[:, 0] == both[:, 1]).mean())


def _measure_pair(both: Int[np.ndarray, "exposure 2"]) -> float:
    return measure_kappa(measure_confusion(both[:, 0], both[:, 1], classes=len(CAUSES)))


def _estimate(statistic: Callable[..., float], rows: Int[np.ndarray, "exposure column"]) -> Metric:
    found = bootstrap(statistic, [rows], resamples=RESAMPLES)
    return Metric(found.value, found.error if np.isfinite(found.error) else None, found.n)


def _beyond_chance(found: float, chance: float) -> float:
    return (found - chance) / (1 - chance) if chance < 1 else float("nan")
