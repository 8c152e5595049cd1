"""How far the light of an object reaches, so that its stamp is as large as needed."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
from jaxtyping import Float, Int

from skysieve.extraction.psf import evaluate_psf
from skysieve.records import PsfModel
from skysieve.simulate.profiles import Profiles
from skysieve.simulate.psf import AnalyticPsf, evaluate_transform
from skysieve.simulate.transforms import measure_sersic_light, quantize_sersic

SIDES = np.array([16, 20, 24, 32, 40, 48, 60, 72, 80, 96, 120, 144, 160, 192, 240, 288, 320, 384, 480, 576, 640, 768,
                  960, 1152, 1280, 1536, 1920, 2304])  # fmt: skip
"""Sides of stamps [pixel]: products of small primes, for which Fourier transforms are fast."""

BULGE_SIZE = 0.3
"""Half-light radius of a bulge in units of its disk's (Allen et al. 2006, MNRAS 371, 2)."""

ALIASING = 5e-3
"""Power of the PSF at the highest wave number of the stamp from which the stamp is drawn on a finer grid."""

LARGE_SIDES = (240, 768, 2304)

_RADII = np.concatenate([[0.0], np.geomspace(0.05, 8.0, 120)])


@dataclass(frozen=True)
class Reach:
    """Of a star of flux one: the fraction ``lost`` beyond each ``radius`` [pixel], and the brightest pixel there."""

    radius: Float[np.ndarray, " radius"]
    lost: Float[np.ndarray, " radius"]
    light: Float[np.ndarray, " radius"]


def measure_reach(psf: PsfModel | AnalyticPsf, *, lost: float, light: float) -> Reach:
    """Measure how far the PSF in the middle of the field reaches.

    Parameters
    ----------
    psf : PsfModel or AnalyticPsf
        The PSF.
    lost, light : float
        The share of the flux and the surface brightness [1/pixel] of a star of flux one down to which it must be
        known; an analytic PSF is followed up to 1152 pixels, an undersampled one up to 384.
    """
    rows, columns = psf.shape
    middle = np.array([(columns - 1) / 2]), np.array([(rows - 1) / 2])
    if isinstance(psf, PsfModel):
        return _measure_rings(evaluate_psf(psf, *middle)[0].astype(float))
    finer = measure_oversampling(psf)
    for side in LARGE_SIDES[: 3 if finer == 1 else 2]:
        reach = _measure_rings(_draw_large(psf, *middle, side=side, finer=finer))
        if reach.lost[-2] < lost and reach.light[-2] < light:
            break
    return reach


def _measure_rings(stamp: Float[np.ndarray, "y x"]) -> Reach:
    half = stamp.shape[0] // 2
    dy, dx = np.mgrid[: stamp.shape[0], : stamp.shape[1]] - half
    ring = np.minimum(np.hypot(dx, dy).astype(int), half)
    total = np.bincount(ring.ravel(), stamp.ravel(), half + 1)
    light = np.zeros(half + 1)
    np.maximum.at(light, ring.ravel(), stamp.ravel())
    lost = np.clip(1 - np.cumsum(total), 0, 1)
    return Reach(np.arange(half + 1.0) + 1, lost, np.maximum.accumulate(light[::-1])[::-1])


def measure_oversampling(psf: PsfModel | AnalyticPsf) -> int:
    """Return how much finer than the pixels a stamp must be drawn for the PSF's detail not to alias."""
    if isinstance(psf, PsfModel):
        return 1
    rows, columns = psf.shape
    x, y = np.array([0.0, (columns - 1) / 2, columns - 1.0]), np.array([0.0, (rows - 1) / 2, rows - 1.0])
    for finer in range(1, 9):
        edge = np.array([0.97 * np.pi * finer])
        along_x = evaluate_transform(psf, x, y, ky=np.zeros(1), kx=edge)
        along_y = evaluate_transform(psf, x, y, ky=edge, kx=np.zeros(1))
        pixel = np.sinc(edge / (2 * np.pi))
        if max(np.abs(along_x).max(), np.abs(along_y).max()) < ALIASING * np.abs(pixel).max():
            return finer
    return 9


