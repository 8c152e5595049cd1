"""One call for every method: ours, the SExtractor program, plain sep, photutils; the same columns from each."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from jaxtyping import Bool, Int

from skysieve.extraction.baselines import measure_with_sep
from skysieve.extraction.ellipses import Ellipses
from skysieve.extraction.engine import extract_sources
from skysieve.extraction.finishing import (
    Extraction,
    Measured,
    finish_extraction,
    make_empty_extraction,
    refuse_detector,
)
from skysieve.extraction.footprints import concatenate_footprints
from skysieve.extraction.photometry import concatenate_photometry
from skysieve.extraction.photutils_baseline import measure_with_photutils
from skysieve.extraction.recipe import DetectionRecipe, ExtractionRecipe, Method
from skysieve.extraction.search import COLD_REACH, find_inside
from skysieve.extraction.source_extractor import measure_with_source_extractor
from skysieve.records import Catalog, Detector, ImageFlag, PsfModel

Measure = Callable[[Detector, ExtractionRecipe, DetectionRecipe], Measured]


def extract(
    detector: Detector,
    recipe: ExtractionRecipe,
    *,
    image_index: int = 0,
    psf: PsfModel | None = None,
    positions: Catalog | None = None,
) -> Extraction:
    """Find and measure all sources of a detector image by the method that the recipe names.

    Parameters
    ----------
    detector : Detector
        Pixels, calibration and world coordinates; bad pixels are marked, never NaN.
    recipe : ExtractionRecipe
        ``method`` is "skysieve" (this package's own), "source-extractor" (the program, when it is installed), "sep"
        or "photutils" (those libraries, used as their documentation teaches).
    image_index : int, optional
        Position of the image in the run, from which the ids are made.
    psf : PsfModel, optional
        Use this one; None measures it on the stars of the image (sep and photutils measure none).
    positions : Catalog, optional
        Measure at its sources instead of searching; by the method "skysieve" alone.

    Returns
    -------
    Extraction
        The same columns whatever the method; NaN (0 in whole numbers) where it has no such value. The catalog is
        empty, with a flag and a message, when the image is too small, all bad or constant.

    Raises
    ------
    ValueError
        If positions are given to another method than ours.
    FileNotFoundError, ImportError
        If the program or the library that the method needs is not installed.
    RuntimeError
        If that program or library gives up; ours does not.
    """
    if recipe.method == "skysieve":
        return extract_sources(detector, recipe, image_index=image_index, psf=psf, positions=positions)
    if positions is not None:
        raise ValueError(f"a given catalog is measured by the method skysieve, not by {recipe.method}")
    refused = refuse_detector(detector) or _refuse_constant(detector)
    if refused is not None:
        return make_empty_extraction(detector, recipe, refused[0], words=refused[1])
    measure = _choose(recipe.method, psf)
    if recipe.mode == "single":
        measured = measure(detector, recipe, recipe.detection)
    else:
        cold, hot = (measure(detector, recipe, detection) for detection in (recipe.cold, recipe.hot))
        measured = merge_hot_into_cold(cold, hot)
    return finish_extraction(detector, recipe, measured, image_index=image_index)


def merge_hot_into_cold(cold: Measured, hot: Measured) -> Measured:
    """Add to the sources of a cold run those of a hot one that lie outside all cold Kron ellipses.

    Notes
    -----
    Galametz et al. (2013), section 4.1, as Boucaud et al. (2020) adapted it: the rows of two complete runs are
    joined, so the apertures of either know nothing of the other's sources.
    """
    f, candidates = cold.footprints, hot.footprints
    ellipses = Ellipses(f.x, f.y, f.a, np.maximum(f.b, 1e-3), f.theta, f.label.astype(np.int32))
    inside = find_inside(ellipses.scaled(COLD_REACH * cold.photometry.kron_factor), candidates.x, candidates.y)
    labels, kept = _lay_under(cold.labels, hot.labels, ~inside, count=len(f))
    added = hot.take(np.flatnonzero(kept))
    footprints = concatenate_footprints([f, added.footprints])
    group = np.append(f.group, _renumber_groups(hot, kept, first=len(f)))
    return Measured(
        cold.bands,
        replace(footprints, label=np.arange(1, len(footprints) + 1), group=group),
        concatenate_photometry([cold.photometry, added.photometry]),
        np.append(cold.stellarity, added.stellarity),
        np.append(cold.flags, added.flags),
        labels,
        cold.psf or hot.psf,
    )


def _lay_under(
    cold: Int[np.ndarray, "y x"], hot: Int[np.ndarray, "y x"], wanted: Bool[np.ndarray, " source"], *, count: int
) -> tuple[Int[np.ndarray, "y x"], Bool[np.ndarray, " source"]]:
    """Write wanted hot labels, numbered on from ``count``, where no cold one is; also tell whose pixels show."""
    visible = np.zeros(len(wanted) + 1, bool)
    visible[hot[cold == 0]] = True
    kept = wanted & visible[1:]
    number = np.append(0, np.where(kept, count + np.cumsum(kept), 0)).astype(np.int32)
    return np.where(cold > 0, cold, number[hot]).astype(np.int32), kept


def _renumber_groups(hot: Measured, kept: np.ndarray, *, first: int) -> np.ndarray:
    """Return the new numbers of the parents of kept sources; a source whose parent was dropped is its own."""
    own = first + np.cumsum(kept)
    parent = hot.footprints.group - 1
    return np.where(kept[parent], own[parent], own)[kept]


def _choose(method: Method, psf: PsfModel | None) -> Measure:
    if method == "source-extractor":
        return partial(measure_with_source_extractor, psf=psf)
    return measure_with_sep if method == "sep" else measure_with_photutils


def _refuse_constant(detector: Detector) -> tuple[ImageFlag, str] | None:
    """Say that no band has two pixels that differ, if so."""
    for band in detector.bands:
        good = band.data[~band.bad]
        if good.size and good.min() < good.max():
            return None
    return ImageFlag.CONSTANT, "all usable pixels have the same value"
