"""Fractions of a sample with binomial intervals: completeness, purity and every other share."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from scipy.special import ndtri

from skysieve.metrics.checks import require_fraction, require_same_length


@dataclass(frozen=True)
class Proportion:
    """A fraction ``value`` of ``n`` objects with the ends ``low`` and ``high`` of its interval; NaN when n is 0."""

    value: float
    low: float
    high: float
    n: int


def measure_proportion(selected: Bool[np.ndarray, " object"], *, level: float = 0.68) -> Proportion:
    r"""Measure the fraction of objects that are selected.

    Parameters
    ----------
    selected : ndarray of bool, shape (object,)
        True for the objects that count. Booleans know no NaN: say what an unknown is before.
    level : float
        Probability that the interval holds the true fraction.

    Returns
    -------
    Proportion
        Value and Wilson interval; without objects value, low and high are NaN and n is 0.

    Raises
    ------
    ValueError
        When the level is not between 0 and 1.

    Notes
    -----
    Wilson (1927): with k of n selected, p = k / n and z the normal quantile of (1 + level) / 2, the ends are
    :math:`(p + z^2/2n \pm z\sqrt{p(1-p)/n + z^2/4n^2}) / (1 + z^2/n)`; they stay inside [0, 1] and have a width at
    k = 0 and k = n. Objects are taken as independent; where they come in groups, :func:`bootstrap` by group.

    Examples
    --------
    >>> measure_proportion(np.array([True, True, True, False]), level=0.95)
    Proportion(value=0.75, low=0.300641..., high=0.954412..., n=4)
    """
    return make_proportion(int(np.count_nonzero(selected)), len(selected), level=level)


def make_proportion(selected: int, n: int, *, level: float) -> Proportion:
    """Give ``selected`` of ``n`` objects their Wilson interval, as :func:`measure_proportion` has it."""
    require_fraction("level", level)
    if n == 0:
        return Proportion(math.nan, math.nan, math.nan, 0)
    p = selected / n
    z2 = float(ndtri(0.5 + level / 2)) ** 2 / n
    center, half = p + z2 / 2, math.sqrt(z2 * (p * (1 - p) + z2 / 4))
    return Proportion(p, max(0.0, min(p, (center - half) / (1 + z2))), min(1.0, max(p, (center + half) / (1 + z2))), n)


def measure_completeness(
    truth: Bool[np.ndarray, " object"], selected: Bool[np.ndarray, " object"], *, level: float = 0.68
) -> Proportion:
    """Measure how many of the true objects are selected (recall, true positive rate).

    Parameters
    ----------
    truth : ndarray of bool, shape (object,)
        True for what ought to be selected.
    selected : ndarray of bool, shape (object,)
        True for what is.
    level : float
        Of the Wilson interval, see :func:`measure_proportion`.

    Returns
    -------
    Proportion
        Of the true objects; NaN when there is none.

    Raises
    ------
    ValueError
        When the lengths differ or the level is not between 0 and 1.

    Examples
    --------
    >>> truth, selected = np.array([True, True, False]), np.array([True, False, True])
    >>> measure_completeness(truth, selected).value
    0.5
    """
    require_same_length(truth=truth, selected=selected)
    return measure_proportion(selected[truth], level=level)


def measure_purity(
    truth: Bool[np.ndarray, " object"], selected: Bool[np.ndarray, " object"], *, level: float = 0.68
) -> Proportion:
    """Measure how many of the selected objects are true (precision).

    Parameters
    ----------
    truth : ndarray of bool, shape (object,)
        True for what ought to be selected.
    selected : ndarray of bool, shape (object,)
        True for what is.
    level : float
        Of the Wilson interval, see :func:`measure_proportion`.

    Returns
    -------
    Proportion
        Of the selected objects; NaN when there is none.

    Raises
    ------
    ValueError
        When the lengths differ or the level is not between 0 and 1.

    Examples
    --------
    >>> truth, selected = np.array([True, False, False]), np.array([True, True, False])
    >>> measure_purity(truth, selected).value
    0.5
    """
    require_same_length(truth=truth, selected=selected)
    return measure_proportion(truth[selected], level=level)
