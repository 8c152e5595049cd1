"""Radio sources as sums of Gaussians: single ones, doubles, triples with a core, and bent ones."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Float, Int

from skysieve.simulate.radio_recipe import RadioPopulation


class RadioKind(IntEnum):
    """What a radio source looks like."""

    SINGLE = 0
    DOUBLE = 1
    TRIPLE = 2
    BENT = 3


@dataclass(frozen=True, eq=False)
class RadioSources:
    """Sources with their hosts' places.

    ``x`` and ``y`` [arcsec] from the corner of the field, ``flux`` [mJy], ``size`` [arcsec] from end to end, 0 for
    single ones.
    """

    x: Float[np.ndarray, " source"]
    y: Float[np.ndarray, " source"]
    flux: Float[np.ndarray, " source"]
    size: Float[np.ndarray, " source"]
    kind: Int[np.ndarray, " source"]

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, eq=False)
class Blobs:
    """Gaussians: place, flux [mJy], FWHM along both axes [arcsec], direction of the long one [radian from +x to +y]."""

    source: Int[np.ndarray, " blob"]
    x: Float[np.ndarray, " blob"]
    y: Float[np.ndarray, " blob"]
    flux: Float[np.ndarray, " blob"]
    major: Float[np.ndarray, " blob"]
    minor: Float[np.ndarray, " blob"]
    theta: Float[np.ndarray, " blob"]

    def __len__(self) -> int:
        return len(self.x)


def draw_radio_sources(population: RadioPopulation, extent: float, *, rng: np.random.Generator) -> RadioSources:
    """Draw sources at random places of a square field with the given side [arcsec]."""
    count = int(rng.poisson(population.density * (extent / 3600) ** 2))
    shares = np.array([population.doubles, population.triples, population.bent])
    kind = rng.choice(4, size=count, p=[max(0.0, 1 - shares.sum()), *shares])
    least = np.where(kind == RadioKind.SINGLE, population.flux_min, population.flux_min_extended)
    most = (population.flux_max / least) ** -population.slope
    flux = least * (1 - rng.uniform(size=count) * (1 - most)) ** (-1 / population.slope)
    size = population.size * np.exp(population.size_scatter * rng.normal(size=count))
    size = np.where(kind == RadioKind.SINGLE, 0.0, size.clip(population.size_min, population.size_max))
    x, y = rng.uniform(0, extent, (2, count))
    return RadioSources(x, y, flux, size, kind)


def draw_blobs(sources: RadioSources, *, rng: np.random.Generator) -> Blobs:
    """Give each source its core, hot spots and lobes.

    Notes
    -----
    A lobe is a hot spot at the end of its arm and, at 0.75 of it, a Gaussian of 0.5 x 0.25 arms with the rest of the
    light. Arms differ in length (0.4 to 0.6 of the size) and in light (0.15 dex); they lie opposite each other within
    8 deg, those of bent sources 30 to 80 deg off. Cores hold 0.1 to 0.4 of the light.
    """
    return _stack([_draw_source(sources, row, rng) for row in range(len(sources))])


def _stack(parts: list[Float[np.ndarray, "7 _"]]) -> Blobs:
    table = np.concatenate([np.zeros((7, 0)), *parts], axis=1)
    return Blobs(table[0].astype(np.int64), *table[1:])


def _draw_source(sources: RadioSources, row: int, rng: np.random.Generator) -> Float[np.ndarray, "7 blob"]:
    """Draw one source; columns as in `Blobs`."""
    kind, flux, size = sources.kind[row], sources.flux[row], sources.size[row]
    if kind == RadioKind.SINGLE:
        width = rng.exponential(1.0)
        blobs: list[tuple[float, ...]] = [(0.0, 0.0, flux, 1.3 * width, width, rng.uniform(0, np.pi))]
    else:
        core = 0.0 if kind == RadioKind.DOUBLE else rng.uniform(0.1, 0.4)
        blobs = [(0.0, 0.0, core * flux, 0.5, 0.5, 0.0)] if core else []
        blobs += _draw_lobes((1 - core) * flux, size, bent=bool(kind == RadioKind.BENT), rng=rng)
    table = np.array(blobs).T
    table[:2] += np.array([[sources.x[row]], [sources.y[row]]])
    return np.vstack([np.full(table.shape[1], float(row)), table])


def _draw_lobes(flux: float, size: float, *, bent: bool, rng: np.random.Generator) -> list[tuple[float, ...]]:
    direction, longer = rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 0.6)
    bend = rng.uniform(30, 80) * rng.choice([-1, 1]) if bent else rng.normal(0, 8)
    ratio = 10 ** rng.normal(0, 0.15)
    blobs: list[tuple[float, ...]] = []
    for angle, arm, light in (
        (direction, longer * size, flux * ratio / (1 + ratio)),
        (direction + np.pi + np.deg2rad(bend), (1 - longer) * size, flux / (1 + ratio)),
    ):
        hot, cos, sin = rng.uniform(0.3, 0.7), np.cos(angle), np.sin(angle)
        blobs.append((arm * cos, arm * sin, hot * light, 1.0, 1.0, 0.0))
        blobs.append((0.75 * arm * cos, 0.75 * arm * sin, (1 - hot) * light, 0.5 * arm, 0.25 * arm, angle))
    return blobs
