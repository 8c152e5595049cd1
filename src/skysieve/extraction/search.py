"""Detection over a whole image: tile by tile, cleaned, numbered in reading order, optionally hot over cold."""

from dataclasses import replace

import numpy as np
from jaxtyping import Int
from scipy.ndimage import label
from scipy.spatial import cKDTree

from skysieve.extraction.apertures import measure_kron_factor
from skysieve.extraction.background import BackgroundMesh
from skysieve.extraction.bands import BandWindows, combine_windows
from skysieve.extraction.cleaning import find_spurious
from skysieve.extraction.detection import EIGHT_CONNECTED, Found, detect_sources
from skysieve.extraction.ellipses import Ellipses, measure_elliptical_radius
from skysieve.extraction.footprints import Footprints, concatenate_footprints
from skysieve.extraction.recipe import DetectionRecipe, ExtractionRecipe
from skysieve.extraction.tiles import Tile, make_tiles
from skysieve.records import SourceFlag

COLD_REACH = 1.1
"""Hot sources inside this many Kron ellipses of a cold one are its substructure."""


def search_image(
    bands: BandWindows,
    combined: BackgroundMesh | None,
    recipe: ExtractionRecipe,
    *,
    gain: float,
) -> Found:
    """Find all sources of an image in the mode that the recipe names.

    Parameters
    ----------
    bands : BandWindows
        The bands to combine.
    combined : BackgroundMesh or None
        Background of their average; None with one band.
    recipe : ExtractionRecipe
        Tiles, mode and detection settings.
    gain : float
        Electrons per image unit, NaN when unknown.

    Returns
    -------
    Found
        Footprints numbered 1..n in reading order of their peaks, ``group`` the number of the brightest source that
        shares the isophote, and the label map of the whole image.
    """
    if recipe.mode == "single":
        return _number(_search(bands, combined, recipe, detection=recipe.detection, gain=gain))
    cold = _number(_search(bands, combined, recipe, detection=recipe.cold, gain=gain))
    hot = _number(_search(bands, combined, recipe, detection=recipe.hot, gain=gain))
    return _number(_merge_hot_into_cold(cold, hot, bands=bands, recipe=recipe))


def _search(
    bands: BandWindows,
    combined: BackgroundMesh | None,
    recipe: ExtractionRecipe,
    *,
    detection: DetectionRecipe,
    gain: float,
) -> Found:
    """Search all tiles, stitch their labels, remove what bright wings explain."""
    shape = bands.bands[0].band.data.shape
    tiles = make_tiles((shape[0], shape[1]), size=recipe.tile, halo=recipe.halo)
    labels = np.zeros(shape if len(tiles) > 1 else (0, 0), np.int32)
    parts: list[Footprints] = []
    count = 0
    for tile in tiles:
        windows = [bands.window(index, tile) for index in range(len(bands.bands))]
        window = windows[0] if combined is None else combine_windows(windows, combined)
        found = detect_sources(window, detection, gain=gain)
        parts.append(found.footprints)
        if len(tiles) == 1:
            labels = found.labels
        else:
            count = _stitch(labels, found, tile=tile, count=count)
    footprints = concatenate_footprints(parts)
    return Found(footprints.take(~find_spurious(footprints, detection.clean)), labels)


def _stitch(labels: Int[np.ndarray, "y x"], found: Found, *, tile: Tile, count: int) -> int:
    """Write a window's owned sources into the label map, numbered on from ``count``; return the new count.

    Where windows disagree, because a group was cut, a pixel belongs to the tile in whose core it lies: so each source
    keeps at least its peak.
    """
    owned = found.footprints.label
    renumber = np.zeros(int(found.labels.max(initial=0)) + 1, np.int32)
    renumber[owned] = np.arange(count + 1, count + len(owned) + 1)
    new = renumber[found.labels]
    here = labels[tile.window]
    free = here == 0
    y0, x0 = tile.origin
    free[tile.core[0].start - y0 : tile.core[0].stop - y0, tile.core[1].start - x0 : tile.core[1].stop - x0] = True
    np.copyto(here, new, where=free & (new > 0))
    return count + len(owned)


