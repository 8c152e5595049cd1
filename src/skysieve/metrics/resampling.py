"""Errors of any number, by drawing whole groups of objects again and again."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Integer, Shaped

from skysieve.metrics.checks import require_finite, require_fraction, require_same_length


@dataclass(frozen=True)
class Estimate:
    """A number with its standard ``error`` and the ends of its interval, from ``n`` objects in ``groups`` groups.

    ``undefined`` counts the resamples in which the statistic was not a finite number; they are left out of the error.
    """

    value: float
    error: float
    low: float
    high: float
    n: int
    groups: int
    undefined: int = 0


def bootstrap(
    statistic: Callable[..., float],
    arrays: Sequence[Shaped[np.ndarray, "..."]],
    *,
    groups: Shaped[np.ndarray, " object"] | None = None,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.68,
) -> Estimate:
    """Measure a statistic with its error, drawing whole groups with replacement.

    Parameters
    ----------
    statistic : callable
        Takes the arrays in their order, gives one number; every ``measure_`` function that returns a float will do.
        What it refuses (NaN, for one) is refused here.
    arrays : sequence of ndarray
        One row an object in each, further axes as they come.
    groups : ndarray, shape (object,), optional
        Label of the galaxy, exposure or sky cell (:func:`make_sky_cells`) that an object belongs to, as numbers or
        text without NaN; every object its own by default.
    resamples : int
        Number of draws, 2 or more.
    seed : int
        Of the draws.
    level : float
        Probability between ``low`` and ``high``.

    Returns
    -------
    Estimate
        The statistic of all objects; error: standard deviation of the resamples, low and high: their quantiles.
        With fewer than two groups, or fewer than two resamples in which the statistic is finite, the three are NaN:
        one group tells nothing of the spread between groups.

    Raises
    ------
    ValueError
        When lengths differ, no array is given, a group is NaN, resamples < 2 or the level is not between 0 and 1.

    Notes
    -----
    Cluster bootstrap, percentile interval (Efron & Tibshirani 1993, sections 6 and 13; Davison & Hinkley 1997, section
    3.8). A resample keeps the order of the objects: where they are sorted by descending score, :func:`measure_auc` and
    its kin need not sort again. With g groups the error comes out too small by the factor sqrt((g - 1) / g), and is
    itself uncertain below some 20 groups.

    Examples
    --------
    >>> light = np.array([1.0, 1.0, 2.0, 2.0, 4.0, 4.0])
    >>> estimate = bootstrap(lambda x: float(x.mean()), [light], groups=np.array([1, 1, 2, 2, 3, 3]), seed=1)
    >>> round(estimate.value, 2), round(estimate.error, 2), estimate.n, estimate.groups
    (2.33, 0.73, 6, 3)
    """
    _check(arrays, groups, resamples)
    require_fraction("level", level)
    n = len(arrays[0])
    member, size = _number_groups(groups, n)
    value = float(statistic(*arrays))
    if size < 2:
        return Estimate(value, math.nan, math.nan, math.nan, n, size)
    draws = np.array(_draw(statistic, arrays, member=member, size=size, resamples=resamples, seed=seed))
    finite = draws[np.isfinite(draws)]
    undefined = resamples - len(finite)
    if len(finite) < 2:
        return Estimate(value, math.nan, math.nan, math.nan, n, size, undefined)
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value, float(np.std(finite, ddof=1)), float(low), float(high), n, size, undefined)


def _check(
    arrays: Sequence[Shaped[np.ndarray, "..."]], groups: Shaped[np.ndarray, " object"] | None, resamples: int
) -> None:
    """Refuse what :func:`bootstrap` says it refuses."""
    if not arrays:
        raise ValueError("bootstrap: no array given; give what the statistic takes, as a list")
    if resamples < 2:
        raise ValueError(f"resamples={resamples}: at least 2 are wanted, 1000 for an interval")
    require_same_length(**{f"array {n}": array for n, array in enumerate(arrays)})
    if groups is not None:
        require_same_length(arrays=arrays[0], groups=groups)
        if groups.dtype.kind == "f":
            require_finite("groups", groups)


def _number_groups(groups: Shaped[np.ndarray, " object"] | None, n: int) -> tuple[Integer[np.ndarray, " object"], int]:
    """Give the groups numbers from 0; without groups every object is one."""
    if groups is None:
        return np.arange(n), n
    names, member = np.unique(groups, return_inverse=True)
    return member, len(names)


def _draw(
    statistic: Callable[..., float],
    arrays: Sequence[Shaped[np.ndarray, "..."]],
    *,
    member: Integer[np.ndarray, " object"],
    size: int,
    resamples: int,
    seed: int,
) -> list[float]:
    """Take the statistic of resamples: the objects of each group as often as the group was drawn."""
    rng = np.random.default_rng(seed)
    rows, values = np.arange(len(member)), []
    for _ in range(resamples):
        times = np.bincount(rng.integers(size, size=size), minlength=size)
        index = np.repeat(rows, times[member])
        values.append(float(statistic(*(array[index] for array in arrays))))
    return values
