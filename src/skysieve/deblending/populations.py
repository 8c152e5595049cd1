"""Draw galaxies for blends: their brightness, size, shape and PSF, and their stamps without noise."""

from dataclasses import dataclass

import numpy as np

from skysieve.deblending.galaxies import TYPES, Galaxies, join_galaxies
from skysieve.deblending.recipe_galaxies import GalaxiesRecipe
from skysieve.extraction.hotcold import measure_alone
from skysieve.simulate import AnalyticPsf, Drawn, Profiles, PsfRecipe, draw_profiles, make_analytic_psf, paste

ZEROPOINT = 25.96
"""Of the published blends: F160W, AB."""

SIZES = {"bulge": (0.89, -0.37, 0.34), "disk": (2.28, -0.21, 0.31), "bulge + disk": (1.66, -0.24, 0.39),
         "irregular": (2.18, -0.19, 0.42)}  # fmt: skip
"""ln of the half-light radius [pixel of 0.06 arcsec] at magnitude 21.5, its slope with magnitude, its scatter.

Fitted to the 1,050 galaxies of the published test blends.
"""

MIX = {"bulge": 0.19, "disk": 0.21, "bulge + disk": 0.38, "irregular": 0.22}
"""Shares of the types in the same."""

BRIGHTEST, FAINTEST, SHAPE = 18.0, 23.5, (3.2, 1.8)
"""Magnitudes, and the two powers of the Beta distribution between them that follows the published ones."""

HST_PSF = PsfRecipe(profile="gaussian", fwhm=0.1, aperture=2.4, obscuration=0.33, wavelength=1537.0)
HST_SCALE = 0.06

SHEET = 200
"""Galaxies that share a PSF."""


@dataclass(frozen=True)
class _Sheet:
    """Galaxies of one PSF, before they are drawn: profiles of flux in units of the noise."""

    profiles: Profiles
    psf: AnalyticPsf
    magnitude: np.ndarray
    kind: np.ndarray
    width: tuple[float, float, float]


def draw_galaxies(recipe: GalaxiesRecipe) -> Galaxies:
    """Draw galaxies, measure them alone, and keep those that SExtractor sees.

    Parameters
    ----------
    recipe : GalaxiesRecipe
        The same recipe gives the same bits.

    Returns
    -------
    Galaxies
        As many as asked for, or a few less where some are too faint to be seen alone.

    Raises
    ------
    ImportError
        If GalSim is missing.
    """
    sheets = range(0, recipe.number, SHEET)
    return join_galaxies([_draw_sheet(recipe, index, min(SHEET, recipe.number - first))
                          for index, first in enumerate(sheets)])  # fmt: skip


