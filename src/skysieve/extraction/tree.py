"""The multi-threshold tree: which parts of a connected group of pixels are sources of their own."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from skysieve.extraction.recipe import DetectionRecipe

OPPOSITE = 4
"""Row ``d + 4`` of a table of neighbors looks back along row ``d``."""

SMALLEST_BRANCH = 3
"""Pixels a branch needs at its level, or ``min_area`` if that is less; SExtractor and sep ask the same."""


@dataclass(frozen=True)
class Groups:
    """Pixels of some connected groups, in reading order, as a graph.

    ``neighbors`` holds the position in this list of the eight neighbors of each pixel, its own where there is none;
    ``group`` counts from 0; ``value`` is positive; ``x``, ``y`` [pixel] start at the first pixel of the group, so that
    no result depends on where the group lies.
    """

    group: Int[np.ndarray, " pixel"]
    value: Float[np.ndarray, " pixel"]
    x: Int[np.ndarray, " pixel"]
    y: Int[np.ndarray, " pixel"]
    neighbors: Int[np.ndarray, "8 pixel"]

    @property
    def count(self) -> int:
        """Number of groups."""
        return int(self.group.max(initial=-1)) + 1


@dataclass(frozen=True)
class Parts:
    """Connected parts above one level: sums over their pixels, their group, and whether they hold no source yet."""

    area: np.ndarray
    flux: np.ndarray
    group: np.ndarray
    whole: np.ndarray


def gather_groups(
    at: Int[np.ndarray, " pixel"], labels: Int[np.ndarray, "y x"], image: Float[np.ndarray, "y x"]
) -> Groups:
    """Gather complete groups of a label map, given their pixels as ascending flat indices."""
    label, group = np.unique(labels.ravel()[at], return_inverse=True)
    first = find_first(group, len(label))
    y, x = (place.astype(np.int32) for place in np.divmod(at, labels.shape[1]))
    return Groups(
        group=group.astype(np.int32),
        value=image.ravel()[at],
        x=x - x[first][group],
        y=y - y[first][group],
        neighbors=link_pixels(at, labels.shape[1]),
    )


def find_first(kind: Int[np.ndarray, " item"], count: int) -> Int[np.ndarray, " kind"]:
    """Position of the first item of each kind 0..count-1; 0 where there is none.

    Examples
    --------
    >>> find_first(np.array([2, 0, 0, 2]), 3).tolist()
    [1, 0, 0]
    """
    first = np.zeros(count, int)
    first[kind[::-1]] = np.arange(len(kind))[::-1]  # of repeated places the last assignment holds
    return first


def link_pixels(at: Int[np.ndarray, " pixel"], width: int) -> Int[np.ndarray, "8 pixel"]:
    """Find the eight neighbors of each pixel of an ascending list of flat indices into an image of this width.

    Examples
    --------
    >>> link_pixels(np.array([0, 1, 5]), 4)[[0, 2, 3]].tolist()
    [[1, 1, 2], [0, 2, 2], [2, 1, 2]]
    """
    place = at + at // width  # one empty column more, so that no row runs on into the next
    padded = np.append(place, -1)
    own = np.arange(len(at), dtype=np.int32)
    neighbors = np.tile(own, (2 * OPPOSITE, 1))
    below = np.searchsorted(place, place + width).astype(np.int32)
    for row, step in enumerate((1, width, width + 1, width + 2)):
        at_step = own + 1 if row == 0 else below
        there = padded[at_step] == place + step
        neighbors[row, there] = at_step[there]
        neighbors[row + OPPOSITE, at_step[there]] = own[there]
        below += there & (row > 0)
    return neighbors


def find_branches(groups: Groups, recipe: DetectionRecipe) -> Int[np.ndarray, " pixel"]:
    """Find the branches that count as sources.

    Parameters
    ----------
    groups : Groups
        Pixels of the filtered image.
    recipe : DetectionRecipe
        Levels, contrast and smallest area.

    Returns
    -------
    ndarray, shape (pixel,)
        Branch 1..n of each pixel, numbered in reading order of their first pixels; 0 in the wings, which lie below
        the level where the branches part, and in groups that are one source.

    Notes
    -----
    Bertin & Arnouts (1996), section 5: the levels of a group are spaced exponentially between its threshold and its
    peak. Parts of at least ``min_area`` pixels that part from each other at a level are sources when at least two of
    them hold, above that level, more than ``contrast`` of the flux of the group. A part that itself falls apart at a
    higher level is replaced by its parts.

    The pixels above a level are connected as the summits that they climb to are, over passes above that level, so
    that all but a few steps need only the summits: the work grows with the number of pixels, whatever their peaks.
    """
    scale, reached = _find_levels(groups, recipe.levels)
    summit = _climb(groups)
    links = _link_summits(groups.neighbors, summit, reached, levels=recipe.levels)
    branch_of, level_of = _grow_tree(groups, summit, reached, scale=scale, links=links, recipe=recipe)
    branch = branch_of[summit]
    branch[reached < level_of[summit]] = 0
    return _number(branch)


def _find_levels(groups: Groups, levels: int) -> tuple[np.ndarray, np.ndarray]:
    """Levels of each group, shape (group, level), and how many above the first each pixel has reached."""
    low = np.full(groups.count, np.inf, groups.value.dtype)
    high = np.zeros(groups.count, groups.value.dtype)
    np.minimum.at(low, groups.group, groups.value)
    np.maximum.at(high, groups.group, groups.value)
    threshold = low.astype(float) * (1 - 2.0**-24)  # just below the faintest pixel
    span = np.log(high / threshold)
    height = np.log(groups.value / threshold[groups.group]) / span[groups.group]
    reached = np.minimum((levels * height).astype(np.int16), levels - 1)
    return threshold[:, None] * np.exp(span[:, None] * (np.arange(levels) / levels)), reached


def _climb(groups: Groups) -> np.ndarray:
    """Summit 0..n-1 that each pixel comes to by stepping to its brightest neighbor, the later one of equals."""
    value = groups.value
    target = np.arange(len(value), dtype=np.int32)
    best = value.copy()
    for neighbor in groups.neighbors:
        there = value[neighbor]
        higher = (there > best) | ((there == best) & (neighbor > target))
        target = np.where(higher, neighbor, target)
        best = np.maximum(best, there)
    summits = target == np.arange(len(target))
    return (np.cumsum(summits, dtype=np.int32) - 1)[follow(target)]


def _link_summits(neighbors: np.ndarray, summit: np.ndarray, reached: np.ndarray, *, levels: int) -> list[np.ndarray]:
    """Pairs of summits, shape (2, pair), that pixels of each level connect."""
    pairs, passes = [], []
    for neighbor in neighbors[:OPPOSITE]:
        at = np.flatnonzero(summit[neighbor] != summit)
        pairs.append(np.stack([summit[at], summit[neighbor[at]]]))
        passes.append(np.minimum(reached[at], reached[neighbor[at]]))
    level = np.concatenate(passes)
    ordered = np.concatenate(pairs, axis=1)[:, np.argsort(level, kind="stable")]
    return np.split(ordered, np.cumsum(np.bincount(level, minlength=levels))[:-1], axis=1)


def _grow_tree(
    groups: Groups,
    summit: np.ndarray,
    reached: np.ndarray,
    *,
    scale: np.ndarray,
    links: list[np.ndarray],
    recipe: DetectionRecipe,
) -> tuple[np.ndarray, np.ndarray]:
    """Join parts from the highest level down; return the branch (0 = none) of each summit and the branch's level."""
    count = int(summit.max(initial=-1)) + 1
    order = np.argsort(reached, kind="stable")
    pixels = np.split(order, np.searchsorted(reached[order], np.arange(1, recipe.levels)))
    enough = recipe.contrast * np.bincount(groups.group, weights=groups.value)
    branch_of, level_of = np.zeros(count, np.int32), np.zeros(count, np.int16)
    part = np.arange(count)  # of each summit
    group = groups.group[find_first(summit, count)]
    parts = Parts(np.zeros(count), np.zeros(count), group, np.ones(count, bool))
    for level in reversed(range(recipe.levels)):
        pairs = part[links[level]]
        pairs = pairs[:, pairs[0] != pairs[1]]
        if pairs.size:
            joined = _join(pairs, len(parts.area))
            excess = parts.flux - scale[parts.group, min(level + 1, recipe.levels - 1)] * parts.area
            counts = (parts.area >= min(SMALLEST_BRANCH, recipe.min_area)) & (excess > enough[parts.group])
            chosen, parts = _merge(parts, joined, counts)
            new = np.where(chosen, branch_of.max() + np.cumsum(chosen), 0)[part]
            level_of[new > 0] = level + 1
            branch_of = np.maximum(branch_of, new)
            part = joined[part]
        here = part[summit[pixels[level]]]
        area = np.bincount(here, minlength=len(parts.area))
        flux = np.bincount(here, weights=groups.value[pixels[level]], minlength=len(parts.area))
        parts = Parts(parts.area + area, parts.flux + flux, parts.group, parts.whole)
    return branch_of, level_of


