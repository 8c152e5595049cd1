"""Positions in a Gaussian window, several times more precise than the isophotal barycenter, with errors that hold."""

from dataclasses import dataclass, replace

import numpy as np
import sep
from jaxtyping import Float

from skysieve.extraction.bands import BandWindows, CalibratedBand, Scene
from skysieve.extraction.detection import Found
from skysieve.extraction.ellipses import Ellipses
from skysieve.extraction.footprints import GAUSSIAN_FWHM, Footprints
from skysieve.extraction.mirror import list_box_pixels
from skysieve.extraction.recipe import ExtractionRecipe
from skysieve.extraction.tiles import make_tiles
from skysieve.records import SourceFlag

WIDEST = 12.0
"""Largest width of a window [pixel]: the core of a large galaxy says where it is."""

NARROWEST = 2 / GAUSSIAN_FWHM
"""Smallest width of a window [pixel], a full width of two pixels (SExtractor's choice)."""

FARTHEST = 0.5
"""A window that moves farther from the barycenter than this share of the footprint's radius found something else."""

STEEPNESS, LEAST_DEPTH = 2.0, 1.3
"""Fall of the logarithm of a profile at the isophote in units of its depth over radius; least peak over threshold."""

PIXELS_AT_ONCE = 4_000_000
"""Pixels of all windows expanded at a time, which bounds the memory."""

WINDOW = 2.5
"""Widths out to which a window is summed for the errors."""


@dataclass(frozen=True)
class _Center:
    """Position [pixel] and its variances and covariance [pixel^2]; NaN where the window found nothing of its own."""

    x: Float[np.ndarray, " source"]
    y: Float[np.ndarray, " source"]
    errx2: Float[np.ndarray, " source"]
    erry2: Float[np.ndarray, " source"]
    errxy: Float[np.ndarray, " source"]


def center_sources(windows: BandWindows, found: Found, recipe: ExtractionRecipe, *, reference: int) -> Found:
    """Replace barycenters by windowed positions where a source has its surroundings for itself.

    Parameters
    ----------
    windows : BandWindows
        All bands of the image.
    found : Found
        Sources and label map of the whole image.
    recipe : ExtractionRecipe
        Tiles.
    reference : int
        Index of the band in which positions are measured.

    Returns
    -------
    Found
        Blended and cut sources, and those whose window wanders off, keep their barycenter with its error.

    Notes
    -----
    SExtractor's XWIN_IMAGE: the first moment under a Gaussian as wide as the source, iterated. Its variance is
    4 sum(w^2 sigma^2 (x - X)^2) / sum(w I)^2, with the source's Poisson noise, and with the noise of sums over the
    window's area. The barycenter's own error counts the noise of the pixels inside the isophote
    but not that of which pixels lie inside: it is two to three times too small for faint sources. It is enlarged by
    ``_enlarge``.
    """
    footprints = _enlarge(found.footprints, windows.bands[reference], threshold=recipe.detection.threshold)
    x, y, errx2, erry2, errxy = (getattr(footprints, name).copy() for name in ("x", "y", "errx2", "erry2", "errxy"))
    for tile in make_tiles(found.labels.shape, size=recipe.tile, halo=recipe.halo):
        rows = np.flatnonzero(tile.owns(footprints.peak_y, footprints.peak_x))
        if len(rows) == 0:
            continue
        scene = windows.scene(reference, tile, found.labels)
        center = _center(scene, windows.bands[reference], footprints.take(rows), origin=tile.origin)
        good = np.isfinite(center.x)
        for target, values in zip((x, y, errx2, erry2, errxy), vars(center).values(), strict=True):
            target[rows[good]] = values[good]
    moved = replace(footprints, x=x, y=y, errx2=errx2, erry2=erry2, errxy=errxy)
    return Found(moved, found.labels)


