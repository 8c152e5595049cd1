"""Put galaxies that are alone on stamps together into blends, with all that is true of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from skysieve.deblending.galaxies import Galaxies
from skysieve.deblending.placing import place_objects
from skysieve.deblending.recipe_blends import BlendsRecipe
from skysieve.simulate.noise import draw_noise, make_drop_kernel


@dataclass(frozen=True)
class Blend:
    """A blend with its truth, in units of the noise of a pixel of the image.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        What is seen.
    light : ndarray, shape (source, y, x)
        Light of each listed object without noise; that of an object which is not listed is in none of them.
    mask : ndarray, shape (source, y, x)
        Pixels that SExtractor would give to each object alone.
    x, y : ndarray, shape (source,)
        Listed positions [pixel]; they may be off, as the recipe says.
    true_x, true_y : ndarray, shape (source,)
        True centers [pixel].
    flux, total : ndarray, shape (source,)
        FLUX_AUTO of each object alone, and all of its light.
    row : ndarray, shape (source,)
        Which galaxies they are.
    unlisted : ndarray, shape (source,)
        Whether another object hides behind the listed one.
    psf : ndarray, shape (3,)
        FWHM [pixel] and ellipticity of the PSF.
    """

    image: Float32[np.ndarray, "y x"]
    light: Float32[np.ndarray, "source y x"]
    mask: Bool[np.ndarray, "source y x"]
    x: Float[np.ndarray, " source"]
    y: Float[np.ndarray, " source"]
    true_x: Float[np.ndarray, " source"]
    true_y: Float[np.ndarray, " source"]
    flux: Float[np.ndarray, " source"]
    total: Float[np.ndarray, " source"]
    row: Int[np.ndarray, " source"]
    unlisted: Bool[np.ndarray, " source"]
    psf: Float[np.ndarray, "3"]

    def __len__(self) -> int:
        return len(self.x)


def make_blend(galaxies: Galaxies, recipe: BlendsRecipe, *, seed: int, index: int) -> Blend:
    """Make one blend.

    Parameters
    ----------
    galaxies : Galaxies
        What to take the objects from; only galaxies of the same PSF come together.
    recipe : BlendsRecipe
        The rules.
    seed, index : int
        The same numbers give the same bits.
    """
    rng = np.random.default_rng([seed, index])
    placed = place_objects(rng, galaxies, recipe)
    moves = list(zip(placed.row.tolist(), placed.shifts, strict=True))
    stamps = [_shift(galaxies.light[row], *shift) for row, shift in moves]
    noise, sigma = _make_noise(rng, galaxies, placed.row, placed.shifts, recipe)
    image = (np.sum(stamps, axis=0) + noise) / np.float32(sigma)
    blend = Blend(
        image=image.astype(np.float32), light=np.stack(stamps) / np.float32(sigma),
        mask=np.stack([_shift(galaxies.get_mask(row), *shift) for row, shift in moves]),
        x=placed.x, y=placed.y, true_x=placed.x, true_y=placed.y, flux=galaxies.flux[placed.row] / sigma,
        total=galaxies.total[placed.row] / sigma, row=placed.row, unlisted=np.zeros(len(placed.row), bool),
        psf=galaxies.psf[placed.row[0]],
    )  # fmt: skip
    return _turn(_list_sources(rng, blend, recipe), int(rng.integers(8)) if recipe.distances == "free" else 0)


def make_blends(galaxies: Galaxies, recipe: BlendsRecipe, *, seed: int, rows: Iterable[int]) -> Iterator[Blend]:
    """Make blends one after the other; see ``make_blend``."""
    for index in rows:
        yield make_blend(galaxies, recipe, seed=seed, index=index)


def _make_noise(
    rng: np.random.Generator, galaxies: Galaxies, rows: np.ndarray, shifts: list[tuple[int, int]], recipe: BlendsRecipe
) -> tuple[Float32[np.ndarray, "y x"], float]:
    """Return the noise of a blend and its standard deviation, in units of the noise of a stamp."""
    side = galaxies.side
    if recipe.noise == "stamps":
        noise = np.sum(
            [_shift(galaxies.draw_noise(row), *shift) for row, shift in zip(rows.tolist(), shifts, strict=True)], 0
        )
        for shift in shifts:
            bare = ~_shift(np.ones((side, side), bool), *shift)
            noise[bare] += rng.standard_normal(int(bare.sum()), np.float32)
        return noise.astype(np.float32), float(np.sqrt(len(rows)))
    if (galaxies.noise_seed[rows] < 0).any():
        raise ValueError("blends: noise = 'sky' wants stamps without noise; use 'stamps' for real galaxies")
    drop = rng.uniform(1.1, 1.8) if rng.uniform() < recipe.correlated else 1.0
    spread = float(np.sum(make_drop_kernel(drop) ** 2)) if drop > 1 else 1.0
    flat = np.zeros((side, side))
    return draw_noise(rng, flat + 1e9, read_variance=0.0, drop=drop) / np.float32(10**4.5 * spread), 1.0


def _list_sources(rng: np.random.Generator, blend: Blend, recipe: BlendsRecipe) -> Blend:
    """Give the blend the positions that a user would have: some objects missing, all of them a little off."""
    x, y = blend.x.copy(), blend.y.copy()
    kept, unlisted = np.ones(len(blend), bool), np.zeros(len(blend), bool)
    flux = blend.total
    if len(blend) > 1 and rng.uniform() < recipe.merged:
        one, other = _find_closest(blend)
        weight = flux[[one, other]] / flux[[one, other]].sum()
        x[one], y[one] = weight @ x[[one, other]], weight @ y[[one, other]]
        kept[other], unlisted[one] = False, True
    elif len(blend) > 2 and rng.uniform() < recipe.missed:
        kept[np.argmin(flux)] = False
    off = (
        rng.uniform(0, recipe.jitter) * rng.normal(size=(2, len(blend))) if recipe.jitter else np.zeros((2, len(blend)))
    )
    shown = {name: getattr(blend, name)[kept] for name in ("light", "mask", "true_x", "true_y", "flux", "total", "row")}
    return Blend(image=blend.image, psf=blend.psf, x=(x + off[0])[kept], y=(y + off[1])[kept],
                 unlisted=unlisted[kept], **shown)  # fmt: skip


def _find_closest(blend: Blend) -> tuple[int, int]:
    """Return the two objects nearest to each other, the brighter one first."""
    apart = np.hypot(blend.x[:, None] - blend.x, blend.y[:, None] - blend.y)
    np.fill_diagonal(apart, np.inf)
    pair = np.unravel_index(np.argmin(apart), apart.shape)
    first, second = sorted((int(one) for one in pair), key=lambda one: -blend.total[one])
    return first, second


def _shift(stamp: np.ndarray, dy: int, dx: int) -> np.ndarray:
    """Return a stamp moved by whole pixels; what comes in is zero."""
    moved = np.zeros_like(stamp)
    rows, columns = stamp.shape
    target = np.s_[max(0, dy) : rows + min(0, dy), max(0, dx) : columns + min(0, dx)]
    source = np.s_[max(0, -dy) : rows + min(0, -dy), max(0, -dx) : columns + min(0, -dx)]
    moved[target] = stamp[source]
    return moved


def _turn(blend: Blend, number: int) -> Blend:
    """Return the blend in one of the eight orientations of a square, with its PSF."""
    if number == 0:
        return blend
    last = blend.image.shape[0] - 1
    x, y, true_x, true_y = blend.x, blend.y, blend.true_x, blend.true_y
    planes = {"image": blend.image, "light": blend.light, "mask": blend.mask}
    along, diagonal = blend.psf[1:]
    if number & 1:
        planes = {name: plane[..., ::-1] for name, plane in planes.items()}
        x, true_x, diagonal = last - x, last - true_x, -diagonal
    if number & 2:
        planes = {name: plane[..., ::-1, :] for name, plane in planes.items()}
        y, true_y, diagonal = last - y, last - true_y, -diagonal
    if number & 4:
        planes = {name: np.swapaxes(plane, -1, -2) for name, plane in planes.items()}
        x, y, true_x, true_y, along = y, x, true_y, true_x, -along
    planes = {name: np.ascontiguousarray(plane) for name, plane in planes.items()}
    return Blend(**planes, x=x, y=y, true_x=true_x, true_y=true_y, flux=blend.flux, total=blend.total, row=blend.row,
                 unlisted=blend.unlisted, psf=np.array([blend.psf[0], along, diagonal]))  # fmt: skip
