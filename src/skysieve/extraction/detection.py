"""Detection in one window: threshold, connected groups, deblending, footprints."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import find_objects, label

from skysieve.extraction.bands import Window
from skysieve.extraction.deblending import split_group
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
    unit = np.float32(2.0 ** np.floor(np.log2(window.noise.mesh.median_rms)))  # keeps the tree's numbers in range
    group_of, flags = _split_groups(labels, filtered, recipe, unit=unit)
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


def _split_groups(
    labels: Int[np.ndarray, "y x"], filtered: Float[np.ndarray, "y x"], recipe: DetectionRecipe, *, unit: np.float32
) -> tuple[np.ndarray, np.ndarray]:
    """Deblend in place the groups with several peaks, in a flux unit; return the group and the flags of each source."""
    boxes = find_objects(labels)
    peaks = _count_peaks(labels, filtered, len(boxes)) if recipe.contrast < 1 else np.ones(len(boxes) + 1, int)
    group_of = list(range(1, len(boxes) + 1))
    flags = [0] * len(boxes)
    for group in np.flatnonzero(peaks > 1).tolist():
        box = boxes[group - 1]
        inside = labels[box] == group
        alone = np.where(inside, filtered[box], 0) / unit
        split = split_group(alone, recipe, peaks=int(peaks[group]))
        flags[group - 1] |= int(split.flag)
        if split.count < 2:
            continue
        first = len(group_of)
        numbers = np.array([0, group, *range(first + 1, first + split.count)], np.int32)
        np.copyto(labels[box], numbers[split.labels], where=inside)
        flags[group - 1] |= int(SourceFlag.BLENDED)
        group_of += [group] * (split.count - 1)
        flags += [flags[group - 1]] * (split.count - 1)
    return np.array(group_of, int), np.array(flags, int)


def _count_peaks(labels: np.ndarray, filtered: np.ndarray, count: int) -> np.ndarray:
    """Local maxima of each group 0..count: only a group with several can fall apart at any level.

    Pixels on the border of the window count as maxima, which costs at most a needless try.
    """
    height, width = labels.shape
    at = np.flatnonzero(labels)
    flat, value = filtered.ravel(), filtered.ravel()[at]
    column = at % width
    border = (column == 0) | (column == width - 1) | (at < width) | (at >= (height - 1) * width)
    highest = np.ones(len(at), bool)
    for step in (-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1):
        neighbor = flat[np.clip(at + step, 0, flat.size - 1)]
        highest &= (neighbor <= value) if step > 0 else (neighbor < value)
    peaks: np.ndarray = np.bincount(labels.ravel()[at][highest | border], minlength=count + 1)
    return peaks


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
    fields = {name: getattr(footprints, name) for name in Footprints.__dataclass_fields__}
    return Footprints(**{**fields, "flags": footprints.flags | flags})
