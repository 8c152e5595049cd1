"""Separation of connected groups of pixels into sources, each group on its own and so independent of the rest."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from skysieve.extraction.recipe import DetectionRecipe
from skysieve.extraction.tree import find_branches, find_first, gather_groups
from skysieve.extraction.wings import share_wings
from skysieve.records import SourceFlag

PIXELS_AT_ONCE = 1 << 18
"""Groups are deblended together up to this many pixels, so that many small ones cost little more than one large."""

MOST_PIXELS = 1 << 23
"""Groups larger than this are left whole, since a pixel takes up to 150 bytes while it is split."""


def split_groups(
    labels: Int[np.ndarray, "y x"], filtered: Float[np.ndarray, "y x"], recipe: DetectionRecipe
) -> tuple[Int[np.ndarray, " source"], Int[np.ndarray, " source"]]:
    """Deblend in place every group of a label map.

    Parameters
    ----------
    labels : ndarray, shape (y, x)
        8-connected groups 1..n, 0 elsewhere. The first source of a group that falls apart keeps its label, the others
        are numbered on from n.
    filtered : ndarray, shape (y, x)
        Filtered image [any unit], positive and finite in all groups.
    recipe : DetectionRecipe
        Levels, contrast (1 splits nothing) and smallest area.

    Returns
    -------
    group_of, flags : ndarray, shape (source,)
        Group and flags of each source 1, 2, ...: ``BLENDED`` when its group fell apart, ``BUFFER_OVERFLOW`` when that
        is too large to try. Empty without groups.

    Notes
    -----
    ``find_branches`` tells which sources there are, ``share_wings`` which pixels are theirs. A group is split alike
    wherever it lies and whatever else is in the image.
    """
    at = np.flatnonzero(labels)
    size = np.bincount(labels.ravel()[at], minlength=1)[1:]
    group_of = np.arange(1, len(size) + 1)
    if recipe.contrast < 1:
        peaks = _count_peaks(labels, filtered, at)
        possible = (peaks > 1) & (size <= MOST_PIXELS)
        for batch in _batch(labels, at, np.where(possible, size, 0)):
            group_of = _split_batch(labels, filtered, batch, recipe=recipe, group_of=group_of)
    blended = np.bincount(group_of)[group_of] > 1
    flags = np.where(blended, int(SourceFlag.BLENDED), 0)
    return group_of, flags | np.where(size[group_of - 1] > MOST_PIXELS, int(SourceFlag.BUFFER_OVERFLOW), 0)


def _count_peaks(labels: np.ndarray, filtered: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Local maxima of each group, or more: pixels on the border of the image count as such.

    A group with one falls apart at no level, so most groups need not be tried.
    """
    height, width = labels.shape
    rows, columns = np.divmod(at, width)
    border = (rows == 0) | (rows == height - 1) | (columns == 0) | (columns == width - 1)
    label, value = labels.ravel(), filtered.ravel()
    highest = at[~border]
    for step in (1, -1, width, -width, width + 1, -width - 1, width - 1, 1 - width):
        there, here = value[highest + step], value[highest]
        lower = (there <= here) if step > 0 else (there < here)
        highest = highest[lower | (label[highest + step] == 0)]
    peaks: np.ndarray = np.bincount(label[np.append(highest, at[border])], minlength=int(label[at].max(initial=0)) + 1)
    return peaks[1:]


def _batch(labels: np.ndarray, at: np.ndarray, size: np.ndarray) -> Iterator[np.ndarray]:
    """Flat indices, ascending, of the pixels of some groups at a time, each complete; groups of size 0 are left out."""
    batch_of = np.append(-1, np.where(size > 0, np.cumsum(size) // PIXELS_AT_ONCE, -1))
    batch = batch_of[labels.ravel()[at]]
    order = np.argsort(batch, kind="stable")
    for start, stop in pairwise(np.searchsorted(batch[order], np.arange(batch_of.max() + 2))):
        if start < stop:
            yield at[order[start:stop]]


def _split_batch(
    labels: np.ndarray, filtered: np.ndarray, at: np.ndarray, *, recipe: DetectionRecipe, group_of: np.ndarray
) -> np.ndarray:
    """Deblend some groups in place; return ``group_of`` with the new sources at its end."""
    groups = gather_groups(at, labels, filtered)
    branch = find_branches(groups, recipe)
    count = int(branch.max())
    if count == 0:
        return group_of
    first = find_first(branch, count + 1)[1:]
    parent = labels.ravel()[at[first]]
    further = np.ones(count, bool)
    further[np.unique(parent, return_index=True)[1]] = False
    names = np.append(0, np.where(further, len(group_of) + np.cumsum(further), parent))
    owner = share_wings(groups, branch)
    np.put(labels, at[owner > 0], names[owner[owner > 0]])
    return np.append(group_of, parent[further])
