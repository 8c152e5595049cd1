"""Sharing of the wings of a blend among its branches."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.extraction.tree import Groups, follow

LEAST_CONTRAST = 0.2
"""Smallest ln(peak / level) of a branch that its profile is given: below, noise decides on it."""


@dataclass(frozen=True)
class Profiles:
    """Gaussian profiles of branches 1..n (row 0 is unused): ln of the amplitude, center [pixel], quadratic form."""

    height: Float[np.ndarray, " branch"]
    x: Float[np.ndarray, " branch"]
    y: Float[np.ndarray, " branch"]
    xx: Float[np.ndarray, " branch"]
    yy: Float[np.ndarray, " branch"]
    xy: Float[np.ndarray, " branch"]


@dataclass(frozen=True)
class Claims:
    """For each pixel the branch that owns it (0 = none yet), ln of that profile there, and where it came from."""

    owner: Int[np.ndarray, " pixel"]
    height: Float[np.ndarray, " pixel"]
    origin: Int[np.ndarray, " pixel"]


def share_wings(groups: Groups, branch: Int[np.ndarray, " pixel"]) -> Int[np.ndarray, " pixel"]:
    """Give every pixel of the groups that have branches to one of them.

    Parameters
    ----------
    groups : Groups
        Pixels of the filtered image.
    branch : ndarray, shape (pixel,)
        From ``find_branches``.

    Returns
    -------
    ndarray, shape (pixel,)
        The branch of each pixel, each branch connected; 0 only in groups without branches.

    Notes
    -----
    Bertin & Arnouts (1996), section 5, share the wings at random, with probabilities from Gaussian profiles. Here a
    pixel goes to the highest profile among the branches that own a neighbor, the lower number of equals, until no
    pixel changes hands. What other branches have then cut off from its branch goes to its neighbors.
    """
    core = branch > 0
    profiles = fit_profiles(groups, branch)
    claims = Claims(branch.copy(), np.where(core, np.inf, -np.inf), np.arange(len(branch), dtype=np.int32))
    front = np.flatnonzero(core & _touches(~core, groups.neighbors))
    while len(front):
        front = _advance(claims, front, groups=groups, profiles=profiles, settled=core)
    cut_off = _find_cut_off(claims, core, neighbors=groups.neighbors)
    claims.owner[cut_off], claims.height[cut_off] = 0, -np.inf
    settled = claims.owner > 0
    front = np.flatnonzero(settled & _touches(cut_off, groups.neighbors))
    while len(front):
        front = _advance(claims, front, groups=groups, profiles=profiles, settled=settled)
        settled[front] = True
    return claims.owner


def fit_profiles(groups: Groups, branch: Int[np.ndarray, " pixel"]) -> Profiles:
    """Fit a Gaussian to each branch: its moments give center and shape, its peak and its area the height and width.

    Notes
    -----
    The isophote at a level t of a Gaussian with the peak p and second moments of determinant D encloses the area
    2 pi sqrt(D) ln(p / t). Moments alone would be too narrow, since they end at the level of the branch.
    """
    at = np.flatnonzero(branch)
    number, value = branch[at], groups.value[at].astype(float)
    count = int(branch.max(initial=0)) + 1
    flux = _sum(number, value, count)
    x, y = (_sum(number, value * place[at], count) / flux for place in (groups.x, groups.y))
    dx, dy = groups.x[at] - x[number], groups.y[at] - y[number]
    xx, yy, xy = (_sum(number, value * square, count) / flux for square in (dx * dx, dy * dy, dx * dy))
    xx, yy = xx + 1 / 12, yy + 1 / 12  # the pixels themselves, so that a line of them has a width
    peak, level = np.zeros(count), np.full(count, np.inf)
    np.maximum.at(peak, number, value)
    np.minimum.at(level, number, value)
    peak[0] = level[0] = 1
    drop = np.maximum(np.log(peak / level), LEAST_CONTRAST)
    scale = np.sqrt(xx * yy - xy**2) * _sum(number, np.ones(len(at)), count) / (np.pi * drop)
    return Profiles(np.log(peak), x, y, yy / scale, xx / scale, -2 * xy / scale)


def _sum(number: np.ndarray, value: np.ndarray, count: int) -> np.ndarray:
    """Sum over the pixels of each branch; 1 for the unused row 0."""
    sums: np.ndarray = np.bincount(number, weights=value, minlength=count)
    sums[0] = 1
    return sums


def _touches(chosen: Bool[np.ndarray, " pixel"], neighbors: Int[np.ndarray, "8 pixel"]) -> Bool[np.ndarray, " pixel"]:
    """Tell which pixels have a chosen neighbor."""
    touches = np.zeros(len(chosen), bool)
    for neighbor in neighbors:
        touches |= chosen[neighbor]
    return touches


def _advance(
    claims: Claims, front: np.ndarray, *, groups: Groups, profiles: Profiles, settled: np.ndarray
) -> np.ndarray:
    """Offer the neighbors of the front to the owners of the front, in place; return the pixels that accepted."""
    to = groups.neighbors[:, front]
    willing = (claims.owner[to] != claims.owner[front]) & ~settled[to]
    to, source = to[willing], np.broadcast_to(front, to.shape)[willing]
    branch = claims.owner[source]
    height = _evaluate(profiles, branch, x=groups.x[to], y=groups.y[to])
    held = claims.height[to]
    better = np.flatnonzero((height > held) | ((height == held) & (branch < claims.owner[to])))
    np.maximum.at(claims.height, to[better], height[better])
    better = better[height[better] == claims.height[to[better]]]
    better = better[np.argsort(-branch[better], kind="stable")]  # of equal offers the last, the lowest number, holds
    to, source = to[better], source[better]
    claims.owner[to], claims.origin[to] = branch[better], source
    return to[claims.origin[to] == source]


def _evaluate(profiles: Profiles, branch: np.ndarray, *, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Logarithm of the profiles of branches, each at its position [pixel]."""
    dx, dy = x - profiles.x[branch], y - profiles.y[branch]
    form = (profiles.xx[branch] * dx + profiles.xy[branch] * dy) * dx + profiles.yy[branch] * dy * dy
    height: np.ndarray = profiles.height[branch] - form
    return height


def _find_cut_off(
    claims: Claims, core: Bool[np.ndarray, " pixel"], *, neighbors: Int[np.ndarray, "8 pixel"]
) -> Bool[np.ndarray, " pixel"]:
    """Tell which owned pixels are not connected to the core of their branch through pixels of that branch."""
    back = np.where(claims.owner[claims.origin] == claims.owner, claims.origin, np.arange(len(core), dtype=np.int32))
    doubtful = (claims.owner > 0) & ~core[follow(back)]  # the way they were claimed is cut; there may be another
    front = np.flatnonzero((claims.owner > 0) & ~doubtful & _touches(doubtful, neighbors))
    while len(front):
        to = neighbors[:, front]
        front = np.unique(to[doubtful[to] & (claims.owner[to] == claims.owner[front])])
        doubtful[front] = False
    return doubtful
