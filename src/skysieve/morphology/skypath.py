"""How far a group of components reaches, and how curled the way through them is."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

EXACT = 12
"""Up to this many places the shortest path is exact; beyond, it is improved until no exchange shortens it."""


@dataclass(frozen=True)
class SkyPath:
    """A path through all places of a group.

    Attributes
    ----------
    separation
        Largest distance of two places [arcsec]; 0 for a single one.
    length
        Of the shortest path that runs through all places from one of those two to the other [arcsec].
    order
        Places along it.
    """

    separation: float
    length: float
    order: tuple[int, ...]

    @property
    def curliness(self) -> float:
        """Length over separation: 1 on a straight line, more the more it winds; NaN where nothing is apart."""
        return self.length / self.separation if self.separation > 0 else math.nan


def trace_path(ra: Float[np.ndarray, " place"], dec: Float[np.ndarray, " place"]) -> SkyPath:
    """Find the shortest path through places on the sky [deg] between the two that are farthest apart.

    Notes
    -----
    Exact up to 12 places (dynamic programming over sets, Held & Karp 1962); beyond, the nearest place that is left,
    then reversals of pieces (2-opt) until none shortens the path.

    Examples
    --------
    >>> path = trace_path(np.array([10.0, 10.0, 10.0]), np.array([0.0, 0.02, 0.01]))
    >>> path.order, round(path.separation, 3), round(path.curliness, 6)
    ((0, 2, 1), 72.0, 1.0)
    """
    if len(ra) == 0:
        return SkyPath(0.0, 0.0, ())
    apart = measure_separations(ra, dec)
    start, end = (int(k) for k in np.unravel_index(apart.argmax(), apart.shape))
    if len(ra) == 1 or start == end:
        return SkyPath(0.0, 0.0, tuple(range(len(ra))))
    order = _find_exactly(apart, start, end) if len(ra) <= EXACT else _find_nearly(apart, start, end)
    return SkyPath(float(apart[start, end]), float(apart[order[:-1], order[1:]].sum()), tuple(order.tolist()))


def measure_separations(
    ra: Float[np.ndarray, " place"], dec: Float[np.ndarray, " place"]
) -> Float[np.ndarray, "place place"]:
    """Return the distances of every two places [arcsec]: haversines, exact for small ones."""
    a, d = np.deg2rad(ra), np.deg2rad(dec)
    square = np.sin((d[:, None] - d) / 2) ** 2
    square = square + np.cos(d[:, None]) * np.cos(d) * np.sin((a[:, None] - a) / 2) ** 2
    return 3600 * np.rad2deg(2 * np.arcsin(np.sqrt(np.minimum(square, 1))))


def _find_exactly(apart: Float[np.ndarray, "place place"], start: int, end: int) -> Int[np.ndarray, " place"]:
    """Shortest ways from the start through each set of places to each of its members, set by set."""
    middle = np.array([k for k in range(len(apart)) if k not in (start, end)], np.int64)
    size, count = len(middle), 2 ** len(middle)
    best = np.full((count, size), np.inf)
    before = np.full((count, size), -1)
    best[1 << np.arange(size), np.arange(size)] = apart[start, middle]
    within = apart[np.ix_(middle, middle)]
    for chosen in range(1, count):
        left = [k for k in range(size) if not chosen >> k & 1]
        if left:
            ways = best[chosen][:, None] + within[:, left]
            last, longer = ways.argmin(axis=0), chosen | (1 << np.array(left))
            length = ways.min(axis=0)
            better = length < best[longer, left]
            best[longer[better], np.array(left)[better]] = length[better]
            before[longer[better], np.array(left)[better]] = last[better]
    path, chosen = [], count - 1
    last = int((best[-1] + apart[middle, end]).argmin()) if size else -1
    while last >= 0:
        path.append(int(middle[last]))
        chosen, last = chosen & ~(1 << last), int(before[chosen, last])
    return np.array([start, *reversed(path), end])


def _find_nearly(apart: Float[np.ndarray, "place place"], start: int, end: int) -> Int[np.ndarray, " place"]:
    order, left = [start], [k for k in range(len(apart)) if k not in (start, end)]
    while left:
        order.append(left.pop(int(apart[order[-1], left].argmin())))
    return _untangle(apart, np.array([*order, end]))


def _untangle(apart: Float[np.ndarray, "place place"], order: Int[np.ndarray, " place"]) -> Int[np.ndarray, " place"]:
    """Reverse the piece of a path that shortens it most, until none does; the ends stay."""
    while True:
        before, first, last, after = order[:-2], order[1:-1], order[1:-1], order[2:]
        gain = (apart[before, first][:, None] + apart[last, after]) - (
            apart[np.ix_(before, last)] + apart[np.ix_(first, after)]
        )
        i, j = np.unravel_index(np.triu(gain, 1).argmax(), gain.shape)
        if gain[i, j] <= 1e-9 or i >= j:
            return order
        order = np.concatenate([order[: i + 1], order[i + 1 : j + 2][::-1], order[j + 2 :]])
