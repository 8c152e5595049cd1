"""Each band's background and noise, and the combination of all bands on which detection runs."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.extraction.background import BackgroundMesh, evaluate_mesh, measure_background
from skysieve.extraction.noise import WHITE, NoiseGrowth, NoiseMap
from skysieve.extraction.recipe import BackgroundRecipe
from skysieve.extraction.tiles import Tile
from skysieve.records import Band

PADDING_SHARE = 0.01
"""From this share on, pixels of exactly zero in an image of fractional numbers are padding, not sky."""


@dataclass(frozen=True)
class CalibratedBand:
    """A band with its background mesh; ``variance_scale`` multiplies the weight plane's variance, NaN without one.

    ``flux_scale`` brings its pixels to the flux unit that all bands share when they are averaged; ``growth`` tells how
    the noise of sums over its pixels exceeds that of independent pixels.
    """

    band: Band
    bad: Bool[np.ndarray, "y x"]
    mesh: BackgroundMesh
    variance_scale: float
    flux_scale: float = 1.0
    growth: NoiseGrowth = WHITE


@dataclass(frozen=True)
class Window:
    """Pixels of one tile's window: ``data`` is background-subtracted and zero where ``bad``, ``noise`` its noise.

    ``flux_scale`` is that of its band.
    """

    tile: Tile
    data: Float[np.ndarray, "y x"]
    noise: NoiseMap
    bad: Bool[np.ndarray, "y x"]
    flux_scale: float = 1.0


@dataclass(frozen=True)
class Scene:
    """A window with the labels of the sources found in it (0 = sky), numbered as in the whole image."""

    data: Float[np.ndarray, "y x"]
    noise: NoiseMap
    bad: Bool[np.ndarray, "y x"]
    labels: Int[np.ndarray, "y x"]


@final
class BandWindows:
    """Background-subtracted windows of the bands of one image; those of the latest tile are kept for reuse."""

    def __init__(self, bands: list[CalibratedBand]) -> None:
        self.bands = bands
        self._tile: Tile | None = None
        self._windows: dict[int, Window] = {}

    def window(self, index: int, tile: Tile) -> Window:
        """Pixels of one band in a tile's window."""
        if tile != self._tile:
            self._tile, self._windows = tile, {}
        if index not in self._windows:
            self._windows[index] = subtract_background(self.bands[index], tile)
        return self._windows[index]

    def scene(self, index: int, tile: Tile, labels: Int[np.ndarray, "y x"]) -> Scene:
        """Pixels of one band in a tile's window with the label map of the whole image."""
        window = self.window(index, tile)
        return Scene(window.data, window.noise, window.bad, np.ascontiguousarray(labels[tile.window]))


def calibrate_band(band: Band, recipe: BackgroundRecipe) -> CalibratedBand:
    """Measure a band's background, and scale its weight plane to the noise that is really there.

    Returns
    -------
    CalibratedBand
        With zero padding added to the bad pixels. A noise of zero tells that the band is constant or all bad.

    Notes
    -----
    A weight plane gives the noise from pixel to pixel, the mesh its absolute level (SExtractor's MAP_WEIGHT), since
    weights are often relative and resampling correlates the noise.
    """
    bad = _add_padding(band)
    mesh = measure_background(lambda rows: (band.data[rows], bad[rows]), band.data.shape, recipe)
    return CalibratedBand(band, bad, mesh, _measure_variance_scale(band, bad, mesh))


def adopt_background(band: CalibratedBand, mesh: BackgroundMesh) -> CalibratedBand:
    """Return a band with another background and noise, to whose level its weight plane is scaled anew."""
    return replace(band, mesh=mesh, variance_scale=_measure_variance_scale(band.band, band.bad, mesh))


def subtract_background(band: CalibratedBand, tile: Tile) -> Window:
    """Subtract a band's background in a tile's window; bad pixels become zero."""
    rows, columns = tile.window
    bad = np.ascontiguousarray(band.bad[rows, columns])
    data = evaluate_mesh(band.mesh.level, band.mesh, rows=rows, columns=columns)
    np.subtract(band.band.data[rows, columns], data, out=data)
    data[bad] = 0
    plane = None
    if np.isfinite(band.variance_scale) and band.band.variance is not None:
        plane = np.sqrt(band.band.variance[rows, columns] * np.float32(band.variance_scale))
        plane[bad] = 0
    return Window(tile, data, NoiseMap(band.mesh, tile.window, plane), bad, band.flux_scale)


