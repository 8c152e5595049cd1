"""What a person is shown of an exposure: its focal plane in small, a part of it in full, and what a model says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from skysieve.io.exposures import InputRecipe, measure_local_scale, read_detector
from skysieve.quality.assess_recipe import AssessRecipe, UsualRecipe
from skysieve.quality.exposures import Seen, find_night, find_usual, see_exposure
from skysieve.quality.focal_plane import Tile, choose_binning, draw_mosaic, find_tile, place_tiles
from skysieve.quality.labels import CLASSES
from skysieve.quality.model import Model, judge_views
from skysieve.quality.verdict import Verdict, give_verdict
from skysieve.records import Detector, DetectorAddress
from skysieve.report.stretch import Limits, average_blocks, measure_limits

MOSAIC_SIDE, CROP_SIDE = 640, 320
"""About the pixels of a side of the small picture, and the pixels of a side of what is shown in full."""

NIGHT = 9
"""At most so many exposures tell what is usual, so that a page opens soon."""


@dataclass(frozen=True)
class Snapshot:
    """One detector at a glance: what its pixels and its header say.

    ``level`` is the median of the pixels [image unit]; ``exptime`` [s]; ``fwhm`` the usual width [pixel] and ``scale``
    [arcsec/pixel], NaN where unknown; ``picture`` [image unit] is binned, NaN where nothing is good.
    """

    picture: Float32[np.ndarray, "v u"]
    level: float
    exptime: float
    fwhm: float
    scale: float


@dataclass(frozen=True)
class ExposurePreview:
    """One exposure as it is shown.

    ``snapshots``, ``tiles`` and the rows of ``seen.views`` belong to the addresses of ``seen``; ``mosaic`` [image unit]
    is NaN between detectors and ``limits`` its one stretch; ``crop`` is of the detector in the middle. ``verdict`` is
    what the model says, None where no detector could be read, as ``crop`` is. ``guessed`` tells that nobody knows the
    camera's usual seeing.
    """

    seen: Seen
    mosaic: Float32[np.ndarray, "v u"]
    limits: Limits
    binning: int
    tiles: tuple[Tile, ...]
    snapshots: tuple[Snapshot, ...]
    crop: "Crop | None"
    verdict: Verdict | None
    guessed: bool

    @property
    def probability(self) -> Float[np.ndarray, " label"]:
        """Return the calibrated probabilities of the classes, NaN where nothing could be judged."""
        return np.full(len(CLASSES), math.nan) if self.verdict is None else self.verdict.probability


@dataclass(frozen=True)
class Crop:
    """A part of a detector in full: ``tile`` is its number, (x, y) its first pixel; bad pixels [image unit] are NaN."""

    tile: int
    x: int
    y: int
    pixels: Float32[np.ndarray, "y x"]
    limits: Limits


def look_at(path: Path, model: Model, recipe: AssessRecipe) -> Seen:
    """Look at an exposure as `assess_exposures` does."""
    detector = model.recipe.learning.detector
    return see_exposure(
        path, model.source_map, recipe=detector, inputs=recipe.input, usual=recipe.usual, seed=recipe.seed
    )


def settle_usual(paths: Sequence[Path], recipe: AssessRecipe) -> AssessRecipe:
    """Return the recipe with what is usual for the camera, found from some of the exposures where nobody told it."""
    if recipe.usual.fwhm is not None or recipe.usual.seeing is not None:
        return recipe
    night = find_night(paths[:: max(1, -(-len(paths) // NIGHT))], recipe.input)
    return replace(recipe, usual=replace(recipe.usual, fwhm=night.fwhm, sky=recipe.usual.sky or night.sky))


def make_preview(path: Path, model: Model, recipe: AssessRecipe) -> ExposurePreview:
    """Look at an exposure and put what is seen together; whatever is wrong with the file, there is a preview.

    Notes
    -----
    One detector is in memory at a time.
    """
    seen = look_at(path, model, recipe)
    binning = choose_binning([one.shape for one in seen.addresses], side=MOSAIC_SIDE)
    snapshots, coordinates, guessed = [], [], False
    for address in seen.addresses:
        detector = read_detector(address, recipe.input)
        snapshot, unknown = _take_snapshot(detector, recipe.usual, binning)
        guessed |= unknown
        snapshots.append(snapshot)
        coordinates.append(detector.wcs)
    pictures = [one.picture for one in snapshots]
    sizes = [(one.shape[0], one.shape[1]) for one in pictures]
    tiles = place_tiles(coordinates, [one.shape for one in seen.addresses], sizes, binning=binning)
    mosaic = draw_mosaic(tiles, pictures)
    middle = find_tile(tiles, mosaic.shape[1] / 2, mosaic.shape[0] / 2)
    return ExposurePreview(
        seen, mosaic, measure_limits(mosaic.ravel()), binning, tiles, tuple(snapshots),
        _cut_middle(seen, middle, recipe.input), _give_verdict(seen, model, recipe), guessed,
    )  # fmt: skip


def cut_crop(address: DetectorAddress, inputs: InputRecipe, *, tile: int, x: float, y: float) -> Crop:
    """Cut a part out of a detector, in full.

    Parameters
    ----------
    tile : int
        The detector's number, kept in the result.
    x, y : float
        Center [pixel]; moved so that the part lies inside.

    Raises
    ------
    ValueError or OSError
        If the detector can no longer be read.
    """
    band = (detector := read_detector(address, inputs)).bands[detector.reference]
    rows, columns = band.data.shape
    left, low = (
        int(np.clip(at - CROP_SIDE // 2, 0, max(size - CROP_SIDE, 0))) for at, size in ((x, columns), (y, rows))
    )
    part = (slice(low, low + CROP_SIDE), slice(left, left + CROP_SIDE))
    pixels = np.where(band.bad[part], np.nan, band.data[part]).astype(np.float32)
    return Crop(tile, left, low, pixels, measure_limits(pixels.ravel()))


def _cut_middle(seen: Seen, tile: int, inputs: InputRecipe) -> Crop | None:
    if tile < 0:
        return None
    rows, columns = seen.addresses[tile].shape
    return cut_crop(seen.addresses[tile], inputs, tile=tile, x=columns / 2, y=rows / 2)


def _give_verdict(seen: Seen, model: Model, recipe: AssessRecipe) -> Verdict | None:
    if seen.views is None:
        return None
    return give_verdict(judge_views(model, seen.views), seen.views, model=model, recipe=recipe.verdict)


def _take_snapshot(detector: Detector, usual: UsualRecipe, binning: int) -> tuple[Snapshot, bool]:
    """Return what a detector shows at a glance, and whether its usual width was guessed."""
    band = detector.bands[detector.reference]
    mean, bad = average_blocks(band.data, band.bad, binning)
    picture = np.where(bad < 1, mean, np.nan).astype(np.float32)
    yardstick, guessed = find_usual(detector, usual)
    scale = math.nan
    if detector.wcs is not None:
        rows, columns = detector.shape
        scale = float(measure_local_scale(detector.wcs, np.array([columns / 2]), np.array([rows / 2]))[0])
    level = float(np.nanmedian(picture)) if np.isfinite(picture).any() else math.nan
    return Snapshot(picture, level, band.calibration.exptime, yardstick.fwhm, scale), guessed
