"""A simulated radio sky: a map with noise and sidelobes, an infrared map of hosts, catalogs of both, and the truth."""

import math
from dataclasses import dataclass

import numpy as np
from astropy.wcs import WCS
from jaxtyping import Bool, Float, Float32, Int
from scipy import ndimage

from skysieve.records import Catalog
from skysieve.simulate.radio_beam import make_sidelobes
from skysieve.simulate.radio_components import FWHM, Components, find_components, measure_local_noise
from skysieve.simulate.radio_hosts import draw_hosts, draw_infrared
from skysieve.simulate.radio_recipe import RadioSkyRecipe
from skysieve.simulate.radio_sources import Blobs, draw_blobs, draw_radio_sources
from skysieve.simulate.radio_tables import make_component_table, make_host_table, make_source_table

ARTIFACT = -1
"""True source of a component that belongs to none: a sidelobe, or a peak of the noise."""


@dataclass(frozen=True, eq=False)
class RadioSky:
    """One field in two channels, and all that is true of it.

    Attributes
    ----------
    radio, infrared
        Maps [mJy/beam; a source of the faintest magnitude peaks at 5].
    wcs
        Of both maps.
    components, hosts
        What catalogs say: components found in the map, infrared sources with errors in place.
    sources
        What is true, a row a radio source.
    component_source
        Row of ``sources`` that a component belongs to, -1 for an artifact.
    component_sidelobe
        Whether it is a sidelobe of a brighter source.
    """

    radio: Float32[np.ndarray, "y x"]
    infrared: Float32[np.ndarray, "y x"]
    wcs: WCS
    components: Catalog
    hosts: Catalog
    sources: Catalog
    component_source: Int[np.ndarray, " component"]
    component_sidelobe: Bool[np.ndarray, " component"]


def make_radio_sky(recipe: RadioSkyRecipe, *, seed: int) -> RadioSky:
    """Simulate one field.

    Parameters
    ----------
    recipe
        All settings.
    seed
        The same seed gives the same sky.

    Returns
    -------
    RadioSky
        With catalogs of no rows where the recipe leaves the sky empty.

    Examples
    --------
    >>> sky = make_radio_sky(RadioSkyRecipe(side=200), seed=2)
    >>> sky.radio.shape, len(sky.components) >= len(set(sky.component_source) - {-1})
    ((200, 200), True)
    """
    rng = np.random.default_rng(seed)
    extent, scale = recipe.side * recipe.pixel_scale, recipe.pixel_scale
    sources = draw_radio_sources(recipe.sources, extent, rng=rng)
    blobs = draw_blobs(sources, rng=rng)
    wide = _widen(blobs, recipe.beam.fwhm)
    model = draw_gaussians(wide, side=recipe.side, pixel_scale=scale)
    sidelobes = _draw_sidelobes(blobs, recipe, turn=rng.uniform(0, 2 * np.pi))
    noise = _draw_noise(recipe, rng)
    radio = model + sidelobes + noise
    local = measure_local_noise(radio, least=recipe.noise)
    found = find_components(radio, noise=local, beam=recipe.beam.fwhm / scale, threshold=recipe.threshold)
    owner, sidelobe = _judge(found, wide, sidelobes, noise, scale)
    hosts = draw_hosts(recipe.infrared, sources, extent, rng=rng)
    infrared = draw_infrared(hosts, recipe, rng=rng)
    wcs = make_field_wcs(recipe)
    return RadioSky(
        radio.astype(np.float32),
        infrared.astype(np.float32),
        wcs,
        make_component_table(found, wcs, scale),
        make_host_table(hosts, wcs, scale),
        make_source_table(sources, hosts, owner, wcs=wcs, pixel_scale=scale),
        owner,
        sidelobe,
    )


