"""Choose which galaxies come together in a blend, and where."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from skysieve.deblending.galaxies import Galaxies
from skysieve.deblending.recipe_blends import BlendsRecipe

MARGIN = 8
"""Nothing is centered nearer to the edge of a stamp [pixel]."""

TRIES = 100


@dataclass(frozen=True)
class Placed:
    """Objects of a blend: rows of the galaxies, shifts of their stamps [pixel], and their centers [pixel]."""

    row: Int[np.ndarray, " source"]
    dx: Int[np.ndarray, " source"]
    dy: Int[np.ndarray, " source"]
    x: Float[np.ndarray, " source"]
    y: Float[np.ndarray, " source"]

    @property
    def shifts(self) -> list[tuple[int, int]]:
        """Shifts of the stamps along y and x."""
        return [(int(dy), int(dx)) for dy, dx in zip(self.dy, self.dx, strict=True)]


def place_objects(rng: np.random.Generator, galaxies: Galaxies, recipe: BlendsRecipe) -> Placed:
    """Choose galaxies, and how far their stamps are shifted.

    Raises
    ------
    ValueError
        If no companion can be found: the galaxies are too few or too different.
    """
    if recipe.distances == "free":
        return _place_freely(rng, galaxies, recipe)
    for _ in range(TRIES):
        central = int(rng.integers(len(galaxies)))
        companion = _choose_companion(rng, galaxies, central, recipe)
        shift = None if companion < 0 else _draw_shift(rng, galaxies, (central, companion), recipe)
        if shift is not None:
            return _gather(galaxies, np.array([central, companion]), np.array([(0, 0), shift]))
    raise ValueError(f"blends: no pair found among {len(galaxies)} galaxies; give more, or other rules")


def _choose_companion(rng: np.random.Generator, galaxies: Galaxies, central: int, recipe: BlendsRecipe) -> int:
    """Return another galaxy of nearly the same magnitude, -1 for none."""
    for _ in range(TRIES):
        other = int(rng.integers(len(galaxies)))
        near = abs(galaxies.magnitude[other] - galaxies.magnitude[central]) < recipe.difference
        if other != central and near and (galaxies.psf[other] == galaxies.psf[central]).all():
            return other
    return -1


def _draw_shift(
    rng: np.random.Generator, galaxies: Galaxies, pair: tuple[int, int], recipe: BlendsRecipe
) -> tuple[int, int] | None:
    """Draw the shift of a companion along y and x [pixel]; None where the rule leaves no room."""
    small, large = sorted(float(galaxies.radius[one]) for one in pair)
    half = galaxies.side / 2
    if recipe.distances == "paper":
        dy, dx = np.round(rng.uniform(0.5 * large, half, 2) * rng.choice([-1, 1], 2)).astype(int)
        return int(dy), int(dx)
    most = min(4 * small, half)
    least = min(large, 0.8 * most)
    bound = int(np.ceil(most))
    for _ in range(TRIES):
        dy, dx = rng.integers(-bound, bound + 1, 2)
        if least <= np.hypot(dy, dx) <= most:
            return int(dy), int(dx)
    return None


def _place_freely(rng: np.random.Generator, galaxies: Galaxies, recipe: BlendsRecipe) -> Placed:
    """Place a group anywhere: each further object lies near one that is there already."""
    number = int(rng.integers(recipe.sources[0], recipe.sources[1] + 1))
    first = int(rng.integers(len(galaxies)))
    alike = np.abs(galaxies.magnitude - galaxies.magnitude[first]) < recipe.difference
    same = np.flatnonzero((galaxies.psf == galaxies.psf[first]).all(axis=1) & alike)
    rows = np.append(first, rng.choice(same, number - 1))
    size = np.hypot(galaxies.radius[rows], 0.5 * galaxies.psf[rows, 0])
    middle, low, high = galaxies.side / 2, MARGIN, galaxies.side - 1 - MARGIN
    places = np.zeros((number, 2))
    places[0] = rng.uniform(middle - 16, middle + 16, 2)
    for one in range(1, number):
        near = int(rng.integers(one))
        away = recipe.reach * (size[near] + size[one]) * np.sqrt(rng.uniform())
        angle = rng.uniform(0, 2 * np.pi)
        places[one] = np.clip(places[near] + away * np.array([np.sin(angle), np.cos(angle)]), low, high)
    return _gather(galaxies, rows, np.round(places - middle).astype(int))


def _gather(galaxies: Galaxies, rows: np.ndarray, shifts: np.ndarray) -> Placed:
    dy, dx = shifts[:, 0], shifts[:, 1]
    return Placed(rows, dx, dy, galaxies.x[rows] + dx, galaxies.y[rows] + dy)