def _draw_sheet(recipe: GalaxiesRecipe, index: int, number: int) -> Galaxies:
    rng = np.random.default_rng([recipe.seed, index])
    sheet = (_plan_paper if recipe.population == "paper" else _plan_survey)(rng, recipe, number)
    light = _draw_stamps(sheet, recipe.side)
    seeds = rng.integers(0, 2**62, number)
    scale = recipe.noise if recipe.population == "paper" else 1.0
    drawn = Galaxies(
        light=light, noise_seed=seeds, x=sheet.profiles.x, y=sheet.profiles.y, flux=np.zeros(number),
        total=sheet.profiles.flux, magnitude=sheet.magnitude, radius=sheet.profiles.half_light_radius, kind=sheet.kind,
        mask=np.zeros((number, -(-recipe.side**2 // 8)), np.uint8), psf=np.tile(sheet.width, (number, 1)),
        scale=np.full(number, scale),
    )  # fmt: skip
    return measure_galaxies(drawn)


def measure_galaxies(galaxies: Galaxies) -> Galaxies:
    """Measure FLUX_AUTO and the pixels of every galaxy alone, with its noise; leave out those that are not seen.

    A galaxy whose FLUX_AUTO is not positive, or whose pixels touch the edge of its stamp, is left out as well.
    """
    kept = []
    for row in range(len(galaxies)):
        stamp = galaxies.light[row] + galaxies.draw_noise(row)
        alone = measure_alone(stamp, 1.0, x=float(galaxies.x[row]), y=float(galaxies.y[row]))
        edge = alone.mask[[0, -1]].any() or alone.mask[:, [0, -1]].any()
        if alone.flux > 0 and not edge:
            galaxies.flux[row], galaxies.mask[row] = alone.flux, np.packbits(alone.mask)
            kept.append(row)
    return galaxies.take(np.array(kept, int))


def _plan_paper(rng: np.random.Generator, recipe: GalaxiesRecipe, number: int) -> _Sheet:
    magnitude = BRIGHTEST + (FAINTEST - BRIGHTEST) * rng.beta(*SHAPE, number)
    kind = rng.choice(len(MIX), number, p=list(MIX.values()))
    at, slope, scatter = (np.array([SIZES[TYPES[one]][part] for one in kind]) for part in range(3))
    radius = np.clip(np.exp(at + slope * (magnitude - 21.5) + scatter * rng.normal(size=number)), 0.8, 25)
    flux = 10 ** (-0.4 * (magnitude - ZEROPOINT)) / recipe.noise
    psf = make_analytic_psf(HST_PSF, pixel_scale=HST_SCALE, shape=(recipe.side, recipe.side))
    profiles = _shape_galaxies(rng, kind=kind, flux=flux, radius=radius, side=recipe.side)
    return _Sheet(profiles, psf, magnitude, kind, (0.2 / HST_SCALE, 0.0, 0.0))


def _plan_survey(rng: np.random.Generator, recipe: GalaxiesRecipe, number: int) -> _Sheet:
    fwhm = float(np.exp(rng.uniform(*np.log(recipe.fwhm))))
    ellipticity, angle = min(0.15, abs(rng.normal(0, 0.05))), rng.uniform(0, 180)
    psf = make_analytic_psf(
        PsfRecipe(profile="moffat" if rng.uniform() < 0.7 else "kolmogorov", fwhm=fwhm, beta=rng.uniform(2.5, 4.5),
                  ellipticity=ellipticity, angle=angle),
        pixel_scale=1.0, shape=(recipe.side, recipe.side),
    )  # fmt: skip
    is_star = rng.uniform(size=number) < recipe.stars
    kind = np.where(is_star, len(MIX), rng.choice(len(MIX), number, p=list(MIX.values())))
    radius = np.clip(rng.lognormal(np.log(2.8), 0.7, number), 0.4, 20)
    seen = np.hypot(np.where(is_star, 0, radius), 0.5 * fwhm)
    low, high = np.log(recipe.snr)
    snr = np.exp(rng.uniform(low, high, number))
    flux = snr * np.sqrt(np.pi) * seen
    turn = 2 * np.radians(angle)
    width = (fwhm, ellipticity * float(np.cos(turn)), ellipticity * float(np.sin(turn)))
    profiles = _shape_galaxies(rng, kind=kind, flux=flux, radius=radius, side=recipe.side)
    return _Sheet(profiles, psf, -2.5 * np.log10(flux), kind, width)


def _shape_galaxies(
    rng: np.random.Generator, *, kind: np.ndarray, flux: np.ndarray, radius: np.ndarray, side: int
) -> Profiles:
    """Draw the shapes of galaxies of given types; each lies within half a pixel of the stamp's middle."""
    number, middle = len(kind), side / 2
    bulge, disk, both, irregular, star = (kind == one for one in range(len(TYPES)))
    ratio = np.where(
        bulge, rng.uniform(0.5, 1, number), np.sqrt(0.15**2 + (1 - 0.15**2) * rng.uniform(size=number) ** 2)
    )
    sersic = np.select([bulge, disk], [rng.uniform(2.5, 6, number), rng.uniform(0.7, 1.4, number)], 1.0)
    return Profiles(
        x=middle + rng.uniform(-0.5, 0.5, number), y=middle + rng.uniform(-0.5, 0.5, number), flux=flux,
        is_star=star, half_light_radius=np.where(star, 0.0, radius), axis_ratio=np.maximum(ratio, 0.16),
        theta=rng.uniform(0, 180, number), sersic=sersic,
        bulge_fraction=np.where(both, rng.uniform(0.15, 0.7, number), 0.0),
        clumpiness=np.where(irregular, rng.uniform(0.15, 0.6, number), 0.0), seed=rng.integers(0, 2**31, number),
    )  # fmt: skip


def _draw_stamps(sheet: _Sheet, side: int) -> np.ndarray:
    drawn = draw_profiles(sheet.profiles, sheet.psf, shape=(side, side), accuracy=0.002, faintest=0.01)
    light = np.zeros((len(sheet.profiles), side, side), np.float32)
    for row, stamp in enumerate(drawn.pixels):
        paste(light[row], Drawn(drawn.y0[row : row + 1], drawn.x0[row : row + 1], (stamp,)))
    return np.maximum(light, 0)
