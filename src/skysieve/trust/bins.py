"""Edges of bins: narrow ones merged until each holds enough."""

import numpy as np
from jaxtyping import Float, Int

MOST = 8
"""Where objects are few, bins shrink until there are about this many of them, rather than one of 300."""


def choose_least(count: int, least: int) -> int:
    """Return how many objects a bin needs: ``least``, fewer where there are not enough for eight such bins.

    Examples
    --------
    >>> choose_least(5000, 300), choose_least(800, 300), choose_least(3, 300)
    (300, 100, 1)
    """
    return max(1, min(least, count // MOST))


def merge_edges(
    edges: Float[np.ndarray, " edge"], counts: Int[np.ndarray, " bin"], *, least: int
) -> Float[np.ndarray, " kept"]:
    """Drop edges until every bin holds enough, from the first bin on; what is left at the end joins the last bin.

    Parameters
    ----------
    edges : ndarray, shape (edge,)
        Rising.
    counts : ndarray of int, shape (edge - 1,)
        Objects between them.
    least : int
        Objects that a bin needs.

    Returns
    -------
    ndarray
        Some of the edges, at least the outermost two; one bin that holds too few where all do.

    Examples
    --------
    >>> merge_edges(np.arange(5.0), np.array([1, 5, 2, 1]), least=3)
    array([0., 2., 4.])
    """
    kept, held = [0], 0
    for index, count in enumerate(counts.tolist(), start=1):
        held += count
        if held >= least:
            kept.append(index)
            held = 0
    if held or len(kept) == 1:
        if len(kept) > 1:
            kept.pop()
        kept.append(len(counts))
    return edges[kept]


def lay_edges(values: Float[np.ndarray, " object"], *, width: float, least: int) -> Float[np.ndarray, " edge"]:
    """Lay bins of a width at multiples of it over the values, and merge those that hold too few.

    Returns
    -------
    ndarray, shape (edge,)
        Two or more; 0 to ``width`` without values.
    """
    if not len(values):
        return np.array([0.0, width])
    number = np.floor(values / width).astype(int)
    edges = np.arange(number.min(), number.max() + 2) * width
    counts = np.bincount(number - number.min(), minlength=len(edges) - 1)
    return merge_edges(edges, counts, least=choose_least(len(values), least))