def _merge(parts: Parts, joined: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, Parts]:
    """Merge parts that join; return which of them are sources, and the merged parts."""
    area, flux, other, found = (
        np.bincount(joined, weights=sums) for sums in (parts.area, parts.flux, counts, ~parts.whole)
    )
    splits = other > 1
    group = parts.group[find_first(joined, len(area))]
    return counts & parts.whole & splits[joined], Parts(area, flux, group, (found == 0) & ~splits)


def _join(pairs: np.ndarray, count: int) -> np.ndarray:
    """Tell which connected part of a graph each of its ``count`` nodes belongs to, numbered by their first nodes.

    Every root hooks onto the lowest one it is tied to, until no tie is left.
    """
    root = np.arange(count)
    while pairs.size:
        high, low = np.maximum(*root[pairs]), np.minimum(*root[pairs])
        np.minimum.at(root, high, low)
        root = follow(root)
        pairs = pairs[:, root[pairs[0]] != root[pairs[1]]]
    numbers: np.ndarray = (np.cumsum(root == np.arange(count)) - 1)[root]
    return numbers


def follow(target: Int[np.ndarray, " item"]) -> Int[np.ndarray, " item"]:
    """Follow every pointer to the end of its chain, which points to itself.

    Examples
    --------
    >>> follow(np.array([0, 0, 1, 3, 2])).tolist()
    [0, 0, 0, 3, 0]
    """
    while True:
        farther = target[target]
        if np.array_equal(farther, target):
            return target
        target = farther


def _number(branch: np.ndarray) -> np.ndarray:
    """Renumber branches in the order of their first pixels."""
    count = int(branch.max(initial=0))
    numbers = np.zeros(count + 1, np.int32)
    numbers[1 + np.argsort(find_first(branch, count + 1)[1:])] = np.arange(1, count + 1)
    return numbers[branch]
