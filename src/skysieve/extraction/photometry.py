"""Fluxes, radii and pixel flags of all sources of an image in all its bands, tile by tile."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float, Int

from skysieve.extraction.apertures import (
    CROWDED_SHARE,
    ApertureFlux,
    measure_circles,
    measure_ellipses,
    measure_kron_factor,
    measure_light_radii,
)
from skysieve.extraction.bands import BandWindows, CalibratedBand, Scene
from skysieve.extraction.detection import Found
from skysieve.extraction.ellipses import Ellipses
from skysieve.extraction.footprints import Footprints
from skysieve.extraction.halos import Neighborhood, find_neighbors, measure_halos
from skysieve.extraction.recipe import ExtractionRecipe
from skysieve.extraction.tiles import Tile, make_tiles
from skysieve.records import SourceFlag

LIGHT_FRACTIONS = (0.2, 0.5, 0.9)
"""Shares of the Kron flux whose radii are columns of the catalog."""


@dataclass(frozen=True)
class BandPhotometry:
    """Fluxes and errors of one band [image unit] and the flags that its pixels give.

    ``circles, circle_errors`` have shape (source, diameter); ``iso, iso_error, peak`` are inside the footprint;
    ``radii`` [pixel] of the light fractions.
    """

    kron: Float[np.ndarray, " source"]
    kron_error: Float[np.ndarray, " source"]
    circles: Float[np.ndarray, "source diameter"]
    circle_errors: Float[np.ndarray, "source diameter"]
    iso: Float[np.ndarray, " source"]
    iso_error: Float[np.ndarray, " source"]
    peak: Float[np.ndarray, " source"]
    radii: Float[np.ndarray, "source fraction"]
    flags: Int[np.ndarray, " source"]

    def take(self, rows: np.ndarray) -> "BandPhotometry":
        """Return the rows of a mask or of an index array."""
        return BandPhotometry(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass(frozen=True)
class Photometry:
    """Kron factors (semi-axes of the ellipse in units of a and b) and one ``BandPhotometry`` a band."""

    kron_factor: Float[np.ndarray, " source"]
    bands: tuple[BandPhotometry, ...]

    def take(self, rows: np.ndarray) -> "Photometry":
        """Return the rows of a mask or of an index array."""
        return Photometry(self.kron_factor[rows], tuple(band.take(rows) for band in self.bands))


def concatenate_photometry(parts: list[Photometry]) -> Photometry:
    """Stack the sources of several searches of one image."""
    names = [field.name for field in fields(BandPhotometry)]
    bands = [
        BandPhotometry(**{name: np.concatenate([getattr(band, name) for band in of_parts]) for name in names})
        for of_parts in zip(*(part.bands for part in parts), strict=True)
    ]
    return Photometry(np.concatenate([part.kron_factor for part in parts]), tuple(bands))


def measure_photometry(bands: BandWindows, found: Found, recipe: ExtractionRecipe, *, reference: int) -> Photometry:
    """Measure all sources in all bands with the apertures of the reference band.

    Parameters
    ----------
    bands : BandWindows
        All bands of the image.
    found : Found
        Sources and label map of the whole image.
    recipe : ExtractionRecipe
        Apertures and tiles.
    reference : int
        Index of the band whose light sets the Kron ellipses.

    Returns
    -------
    Photometry
        In the order of ``found.footprints``.
    """
    height, width = found.labels.shape
    footprints = found.footprints
    factor = np.zeros(len(footprints))
    results = [_make_blank(len(footprints), len(recipe.photometry.diameters)) for _ in bands.bands]
    for tile in make_tiles((height, width), size=recipe.tile, halo=recipe.halo):
        rows = np.flatnonzero(tile.owns(footprints.peak_y, footprints.peak_x))
        if len(rows) == 0:
            continue
        ellipses = _place_ellipses(footprints.take(rows), tile)
        scene = bands.scene(reference, tile, found.labels)
        factor[rows], failed = measure_kron_factor(scene, ellipses, recipe.photometry)
        kron = ellipses.scaled(factor[rows])
        near = find_neighbors(footprints, footprints.x[rows], footprints.y[rows], owner=rows)
        for index, band in enumerate(bands.bands):
            here = scene if index == reference else bands.scene(index, tile, found.labels)
            part = _measure_band(here, band, ellipses=ellipses, kron=kron, near=near, recipe=recipe, tile=tile)
            for name, values in part.items():
                getattr(results[index], name)[rows] = values
            results[index].flags[rows] |= np.where(failed, int(SourceFlag.KRON_FALLBACK), 0)
    return Photometry(factor, tuple(results))


def _make_blank(sources: int, diameters: int) -> BandPhotometry:
    """Arrays to be filled tile by tile."""
    kron, kron_error, iso, iso_error, peak = np.zeros((5, sources))
    circles, circle_errors = np.zeros((2, sources, diameters))
    radii, flags = np.zeros((sources, len(LIGHT_FRACTIONS))), np.zeros(sources, int)
    return BandPhotometry(kron, kron_error, circles, circle_errors, iso, iso_error, peak, radii, flags)


def _place_ellipses(footprints: Footprints, tile: Tile) -> Ellipses:
    """Place the sources of a tile in the coordinates of its window."""
    y0, x0 = tile.origin
    f = footprints
    return Ellipses(f.x - x0, f.y - y0, f.a, np.maximum(f.b, 1e-3), f.theta, f.label.astype(np.int32))


def _measure_band(
    scene: Scene,
    band: CalibratedBand,
    *,
    ellipses: Ellipses,
    kron: Ellipses,
    near: Neighborhood,
    recipe: ExtractionRecipe,
    tile: Tile,
) -> dict[str, np.ndarray]:
    """Measure one band in one window: the fields of ``BandPhotometry`` for the sources given."""
    total = measure_ellipses(scene, kron)
    circles = [measure_circles(scene, ellipses, diameter) for diameter in recipe.photometry.diameters]
    iso, iso_variance, npix, peak = _measure_isophotal(scene, ellipses)
    circle_errors = [
        _measure_error(circle, band, ellipses=ellipses.rounded(diameter / 2), near=near)
        for circle, diameter in zip(circles, recipe.photometry.diameters, strict=True)
    ]
    return {
        "kron": total.flux,
        "kron_error": _measure_error(total, band, ellipses=kron, near=near),
        "circles": np.reshape([c.flux for c in circles], (-1, len(iso))).T,
        "circle_errors": np.reshape(circle_errors, (-1, len(iso))).T,
        "iso": iso,
        "iso_error": _add_poisson(iso_variance * band.growth.at(npix), iso, band),
        "peak": peak,
        "radii": measure_light_radii(scene, kron, flux=total.flux, fractions=LIGHT_FRACTIONS),
        "flags": _flag_pixels(scene, band, kron=kron, total=total, tile=tile),
    }


def _measure_error(
    light: ApertureFlux, band: CalibratedBand, *, ellipses: Ellipses, near: Neighborhood
) -> Float[np.ndarray, " source"]:
    """Return the standard error of sums over ellipses.

    Notes
    -----
    The variance of independent pixels, times its growth with the area in this image (correlated noise, the background's
    own error) less what the pixels of the circumference lack, which count in part; times 1 + 2 f where the share f was
    filled with mirror pixels, which then count twice; plus the squares of what neighbors may have left there and of the
    source's own Poisson noise, where the gain is known.
    """
    axes = ellipses.a * ellipses.b
    around = np.pi * (1.5 * (ellipses.a + ellipses.b) - np.sqrt(axes))
    variance = band.growth.scale(light.variance, area=np.pi * axes, around=around) * (1 + 2 * light.replaced)
    halo = measure_halos(near, np.sqrt(axes)) if band.growth.halo > 0 else 0.0
    left = np.square(band.growth.halo * halo) + np.square(band.growth.removed * light.removed)
    return _add_poisson(np.where(variance > 0, variance + left, 0), light.flux, band)


def _add_poisson(variance: np.ndarray, flux: np.ndarray, band: CalibratedBand) -> Float[np.ndarray, " source"]:
    """Return the standard error from the background's variance and the source's photons; NaN without a variance."""
    gain = band.band.calibration.gain
    poisson = np.maximum(flux, 0) / gain if np.isfinite(gain) else 0.0
    error: np.ndarray = np.sqrt(np.where(variance > 0, variance + poisson, np.nan))
    return error


def _measure_isophotal(scene: Scene, ellipses: Ellipses) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Flux, background variance, area and highest pixel inside the footprints of the given sources."""
    label = ellipses.label
    at = np.flatnonzero(scene.labels)
    owner, value = scene.labels.ravel()[at], scene.data.ravel()[at]
    length = int(max(owner.max(initial=0), label.max(initial=0))) + 1
    npix = np.bincount(owner, minlength=length)[label]
    if scene.noise.plane is not None:
        variance = np.bincount(owner, np.square(scene.noise.plane.ravel()[at], dtype=float), length)[label]
    else:
        variance = npix * scene.noise.at(ellipses.x, ellipses.y) ** 2
    peak = np.full(length, -np.inf, np.float32)
    np.maximum.at(peak, owner, value)
    flux = np.bincount(owner, value, length)[label]
    return np.where(variance > 0, flux, np.nan), variance, npix, peak[label].astype(float)