def _number(found: Found) -> Found:
    """Give sources numbers in reading order of their peaks, and find who shares an isophote with whom.

    The labels of ``found.labels`` are row numbers + 1 of the sources before any was removed.
    """
    footprints, labels = found.footprints, found.labels
    order = np.lexsort((footprints.peak_x, footprints.peak_y))
    old = labels[footprints.peak_y[order], footprints.peak_x[order]]
    renumber = np.zeros(int(labels.max(initial=0)) + 1, np.int32)
    renumber[old] = np.arange(1, len(order) + 1)
    at = np.flatnonzero(labels)
    labels.ravel()[at] = renumber[labels.ravel()[at]]
    ordered = footprints.take(order)
    groups, count = label(labels > 0, EIGHT_CONNECTED, output=np.int32)
    group = groups[ordered.peak_y, ordered.peak_x]
    brightest = _find_brightest(group, ordered.flux, count)
    shared = np.bincount(group, minlength=count + 1)[group] > 1
    flags = np.where(shared, ordered.flags | int(SourceFlag.BLENDED), ordered.flags & ~int(SourceFlag.BLENDED))
    numbers = np.arange(1, len(order) + 1)
    return Found(replace(ordered, label=numbers, group=brightest[group] + 1, flags=flags), labels)


def _find_brightest(group: np.ndarray, flux: np.ndarray, count: int) -> np.ndarray:
    """Row of the brightest source of each group."""
    brightest = np.zeros(count + 1, int)
    ascending = np.argsort(flux, kind="stable")
    brightest[group[ascending]] = ascending
    return brightest


def _merge_hot_into_cold(cold: Found, hot: Found, *, bands: BandWindows, recipe: ExtractionRecipe) -> Found:
    """Add to the cold sources the hot ones that lie outside all cold Kron ellipses.

    Notes
    -----
    Galametz et al. (2013), section 4.1, as Boucaud et al. (2020) adapted it.
    """
    height, width = cold.labels.shape
    whole = Tile(*((slice(0, height), slice(0, width)),) * 2, (height, width))
    f = cold.footprints
    ellipses = Ellipses(f.x, f.y, f.a, f.b, f.theta, f.label.astype(np.int32))
    factor, _ = measure_kron_factor(bands.scene(0, whole, cold.labels), ellipses, recipe.photometry)
    outside = ~find_inside(ellipses.scaled(COLD_REACH * factor), hot.footprints.x, hot.footprints.y)
    peaks_free = cold.labels[hot.footprints.peak_y, hot.footprints.peak_x] == 0
    kept = hot.footprints.take(outside & peaks_free)
    renumber = np.zeros(len(hot.footprints) + 1, np.int32)
    renumber[kept.label] = np.arange(1, len(kept) + 1) + len(f)
    new = renumber[hot.labels]
    labels = np.where(cold.labels > 0, cold.labels, new).astype(np.int32)
    return Found(concatenate_footprints([f, kept]), labels)


def find_inside(ellipses: Ellipses, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Tell which positions [pixel] lie inside at least one ellipse."""
    inside = np.zeros(len(x), bool)
    if len(x) == 0 or len(ellipses.x) == 0:
        return inside
    centers = np.column_stack([ellipses.x, ellipses.y])
    near = cKDTree(np.column_stack([x, y])).query_ball_point(centers, ellipses.a)
    at = np.repeat(np.arange(len(near)), [len(found) for found in near])
    point = np.concatenate([np.asarray(found, int) for found in near])
    radius = measure_elliptical_radius(ellipses, at, dx=x[point] - ellipses.x[at], dy=y[point] - ellipses.y[at])
    inside[point[radius < 1]] = True
    return inside
