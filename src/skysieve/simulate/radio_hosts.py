"""Infrared galaxies of a radio field: hosts of its sources, and many that host nothing."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from skysieve.simulate.radio_components import FWHM
from skysieve.simulate.radio_recipe import InfraredRecipe, RadioSkyRecipe
from skysieve.simulate.radio_sources import RadioSources


@dataclass(frozen=True, eq=False)
class Hosts:
    """Infrared sources that a catalog lists: place [arcsec], magnitude, row of the radio source or -1."""

    x: Float[np.ndarray, " host"]
    y: Float[np.ndarray, " host"]
    mag: Float[np.ndarray, " host"]
    source: Int[np.ndarray, " host"]

    def __len__(self) -> int:
        return len(self.x)


def draw_hosts(recipe: InfraredRecipe, sources: RadioSources, extent: float, *, rng: np.random.Generator) -> Hosts:
    """Draw the hosts that can be seen, then unrelated galaxies, all brighter than the depth."""
    mag = recipe.host_mag + recipe.host_scatter * rng.normal(size=len(sources))
    seen = np.flatnonzero((mag < recipe.depth) & (rng.uniform(size=len(sources)) >= recipe.host_missing))
    count = int(rng.poisson(recipe.density * (extent / 3600) ** 2))
    other = recipe.depth + np.log10(1 - rng.uniform(size=count)) / recipe.count_slope
    x, y = rng.uniform(0, extent, (2, count))
    return Hosts(
        np.concatenate([sources.x[seen], x]),
        np.concatenate([sources.y[seen], y]),
        np.concatenate([mag[seen], other.clip(min=recipe.depth - 8)]),
        np.concatenate([seen, np.full(count, -1)]),
    )


def draw_infrared(hosts: Hosts, recipe: RadioSkyRecipe, *, rng: np.random.Generator) -> Float[np.ndarray, "y x"]:
    """Draw the infrared map: points of the width of its PSF, on white noise."""
    scale, side = recipe.pixel_scale, recipe.side
    sigma = recipe.infrared.fwhm / FWHM / scale
    half = int(np.ceil(4 * sigma)) + 1
    image = np.zeros((side + 2 * half, side + 2 * half))
    peak = 5 * 10 ** (-0.4 * (hosts.mag - recipe.infrared.depth))
    x, y = hosts.x / scale, hosts.y / scale
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    for dy in range(-half, half + 1):
        for dx in range(-half, half + 1):
            square = (column + dx - x) ** 2 + (row + dy - y) ** 2
            np.add.at(image, (row + dy + half, column + dx + half), peak * np.exp(-square / (2 * sigma**2)))
    return image[half:-half, half:-half] + recipe.infrared.noise * rng.normal(size=(side, side))
