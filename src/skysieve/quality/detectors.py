"""From a detector's pixels to what the networks see of it."""

import math
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from pydantic import Field

from skysieve.config import STRICT
from skysieve.extraction.glance import Glance, glance
from skysieve.quality.camera import Usual
from skysieve.quality.features import FeatureRecipe, measure_features, select_usable
from skysieve.quality.fingerprint import FingerprintRecipe, SourceMap, choose_sources, cut_sources
from skysieve.quality.shapes import measure_shapes
from skysieve.quality.statistics import measure_statistics
from skysieve.records import Detector
from skysieve.som.matching import find_bmus, measure_bmu_distances


@dataclass(frozen=True)
class DetectorRecipe:
    """How a detector becomes counts, cutouts and statistics.

    Parameters
    ----------
    threshold : float
        Of detection [noise of a pixel].
    least_area : int
        Pixels of the smallest source.
    features, fingerprint
        Of the map of sources.
    """

    __pydantic_config__ = STRICT

    threshold: Annotated[float, Field(gt=0)] = 2.5
    least_area: Annotated[int, Field(ge=1)] = 5
    features: FeatureRecipe = field(default_factory=FeatureRecipe)
    fingerprint: FingerprintRecipe = field(default_factory=FingerprintRecipe)


@dataclass(frozen=True)
class DetectorView:
    """What is seen of one detector.

    ``cutouts`` and ``hits`` as in `Fingerprint`; ``stack`` the mean of its stars, of sum one; ``statistics`` as
    `measure_statistics` gives them; ``places`` (x, y) [pixel] of the sources in the cutouts, NaN where there is none;
    ``dead`` when the detector holds no light.
    """

    cutouts: Float32[np.ndarray, "cluster y x"]
    hits: Int[np.ndarray, " neuron"]
    stack: Float32[np.ndarray, "v u"]
    statistics: Float[np.ndarray, " statistic"]
    places: Float[np.ndarray, "cluster 2"]
    dead: bool


def list_features(
    detector: Detector, recipe: DetectorRecipe, *, usual: Usual
) -> tuple[Glance, Float[np.ndarray, "source feature"]]:
    """Detect the sources of a detector and measure their features; those that cannot be used have NaN sizes."""
    band = detector.bands[detector.reference]
    return _list_features(band.data, band.bad, recipe, usual=usual, exptime=band.calibration.exptime)


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
    image = fill_bad(band.data, band.bad)
    found, features = _list_features(image, band.bad, recipe, usual=usual, exptime=band.calibration.exptime)
    usable = np.isfinite(features[:, 0])
    bmu, distance = np.full(len(features), -1), np.full(len(features), np.nan)
    if usable.any():
        scaled = (features[usable] - source_map.center) / source_map.scale
        bmu[usable] = find_bmus(scaled, source_map.neurons)[:, 0]
        distance[usable] = measure_bmu_distances(scaled, source_map.neurons, bmu[usable])
    chosen = choose_sources(
        bmu, source_map, choice=recipe.fingerprint.choice, area=found.area, distance=distance, seed=seed
    )
    places = np.column_stack([found.x, found.y])
    cutouts = cut_sources(
        image, places, chosen, fwhm=usual.fwhm, recipe=recipe.fingerprint, level=found.level, noise=found.noise
    )
    shapes = measure_shapes(image, found, usual=usual, saturation=band.calibration.saturation)
    statistics = measure_statistics(image, band.bad, found, shapes, usual=usual, calibration=band.calibration)
    shown = np.full((len(chosen), 2), np.nan)
    shown[chosen >= 0] = places[chosen[chosen >= 0]]
    hits = np.bincount(bmu[bmu >= 0], minlength=len(source_map.neurons))
    return DetectorView(cutouts, hits, shapes.stack, statistics, shown, _is_dead(band.data, band.bad))


def measure_conditions(detector: Detector, *, fwhm: float) -> tuple[float, float]:
    """Measure the FWHM [pixel] of a detector's stars and its sky [image unit a second], as nothing usual is known.

    Parameters
    ----------
    fwhm : float
        To begin with [pixel]; the answer depends on it little.

    Returns
    -------
    tuple of float
        NaN without stars; NaN without an exposure time.
    """
    band = detector.bands[detector.reference]
    image, time = fill_bad(band.data, band.bad), band.calibration.exptime
    found = glance(image, band.bad)
    for _ in range(2):
        shapes = measure_shapes(image, found, usual=Usual(fwhm), saturation=band.calibration.saturation)
        if not shapes.star.any():
            return math.nan, found.level / time if time > 0 else math.nan
        fwhm *= math.exp(float(np.median(shapes.log_size[shapes.star])))
    return fwhm, found.level / time if time > 0 else math.nan


def fill_bad(data: Float[np.ndarray, "y x"], bad: Bool[np.ndarray, "y x"]) -> Float32[np.ndarray, "y x"]:
    """Return pixels that are all finite: bad ones hold the median of some of the good ones, 0 without any."""
    if not bad.any():
        return np.ascontiguousarray(data, np.float32)
    good = data[:: max(1, len(data) // 256)][~bad[:: max(1, len(data) // 256)]]
    return np.where(bad, np.float32(np.median(good) if len(good) else 0), data).astype(np.float32)


def _list_features(
    image: np.ndarray, bad: np.ndarray, recipe: DetectorRecipe, *, usual: Usual, exptime: float
) -> tuple[Glance, Float[np.ndarray, "source feature"]]:
    found = glance(image, bad, threshold=recipe.threshold, least_area=recipe.least_area)
    features = measure_features(found, recipe.features, usual=usual, exptime=exptime)
    margin = recipe.fingerprint.side / 2 / recipe.fingerprint.width * usual.fwhm
    features[~select_usable(found, image.shape, margin=margin), 0] = np.nan
    return found, features


def _is_dead(data: Float[np.ndarray, "y x"], bad: Bool[np.ndarray, "y x"]) -> bool:
    """Say whether nearly all pixels are bad or hold one number."""
    some = (slice(None, None, max(1, data.shape[0] // 256)), slice(None, None, max(1, data.shape[1] // 256)))
    good = data[some][~bad[some]]
    return len(good) < 0.1 * data[some].size or bool(np.ptp(np.percentile(good, [5, 95])) == 0)