def share_flux_unit(bands: list[CalibratedBand]) -> list[CalibratedBand]:
    """Set the flux scales of bands that are to be averaged, so that no band rules by the size of its numbers.

    By zeropoint where all bands have one; bands of one unit stay as they are; else each is scaled to unit noise, which
    makes the average a mean of signals to noise.
    """
    zeropoints = np.array([band.band.calibration.zeropoint for band in bands])
    if np.isfinite(zeropoints).all():
        scales = 10 ** (-0.4 * (zeropoints - zeropoints[0]))
    elif len({band.band.calibration.unit for band in bands}) == 1:
        scales = np.ones(len(bands))
    else:
        noise = np.array([band.mesh.median_rms for band in bands])
        scales = np.where(noise > 0, noise[0] / np.where(noise > 0, noise, 1), 1.0)
    return [replace(band, flux_scale=float(scale)) for band, scale in zip(bands, scales, strict=True)]


def combine_windows(windows: list[Window], combined: BackgroundMesh) -> Window:
    """Average the windows of several bands with weights 1/noise^2: the detection image.

    Parameters
    ----------
    windows : list of Window
        One a band, of the same tile.
    combined : BackgroundMesh
        Residual background and true noise of the average, from ``measure_combined``.
    """
    tile = windows[0].tile
    data, sigma, bad = _average(windows)
    data -= evaluate_mesh(combined.level, combined, rows=tile.window[0], columns=tile.window[1])
    data[bad] = 0
    weighted = any(window.noise.plane is not None for window in windows)
    return Window(tile, data, NoiseMap(combined, tile.window, sigma if weighted else None), bad)


def measure_combined(bands: list[CalibratedBand], recipe: BackgroundRecipe) -> BackgroundMesh:
    """Measure level and noise of the weighted average of several bands, whose noise may be correlated."""
    height, width = bands[0].band.data.shape

    def read_rows(rows: slice) -> tuple[np.ndarray, np.ndarray]:
        """Average whole rows at a time, so that a mean of the whole image is never in memory."""
        strip = (rows, slice(0, width))
        tile = Tile(strip, strip, (height, width))
        data, _, bad = _average([subtract_background(band, tile) for band in bands])
        return data, bad

    return measure_background(read_rows, (height, width), recipe)


def _average(
    windows: list[Window],
) -> tuple[Float[np.ndarray, "y x"], Float[np.ndarray, "y x"], Bool[np.ndarray, "y x"]]:
    """Noise-weighted mean of several bands, its noise if that were independent, and where no band is good."""
    total = np.zeros_like(windows[0].data)
    weights = np.zeros_like(total)
    lowest = min(window.noise.mesh.median_rms * window.flux_scale for window in windows)
    unit = np.float32(2.0 ** np.floor(np.log2(lowest)))  # a power of two keeps squares in range and changes no digit
    for window in windows:
        sigma = window.noise.rows(0, len(total)) * np.float32(window.flux_scale / unit)
        with np.errstate(divide="ignore", over="ignore"):
            weight = np.where(window.bad | (sigma <= 0), 0, 1 / np.square(sigma)).astype(np.float32)
        total += weight * window.data * np.float32(window.flux_scale)
        weights += weight
    bad = weights == 0
    safe = np.where(bad, np.float32(1), weights)
    return total / safe, unit / np.sqrt(safe), bad


def _add_padding(band: Band) -> np.ndarray:
    """Add to the bad pixels those of exactly zero that pad an image of fractional numbers (resampled mosaics)."""
    sample = band.data[::7, ::7]
    if (sample == np.rint(sample)).all():
        return band.bad
    padding = (band.data == 0) & ~band.bad
    return band.bad | padding if np.count_nonzero(padding) > PADDING_SHARE * padding.size else band.bad


def _measure_variance_scale(band: Band, bad: np.ndarray, mesh: BackgroundMesh) -> float:
    """Median ratio of the measured to the given variance, NaN without a usable weight plane."""
    if band.variance is None:
        return np.nan
    rows, columns = (((edges[:-1] + edges[1:]) // 2).astype(int) for edges in (mesh.edges_y, mesh.edges_x))
    given = band.variance[np.ix_(rows, columns)]
    usable = (given > 0) & ~bad[np.ix_(rows, columns)] & (mesh.rms > 0)
    if not usable.any():
        return np.nan
    return float(np.median(np.square(mesh.rms[usable]) / given[usable]))