def _enlarge(footprints: Footprints, band: CalibratedBand, *, threshold: float) -> Footprints:
    """Enlarge the barycenters' errors by the noise of the isophote's place and of sums over its area.

    A pixel near the isophote is inside or outside as the noise has it, over a distance d where the profile falls by one
    sigma. For a profile between a Gaussian and an exponential one that peaks at P and is cut at T, d is r / (2 ln(P/T))
    over the threshold in sigma; the variance of a barycenter in uniform noise grows as the fourth power of the radius.
    """
    f = footprints
    factor = (1 + 1 / (STEEPNESS * threshold * _measure_depth(f))) ** 4 * band.growth.at(f.npix)
    return replace(f, errx2=f.errx2 * factor, erry2=f.erry2 * factor, errxy=f.errxy * factor)


def _measure_depth(footprints: Footprints) -> Float[np.ndarray, " source"]:
    """Logarithm of peak over isophote, of the filtered image."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = footprints.filtered_peak / footprints.threshold
    depth: np.ndarray = np.log(np.fmax(ratio, LEAST_DEPTH))
    return depth


def _measure_width(footprints: Footprints) -> Float[np.ndarray, " source"]:
    """Width of the whole source from the part inside the isophote, as if it were a Gaussian."""
    depth = _measure_depth(footprints)
    share = 1 - depth / np.expm1(depth)
    return np.clip(np.sqrt(footprints.a * footprints.b / share), NARROWEST, WIDEST)


def _center(scene: Scene, band: CalibratedBand, footprints: Footprints, *, origin: tuple[int, int]) -> _Center:
    """Measure windowed positions of the sources of a window, in image coordinates; NaN where they cannot be trusted."""
    f, (y0, x0) = footprints, origin
    width = _measure_width(f)
    x, y, failed = sep.winpos(scene.data, f.x - x0, f.y - y0, width, mask=scene.bad, subpix=1)
    reach = np.maximum(1.0, FARTHEST * np.sqrt(f.npix / np.pi))
    near = np.hypot(x + x0 - f.x, y + y0 - f.y) < reach
    alone = (f.flags & int(SourceFlag.BLENDED | SourceFlag.EDGE)) == 0
    good = (failed == 0) & near & alone
    circles = Ellipses(x, y, WINDOW * width, WINDOW * width, np.zeros(len(x)), f.label.astype(np.int32))
    variances = _measure_variances(scene, band, circles, width=width, good=good)
    return _Center(*(np.where(good, values, np.nan) for values in (x + x0, y + y0, *variances)))


def _measure_variances(
    scene: Scene, band: CalibratedBand, circles: Ellipses, *, width: np.ndarray, good: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Variances and covariance of windowed positions; NaN where no light is in the window."""
    noise = np.square(scene.noise.at(circles.x, circles.y)) * band.growth.at(4 * np.pi * width**2)
    gain = band.band.calibration.gain
    errx2, erry2, errxy = np.full((3, len(width)), np.nan)
    rows = np.flatnonzero(good)
    for part in np.array_split(rows, max(1, int(np.sum(np.square(2 * WINDOW * width[rows])) // PIXELS_AT_ONCE))):
        at, px, py = list_box_pixels(circles.take(part), scene.data.shape)
        dx, dy = ((p - center[part][at]).astype(np.float32) for p, center in ((px, circles.x), (py, circles.y)))
        weight = np.exp(-(dx * dx + dy * dy) * np.float32(0.5) / np.square(width[part]).astype(np.float32)[at])
        value = scene.data[py, px]
        light = np.bincount(at, weight * value, len(part))
        variance = noise[part][at]
        if np.isfinite(gain):
            variance += np.maximum(value, 0) / gain
        weight2 = 4 * np.square(weight) * variance
        with np.errstate(divide="ignore", invalid="ignore"):
            for target, product in ((errx2, dx * dx), (erry2, dy * dy), (errxy, dx * dy)):
                target[part] = np.where(light > 0, np.bincount(at, weight2 * product, len(part)) / light**2, np.nan)
    return errx2, erry2, errxy
