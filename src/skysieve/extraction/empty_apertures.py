"""What neighbors add to the noise of fluxes: apertures on empty places, measured as sources are."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from skysieve.extraction.apertures import measure_circles
from skysieve.extraction.bands import BandWindows, Scene
from skysieve.extraction.ellipses import Ellipses
from skysieve.extraction.footprints import Footprints
from skysieve.extraction.halos import find_neighbors, measure_halos
from skysieve.extraction.noise import NoiseGrowth
from skysieve.extraction.noise_growth import choose_windows
from skysieve.extraction.tiles import Tile

WINDOW, MOST_WINDOWS = 512, 4
"""Side of the windows that apertures are laid in [pixel], and about how many of them, spread over the image."""

SPACING = 44
"""Distance of the apertures of one size [pixel], on average."""

RADII = (1.5, 3.0, 6.0, 12.0, 24.0)
"""Radii of the apertures [pixel]."""

LEAST = 40
"""Fewer apertures say nothing."""

ONE_SIGMA = 0.6827

CLEAN = 0.02
"""Up to this share of its area an aperture counts as free of neighbors' footprints."""

MOST = 5.0
"""No more than this many times the light of neighbors, as estimated, counts as error."""

STEPS = 20


@dataclass(frozen=True)
class _Apertures:
    """What was measured on empty places: one row an aperture."""

    flux: Float[np.ndarray, " aperture"]
    variance: Float[np.ndarray, " aperture"]
    area: Float[np.ndarray, " aperture"]
    removed: Float[np.ndarray, " aperture"]
    replaced: Float[np.ndarray, " aperture"]
    halo: Float[np.ndarray, " aperture"]


def add_neighbors(
    windows: BandWindows, labels: Int[np.ndarray, "y x"], footprints: Footprints, *, index: int
) -> NoiseGrowth:
    """Measure which share of the light that neighbors may have left in apertures counts as error.

    Parameters
    ----------
    windows : BandWindows
        All bands of the image, above their final background, with the growth of their noise on bare sky.
    labels : ndarray of int, shape (y, x)
        Label map of the image.
    footprints : Footprints
        The sources.
    index : int
        Which band.

    Returns
    -------
    NoiseGrowth
        That of the band with ``halo`` and ``removed`` chosen such that errors hold the flux of 68 % of the apertures
        on places that belong to no source; zero for both where they do so without, or where there are too few.

    Notes
    -----
    Labbé et al. (2003) measure the noise of photometry on places without sources. Here the apertures may reach into
    neighbors, whose footprints are mirrored away as for every source, and whose wings are left.
    """
    growth = windows.bands[index].growth
    found = _lay(windows, labels, footprints, index=index)
    variance = growth.scale(found.variance, area=found.area, around=2 * np.sqrt(np.pi * found.area))
    variance = variance * (1 + 2 * found.replaced)
    clean = found.replaced < CLEAN
    halo = _fit_share(found.flux[clean], variance[clean], found.halo[clean])
    variance = variance + np.square(halo * found.halo)
    removed = _fit_share(found.flux[~clean], variance[~clean], found.removed[~clean])
    return replace(growth, halo=halo, removed=removed)


def _fit_share(flux: np.ndarray, variance: np.ndarray, light: np.ndarray) -> float:
    """Return the least share of some light with which errors hold 68 % of the fluxes, by bisection."""
    if len(flux) < LEAST or np.mean(np.square(flux) <= variance) >= ONE_SIGMA:
        return 0.0
    low, high = 0.0, MOST
    for _ in range(STEPS):
        middle = (low + high) / 2
        held = np.mean(np.square(flux) <= variance + np.square(middle * light))
        low, high = (middle, high) if held < ONE_SIGMA else (low, middle)
    return high


def _lay(windows: BandWindows, labels: np.ndarray, footprints: Footprints, *, index: int) -> _Apertures:
    """Measure apertures of all sizes on empty places, spread over the image."""
    height, width = labels.shape
    parts = [np.zeros((6, 0))]
    for window in choose_windows((height, width), MOST_WINDOWS, side=WINDOW):
        tile = Tile(window, window, (height, width))
        scene = windows.scene(index, tile, labels)
        x, y = _choose_places(scene)
        if len(x) == 0:
            continue
        (y0, x0), nobody = tile.origin, np.full(len(x), -1)
        near = find_neighbors(footprints, x + x0, y + y0, owner=nobody)
        one = np.ones(len(x))
        circles = Ellipses(x, y, one, one, np.zeros(len(x)), nobody.astype(np.int32))
        for radius in RADII:
            light = measure_circles(scene, circles, 2 * radius)
            halo = measure_halos(near, np.full(len(x), radius))
            area = np.full(len(x), np.pi * radius**2)
            part = np.array([light.flux, light.variance, area, light.removed, light.replaced, halo])
            parts.append(part[:, ~light.truncated & np.isfinite(light.flux)])
    return _Apertures(*np.concatenate(parts, axis=1))


def _choose_places(scene: Scene) -> tuple[Float[np.ndarray, " place"], Float[np.ndarray, " place"]]:
    """Places on a jittered grid, always the same, that are good and belong to no source."""
    rng = np.random.default_rng(0)
    height, width = scene.data.shape
    rows, columns = (np.arange(SPACING / 2, length, SPACING) for length in (height, width))
    y, x = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
    jitter = rng.uniform(-SPACING / 2, SPACING / 2, (2, len(y)))
    y, x = np.clip(y + jitter[0], 0, height - 1), np.clip(x + jitter[1], 0, width - 1)
    at = np.rint(y).astype(int), np.rint(x).astype(int)
    free = (scene.labels[at] == 0) & ~scene.bad[at]
    return x[free], y[free]