def choose_sides(profiles: Profiles, reach: Reach, *, accuracy: float, faintest: float) -> Int[np.ndarray, " object"]:
    """Choose the side of each object's stamp [pixel].

    Parameters
    ----------
    profiles : Profiles
        What is to be drawn.
    reach : Reach
        Of the PSF.
    accuracy : float
        Share of the flux that may lie outside of the stamp.
    faintest : float
        Surface brightness [image unit per pixel] down to which stamps reach; where ``accuracy`` asks for more, they
        do so down to a tenth of it. Infinity leaves all to ``accuracy``.
    """
    flux = np.maximum(np.abs(profiles.flux), 1e-300)
    half = _find_radius(reach.radius, reach.lost, reach.light, lost=accuracy / 2, light=faintest / flux)
    star = half.copy()
    for radius, share, index in list_components(profiles):
        for one in np.unique(index[share > 0]):
            rows = np.flatnonzero((index == one) & (share > 0))
            lost, light = measure_sersic_light(float(one), _RADII)
            dark = faintest * radius[rows] ** 2 * profiles.axis_ratio[rows] / (share[rows] * flux[rows])
            own = _find_radius(_RADII, lost, light, lost=accuracy / 2 / share[rows], light=dark) * radius[rows]
            half[rows] = np.maximum(half[rows], np.hypot(own, star[rows]))
    wanted = 2 * np.ceil(half).astype(int) + 4
    return SIDES[np.minimum(np.searchsorted(SIDES, wanted), len(SIDES) - 1)]


def _find_radius(
    radius: np.ndarray, lost_at: np.ndarray, light_at: np.ndarray, *, lost: float | np.ndarray, light: np.ndarray
) -> Float[np.ndarray, " object"]:
    """Return the radius beyond which no more than a share is lost and all is fainter than ``light``."""
    by_share = np.interp(-np.asarray(lost), -lost_at, radius)
    if not np.isfinite(light).all():
        return np.broadcast_to(by_share, light.shape).copy()
    steps = -np.log(np.maximum(light_at, 1e-300))
    by_light, faint = np.interp(-np.log(light), steps, radius), np.interp(-np.log(light / 10), steps, radius)
    return np.maximum(by_light, np.minimum(by_share, faint))


def list_components(profiles: Profiles) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return half-light radius [pixel], share of the light and Sersic index of the main component and of the bulge."""
    bulge = np.where(profiles.is_star, 0.0, profiles.bulge_fraction)
    galaxy = (~profiles.is_star).astype(float)
    disk = profiles.half_light_radius / np.interp(bulge, *_measure_half_light())
    radius = np.where(bulge > 0, disk, profiles.half_light_radius)
    index = np.where(bulge > 0, 1.0, quantize_sersic(profiles.sersic))
    four = np.full(len(profiles), 4.0)
    return [(radius, galaxy - bulge, index), (disk * BULGE_SIZE, bulge, four)]


@lru_cache(maxsize=1)
def _measure_half_light() -> tuple[Float[np.ndarray, " share"], Float[np.ndarray, " share"]]:
    """Return half-light radii of bulge and disk together, in units of the disk's, for shares of the bulge."""
    radius, shares = np.geomspace(0.05, 2.0, 400), np.linspace(0, 1, 41)
    disk, bulge = (1 - measure_sersic_light(n, radius / r)[0] for n, r in ((1.0, 1.0), (4.0, BULGE_SIZE)))
    return shares, np.array([np.interp(0.5, (1 - share) * disk + share * bulge, radius) for share in shares])


def _draw_large(psf: AnalyticPsf, x: np.ndarray, y: np.ndarray, *, side: int, finer: int) -> Float[np.ndarray, "y x"]:
    """Draw a star of flux one in the middle of a large stamp."""
    wave = 2 * np.pi * np.fft.fftfreq(side)
    step = 2 * np.pi / side
    folded = np.zeros((side, side // 2 + 1))
    for down in range(-(finer // 2), finer // 2 + 1):
        for across in range(-(finer // 2), finer // 2 + 1):
            kx = step * np.arange(side // 2 + 1) + 2 * np.pi * across
            folded += evaluate_transform(psf, x, y, ky=wave + 2 * np.pi * down, kx=kx)[0]
    stamp = scipy.fft.irfft2(folded, s=(side, side))
    return np.asarray(np.roll(stamp, (side // 2, side // 2), (0, 1))[1:, 1:])