def make_field_wcs(recipe: RadioSkyRecipe) -> WCS:
    """Return the tangent plane of a field: north up, east to the left, its center in the middle."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [recipe.ra, recipe.dec]
    wcs.wcs.crpix = [(recipe.side + 1) / 2] * 2
    wcs.wcs.cdelt = [-recipe.pixel_scale / 3600, recipe.pixel_scale / 3600]
    wcs.wcs.set()
    return wcs


def draw_gaussians(blobs: Blobs, *, side: int, pixel_scale: float) -> Float[np.ndarray, "y x"]:
    """Draw Gaussians whose ``flux`` is their peak, each out to four widths."""
    image = np.zeros((side, side))
    sigma = np.stack([blobs.major, blobs.minor]) / FWHM / pixel_scale
    for row in range(len(blobs)):
        x, y, reach = blobs.x[row] / pixel_scale, blobs.y[row] / pixel_scale, math.ceil(4.5 * sigma[0, row])
        left, right = (min(max(0, int(x) + end), side) for end in (-reach, reach + 1))
        low, high = (min(max(0, int(y) + end), side) for end in (-reach, reach + 1))
        dx, dy = np.arange(left, right) - x, (np.arange(low, high) - y)[:, None]
        cos, sin = math.cos(blobs.theta[row]), math.sin(blobs.theta[row])
        along, across = dx * cos + dy * sin, dy * cos - dx * sin
        shape = np.exp(-0.5 * ((along / sigma[0, row]) ** 2 + (across / sigma[1, row]) ** 2))
        image[low:high, left:right] += blobs.flux[row] * shape
    return image


def _widen(blobs: Blobs, beam: float) -> Blobs:
    """See Gaussians through a round beam: wider, and their flux a peak in units of a beam."""
    major, minor = np.hypot(blobs.major, beam), np.hypot(blobs.minor, beam)
    return Blobs(blobs.source, blobs.x, blobs.y, blobs.flux * beam**2 / (major * minor), major, minor, blobs.theta)


def _draw_sidelobes(blobs: Blobs, recipe: RadioSkyRecipe, *, turn: float) -> Float[np.ndarray, "y x"]:
    """Draw the sidelobes of all Gaussians whose sidelobes could be told from the noise, as of points."""
    scale, side = recipe.pixel_scale, recipe.side
    pattern = make_sidelobes(recipe.beam, pixel_scale=scale, turn=turn)
    half, image = len(pattern) // 2, np.zeros((side, side))
    for row in np.flatnonzero(blobs.flux * np.abs(pattern).max(initial=0) > 0.3 * recipe.noise):
        x, y = round(blobs.x[row] / scale), round(blobs.y[row] / scale)
        left, right = (min(max(0, x + end), side) for end in (-half, half + 1))
        low, high = (min(max(0, y + end), side) for end in (-half, half + 1))
        inside = pattern[low - y + half : high - y + half, left - x + half : right - x + half]
        image[low:high, left:right] += blobs.flux[row] * inside
    return image


def _draw_noise(recipe: RadioSkyRecipe, rng: np.random.Generator) -> Float[np.ndarray, "y x"]:
    """Draw noise that is correlated as the beam is."""
    smooth = ndimage.gaussian_filter(
        rng.normal(size=(recipe.side, recipe.side)), recipe.beam.fwhm / FWHM / recipe.pixel_scale, mode="wrap"
    )
    return recipe.noise * smooth / smooth.std()


def _judge(
    found: Components,
    wide: Blobs,
    sidelobes: Float[np.ndarray, "y x"],
    noise: Float[np.ndarray, "y x"],
    pixel_scale: float,
) -> tuple[Int[np.ndarray, " component"], Bool[np.ndarray, " component"]]:
    """Say which source gives most of the light at each component, unless sidelobes or noise give more."""
    dx, dy = (place[:, None] * pixel_scale - blob for place, blob in ((found.x, wide.x), (found.y, wide.y)))
    along = dx * np.cos(wide.theta) + dy * np.sin(wide.theta)
    across = dy * np.cos(wide.theta) - dx * np.sin(wide.theta)
    light = wide.flux * np.exp(-0.5 * FWHM**2 * ((along / wide.major) ** 2 + (across / wide.minor) ** 2))
    count = int(wide.source.max(initial=-1)) + 1
    given = np.stack([np.bincount(wide.source, one, minlength=count) for one in light]) if len(found) else light
    row, column = (np.rint(place).astype(np.int64).clip(0, len(noise) - 1) for place in (found.y, found.x))
    best = given.max(axis=1, initial=0)
    owner = given.argmax(axis=1) if count else np.zeros(len(found), np.int64)
    sidelobe = sidelobes[row, column] > np.maximum(best, noise[row, column])
    return np.where((best > noise[row, column]) & ~sidelobe, owner, ARTIFACT), sidelobe
