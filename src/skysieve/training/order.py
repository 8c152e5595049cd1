"""Which samples make up which batch, and with which dice: functions of seed, epoch and step alone."""

import math

import numpy as np
from jaxtyping import Int

Rows = Int[np.ndarray, " row"]


def order_samples(samples: int, *, batch: int, ranks: int, rank: int, seed: int, epoch: int) -> list[Rows]:
    """Return the rows of each training batch of one epoch on one device.

    Parameters
    ----------
    samples : int
        How many there are; at least one for each device.
    batch : int
        Most rows in a batch.
    ranks, rank : int
        How many devices share the work, and which one this is.
    seed, epoch : int
        Of the order; nothing else decides on it.

    Returns
    -------
    list of ndarray
        As many batches on each device; their sizes differ by one at most, and every sample occurs once in the epoch.

    Raises
    ------
    ValueError
        If there are fewer samples than devices.

    Examples
    --------
    >>> [len(rows) for rows in order_samples(10, batch=4, ranks=1, rank=0, seed=1, epoch=0)]
    [4, 3, 3]
    """
    if samples < ranks:
        raise ValueError(f"training set: {samples} samples for {ranks} devices; at least one for each is wanted")
    order = np.random.default_rng([seed, epoch]).permutation(samples)
    steps = count_steps(samples, batch=batch, ranks=ranks)
    return list(np.array_split(order, steps * ranks)[rank::ranks])


def count_steps(samples: int, *, batch: int, ranks: int) -> int:
    """Return how many steps an epoch has."""
    return math.ceil(samples / (batch * ranks))


def order_validation(samples: int, *, batch: int, ranks: int, rank: int) -> list[Rows]:
    """Return the rows of each validation batch on one device; batches that fill up a device are empty."""
    starts = range(0, samples, batch)
    batches = [np.arange(start, min(start + batch, samples)) for start in starts]
    batches += [np.arange(0)] * (-len(batches) % ranks)
    return batches[rank::ranks]


def mix_seed(*numbers: int) -> int:
    """Return a seed of 64 bits that depends on all of some non-negative numbers and on their order.

    Examples
    --------
    >>> mix_seed(0, 1) != mix_seed(1, 0)
    True
    """
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])
