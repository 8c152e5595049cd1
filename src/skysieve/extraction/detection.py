"""Detection in one window: threshold, connected groups, deblending, footprints."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import label

from skysieve.extraction.bands import Window
from skysieve.extraction.deblending import split_groups
from skysieve.extraction.footprints import FootprintPixels, Footprints, flag_touching, measure_footprints
from skysieve.extraction.noise import find_above, gather_noise
from skysieve.extraction.recipe import DetectionRecipe
from skysieve.extraction.smoothing import make_kernel, smooth, smooth_weighted
from skysieve.records import SourceFlag

EIGHT_CONNECTED = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Found:
    """Sources of one window and its label map (0 = sky), labels as in ``footprints.label``."""

    footprints: Footprints
    labels: Int[np.ndarray, "y x"]


def detect_sources(window: Window, recipe: DetectionRecipe, *, gain: float) -> Found:
    """Find the sources whose peak lies in the core of a window's tile.

    Parameters
    ----------
    window : Window
        Pixels to search.
    recipe : DetectionRecipe
        Threshold, smallest area, kernel, deblending.
    gain : float
        Electrons per image unit, NaN when unknown.

    Returns
    -------
    Found
        Footprints of the owned sources and the labels of all in the window; both empty when nothing is found.
    """
    filtered = _filter(window, recipe)
    above = find_above(filtered, window.noise, threshold=recipe.threshold, bad=window.bad)
    labels = _label_groups(above, recipe.min_area)
    group_of, flags = split_groups(labels, filtered, recipe)
    footprints = _measure(window, filtered, labels=labels, group_of=group_of, recipe=recipe, gain=gain)
    flags = flags | _flag_surroundings(window, labels, group_of)
    footprints = _add_flags(footprints, flags)
    return Found(footprints.take(window.tile.owns(footprints.peak_y, footprints.peak_x)), labels)


def _filter(window: Window, recipe: DetectionRecipe) -> Float[np.ndarray, "y x"]:
    """Smooth the window, weighting by the noise where that changes from pixel to pixel."""
    kernel = make_kernel(recipe.smoothing)
    if len(kernel) == 1:
        return window.data
    if window.noise.plane is None:
        filtered = smooth(window.data, kernel)
    else:
        usable = ~window.bad & (window.noise.plane > 0)
        filtered = smooth_weighted(window.data, np.where(usable, window.noise.plane, np.float32(np.inf)), kernel)
    filtered[window.bad] = 0  # light that leaked there must not pass for a neighbor's peak
    return filtered


def _label_groups(above: Bool[np.ndarray, "y x"], min_area: int) -> Int[np.ndarray, "y x"]:
    """Label the 8-connected groups of at least ``min_area`` pixels 1..n."""
    labels, count = label(above, EIGHT_CONNECTED, output=np.int32)
    at = np.flatnonzero(above)
    group = labels.ravel()[at]
    large = np.bincount(group, minlength=count + 1) >= min_area
    large[0] = False
    labels.ravel()[at] = np.where(large, np.cumsum(large), 0).astype(np.int32)[group]
    return labels


def _measure(
    window: Window,
    filtered: np.ndarray,
    *,
    labels: np.ndarray,
    group_of: np.ndarray,
    recipe: DetectionRecipe,
    gain: float,
) -> Footprints:
    """Gather the pixels of all sources, sorted by source, and measure them."""
    at = np.flatnonzero(labels)
    source = labels.ravel()[at] - 1
    order = np.argsort(source, kind="stable")
    at, source = at[order], source[order]
    rows, columns = np.divmod(at, labels.shape[1])
    rows, columns = rows.astype(np.int32), columns.astype(np.int32)
    start = np.searchsorted(source, np.arange(len(group_of)))
    pixels = FootprintPixels(
        source=source,
        x=columns,
        y=rows,
        value=window.data.ravel()[at],
        filtered=filtered.ravel()[at],
        sigma=gather_noise(window.noise, columns, rows, start=start),
    )
    return measure_footprints(
        pixels,
        len(group_of),
        group=group_of,
        threshold=recipe.threshold,
        min_area=recipe.min_area,
        gain=gain,
        origin=window.tile.origin,
    )


def _flag_surroundings(window: Window, labels: np.ndarray, group_of: np.ndarray) -> np.ndarray:
    """Set flags from what a footprint touches: bad pixels, the border of the image, the border of the window.

    A group cut by the border of the window may fall apart differently than the whole, so all its sources are flagged.
    """
    count = len(group_of)
    flags = np.where(flag_touching(labels, window.bad, count), int(SourceFlag.BAD_PIXELS), 0)
    sides = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    for side, cut in zip(sides, window.tile.cut_sides, strict=True):
        touched = np.zeros(count + 1, bool)
        touched[side] = True
        if cut:
            flags |= np.where(np.isin(group_of, group_of[touched[1:]]), int(SourceFlag.LARGER_THAN_HALO), 0)
        else:
            flags |= np.where(touched[1:], int(SourceFlag.EDGE), 0)
    return flags


def _add_flags(footprints: Footprints, flags: np.ndarray) -> Footprints:
    return replace(footprints, flags=footprints.flags | flags)
