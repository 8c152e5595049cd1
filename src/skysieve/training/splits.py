"""Splits by group: samples of one galaxy, exposure or sky cell never part."""

import hashlib
from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Int, Shaped


def split_groups(
    groups: Shaped[np.ndarray, " object"], fractions: Mapping[str, float | int], seed: int = 0
) -> dict[str, Bool[np.ndarray, " object"]]:
    """Split objects into named parts such that each group is in one part.

    Parameters
    ----------
    groups : array
        The group of each object: names or integers. Objects without a group need names of their own.
    fractions : mapping of str to number
        The share of the groups that each part gets; they are scaled to a sum of 1.
    seed : int
        Another seed, another split.

    Returns
    -------
    dict of str to array
        For each part, which objects are in it; every object is in exactly one.

    Raises
    ------
    ValueError
        If a fraction is not positive, or there are too few groups for a part to get one.

    Notes
    -----
    The part is decided by a hash of seed and group alone: it does not depend on the order of the objects, nor on which
    other groups there are, so that data that grow never move a group from one part to another. The shares are met
    as well as chance allows.

    Examples
    --------
    >>> parts = split_groups(np.arange(1000), {"train": 0.8, "test": 0.2}, 1)
    >>> int(parts["train"].sum()), bool((parts["train"] ^ parts["test"]).all())
    (781, True)
    """
    shares = np.array(list(fractions.values()), dtype=float)
    if not (len(shares) and np.isfinite(shares).all() and (shares > 0).all()):
        raise ValueError(f"split: the fractions are {dict(fractions)}; give each part a positive share")
    names, inverse = np.unique(groups, return_inverse=True)
    place = np.array([_hash(name, seed) for name in names.tolist()], dtype=float)[inverse]
    part = np.searchsorted(np.cumsum(shares)[:-1] / shares.sum(), place, side="right")
    parts = {name: part == number for number, name in enumerate(fractions)}
    for name, chosen in parts.items():
        if not chosen.any():
            raise ValueError(f"split: {name} gets none of {len(names)} groups; give more groups or a larger share")
    return parts


def split_folds(groups: Shaped[np.ndarray, " object"], folds: int, seed: int = 0) -> Int[np.ndarray, " object"]:
    """Return the fold of each object, from 0, such that each group is in one fold and folds are of about one size.

    Parameters
    ----------
    groups : array
        The group of each object: names or integers.
    folds : int
        How many, at least 2.
    seed : int
        Another seed, other folds.

    Raises
    ------
    ValueError
        If there are fewer groups than folds, or fewer than two folds.

    Notes
    -----
    Groups go, largest first and equal ones in the order of a hash of seed and name, to the fold that has the fewest
    objects. The order of the objects does not matter.

    Examples
    --------
    >>> split_folds(np.array(["a", "a", "b", "c"]), 2).tolist()
    [0, 0, 1, 1]
    """
    names, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if not 2 <= folds <= len(names):
        raise ValueError(f"folds: {folds} folds of {len(names)} groups; at least 2 are wanted, and a group for each")
    hashes = np.array([_hash(name, seed) for name in names.tolist()])
    filled, fold = np.zeros(folds, dtype=int), np.zeros(len(names), dtype=int)
    for group in np.lexsort((hashes, -sizes)):
        fold[group] = filled.argmin()
        filled[fold[group]] += sizes[group]
    return fold[inverse]


def _hash(name: object, seed: int) -> float:
    """Return a number in [0, 1) that depends on seed and name alone."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
