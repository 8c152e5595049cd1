"""From a detector's pixels to what the networks see of it."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Float32, Int

from skysieve.config import STRICT, read_recipe
from skysieve.extraction import Extraction, ExtractionRecipe, extract
from skysieve.quality.camera import Usual
from skysieve.quality.features import FeatureRecipe, measure_features, select_usable
from skysieve.quality.fingerprint import FingerprintRecipe, SourceMap, choose_sources, cut_sources
from skysieve.quality.statistics import measure_statistics
from skysieve.records import Detector
from skysieve.som.matching import find_bmus, measure_bmu_distances

QUICK = read_recipe(ExtractionRecipe, settings=["background.second_look=false"])
"""Extraction without the second look at the background: twice as fast, and what it adds is for faint fluxes."""


@dataclass(frozen=True)
class DetectorRecipe:
    """How a detector becomes counts, cutouts and statistics."""

    __pydantic_config__ = STRICT

    features: FeatureRecipe = field(default_factory=FeatureRecipe)
    fingerprint: FingerprintRecipe = field(default_factory=FingerprintRecipe)
    extraction: ExtractionRecipe = QUICK


@dataclass(frozen=True)
class DetectorView:
    """What is seen of one detector.

    ``cutouts`` and ``hits`` as in `Fingerprint`; ``statistics`` as `measure_statistics` gives them; ``places`` (x, y)
    [pixel] of the sources in the cutouts, NaN where there is none; ``dead`` when the detector holds no light.
    """

    cutouts: Float32[np.ndarray, "cluster y x"]
    hits: Int[np.ndarray, " neuron"]
    statistics: Float[np.ndarray, " statistic"]
    places: Float[np.ndarray, "cluster 2"]
    dead: bool


def list_features(
    detector: Detector, recipe: DetectorRecipe, *, fwhm: float
) -> tuple[Extraction, Float[np.ndarray, "source feature"]]:
    """Extract the sources of a detector and measure their features; those that cannot be used have NaN sizes."""
    found = extract(detector, recipe.extraction)
    features = measure_features(found.catalog, recipe.features, fwhm=fwhm, exptime=_get_exptime(detector))
    margin = recipe.fingerprint.side / 2 / recipe.fingerprint.width * fwhm
    features[~select_usable(found.catalog, detector.shape, margin=margin), 0] = np.nan
    return found, features


def view_detector(
    detector: Detector, source_map: SourceMap, recipe: DetectorRecipe, *, usual: Usual, seed: int
) -> DetectorView:
    """Look at a detector through a map of sources.

    Parameters
    ----------
    detector : Detector
        Its reference band is looked at.
    source_map : SourceMap
        With clusters.
    recipe : DetectorRecipe
        As in training.
    usual : Usual
        What the camera usually delivers.
    seed : int
        For the choice of sources.
    """
    band = detector.bands[detector.reference]
    found, features = list_features(detector, recipe, fwhm=usual.fwhm)
    usable = np.isfinite(features[:, 0])
    bmu, distance = np.full(len(features), -1), np.full(len(features), np.nan)
    if usable.any():
        scaled = (features[usable] - source_map.center) / source_map.scale
        bmu[usable] = find_bmus(scaled, source_map.neurons)[:, 0]
        distance[usable] = measure_bmu_distances(scaled, source_map.neurons, bmu[usable])
    chosen = choose_sources(
        bmu,
        source_map,
        choice=recipe.fingerprint.choice,
        area=found.catalog["iso0"].astype(float),
        distance=distance,
        seed=seed,
    )
    level, noise = found.facts.get("background", 0.0), found.facts.get("background_rms", 1.0)
    cutouts = cut_sources(
        band.data, found.catalog, chosen, fwhm=usual.fwhm, recipe=recipe.fingerprint, level=level, noise=noise
    )
    statistics = measure_statistics(
        band.data, band.bad, found.catalog, psf=found.psf, usual=usual, calibration=band.calibration
    )
    places = np.column_stack([found.catalog["x"], found.catalog["y"]])
    shown = np.full((len(chosen), 2), np.nan)
    shown[chosen >= 0] = places[chosen[chosen >= 0]]
    hits = np.bincount(bmu[bmu >= 0], minlength=len(source_map.neurons))
    return DetectorView(cutouts, hits, statistics, shown, _is_dead(band.data, band.bad))


def _is_dead(data: Float[np.ndarray, "y x"], bad: np.ndarray) -> bool:
    """Say whether nearly all pixels are bad or hold one number."""
    good = data[~bad]
    return len(good) < 0.1 * data.size or bool(np.ptp(np.percentile(good, [5, 95])) == 0)


def _get_exptime(detector: Detector) -> float:
    return detector.bands[detector.reference].calibration.exptime