def _flag_pixels(
    scene: Scene, band: CalibratedBand, *, kron: Ellipses, total: ApertureFlux, tile: Tile
) -> Int[np.ndarray, " source"]:
    """Set flags from saturation, crowding and the border."""
    flags = np.where(total.replaced > CROWDED_SHARE, int(SourceFlag.CROWDED), 0)
    flags |= np.where(total.flux < 0, int(SourceFlag.NEGATIVE_FLUX), 0)
    inside_image = _reach_over(kron, tile)
    flags |= np.where(inside_image, int(SourceFlag.APERTURE_INCOMPLETE), 0)
    flags |= np.where(total.truncated & ~inside_image, int(SourceFlag.LARGER_THAN_HALO), 0)
    saturation = band.band.calibration.saturation
    if np.isfinite(saturation):
        touched = np.zeros(int(scene.labels.max(initial=0)) + 2, bool)
        touched[scene.labels[band.band.data[tile.window] >= saturation]] = True
        flags |= np.where(touched[np.minimum(kron.label, len(touched) - 1)], int(SourceFlag.SATURATED), 0)
    return flags


def _reach_over(kron: Ellipses, tile: Tile) -> np.ndarray:
    """Tell which ellipses cross the border of the image."""
    y0, x0 = tile.origin
    half_x = np.hypot(kron.a * np.cos(kron.theta), kron.b * np.sin(kron.theta))
    half_y = np.hypot(kron.a * np.sin(kron.theta), kron.b * np.cos(kron.theta))
    x, y = kron.x + x0, kron.y + y0
    low = (x - half_x < -0.5) | (y - half_y < -0.5)
    high = (x + half_x > tile.shape[1] - 0.5) | (y + half_y > tile.shape[0] - 0.5)
    over: np.ndarray = low | high
    return over
