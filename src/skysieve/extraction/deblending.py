"""Separation of one connected group of pixels into sources, each group on its own and so independent of the rest."""

from dataclasses import dataclass

import numpy as np
import sep
from jaxtyping import Float, Int

from skysieve.extraction.recipe import DetectionRecipe
from skysieve.records import SourceFlag

SUBOBJECT_LIMITS = (1024, 8192, 32767)
"""Sub-objects a level may hold; the last is the most that sep can count."""

MOST_PIXELS = 4_000_000
"""Groups larger than this are not deblended: the tree would take hours."""


MOST_WORK = 4e9
"""Pixels times peaks above which a group gets a quarter of the levels: at all of them it would take minutes."""


@dataclass(frozen=True)
class Split:
    """Labels 1..n inside the bounding box of a group (0 elsewhere), and what went wrong."""

    labels: Int[np.ndarray, "y x"]
    count: int
    flag: SourceFlag


def split_group(filtered: Float[np.ndarray, "y x"], recipe: DetectionRecipe, *, peaks: int) -> Split:
    """Deblend one group with SExtractor's multi-threshold tree.

    Parameters
    ----------
    filtered : ndarray, shape (y, x), float32
        Bounding box of the group in the filtered image, zero outside the group.
    recipe : DetectionRecipe
        Levels, contrast and smallest area.
    peaks : int
        Local maxima of the group: no level of the tree has more sub-objects.

    Returns
    -------
    Split
        The group left whole, with a flag, when it has more sub-objects or pixels than the tree holds.

    Notes
    -----
    Bertin & Arnouts (1996), section 5. Pixels in the wings go to a branch at random with the probability its Gaussian
    profile gives; sep starts that sequence anew for each group, so a group is always split alike.
    """
    inside = filtered > 0
    pixels = int(np.count_nonzero(inside))
    if pixels > MOST_PIXELS:
        return Split(inside.astype(np.int32), 1, SourceFlag.BUFFER_OVERFLOW)
    sep.set_extract_pixstack(pixels + sum(filtered.shape) + 16)
    threshold = float(np.nextafter(filtered[inside].min(), np.float32(0)))
    fewer = max(2, recipe.levels // 4)
    for levels in (recipe.levels, fewer) if pixels * peaks < MOST_WORK else (fewer,):
        for limit in [limit for limit in SUBOBJECT_LIMITS if limit > peaks] or SUBOBJECT_LIMITS[-1:]:
            labels = _try_split(filtered, threshold, recipe, levels=levels, limit=limit)
            if labels is not None:
                flag = SourceFlag(0) if levels == recipe.levels else SourceFlag.DEBLEND_OVERFLOW
                return Split(labels, int(labels.max()), flag)
    return Split(inside.astype(np.int32), 1, SourceFlag.DEBLEND_OVERFLOW)


def _try_split(
    filtered: np.ndarray, threshold: float, recipe: DetectionRecipe, *, levels: int, limit: int
) -> np.ndarray | None:
    """Run the tree with one limit of sub-objects; None when it overflows."""
    sep.set_sub_object_limit(limit)
    try:
        _, labels = sep.extract(
            filtered,
            threshold,
            minarea=recipe.min_area,
            filter_kernel=None,
            deblend_nthresh=levels,
            deblend_cont=recipe.contrast,
            clean=False,
            segmentation_map=True,
        )
    except Exception as error:  # sep raises plain Exception
        if "overflow" not in str(error):
            raise
        return None
    found: np.ndarray = labels
    return found
