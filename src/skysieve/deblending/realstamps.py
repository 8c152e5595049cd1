"""Real galaxies as blends are made of them: stamps of one size with the noise that is on them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Shaped
from scipy.ndimage import binary_dilation

from skysieve.deblending.fieldnoise import FieldNoise, bin_noise, draw_field_noise
from skysieve.deblending.galaxies import Galaxies
from skysieve.extraction import measure_stamp_shape
from skysieve.extraction.hotcold import measure_alone
from skysieve.io.realgalaxies import RealGalaxy
from skysieve.training import split_folds

UNKNOWN = -1
"""Kind of a galaxy of which no type is known: no index into ``TYPES``."""

TOTAL_GROWTH = 5
"""Rings of pixels around a galaxy's own in which its total light is summed."""

LEAST_RADIUS = 0.4
"""Half-light radius before the PSF of a galaxy that looks no larger than it [pixel]."""


@dataclass(frozen=True)
class RealStamps:
    """Real galaxies that can be blended, and from which of the given ones they come.

    ``rows`` are the numbers of the given galaxies; those that are not seen, or reach the edge of the stamp, are left
    out.
    """

    galaxies: Galaxies
    rows: Int[np.ndarray, " galaxy"]


def make_real_stamps(
    galaxies: Sequence[RealGalaxy],
    *,
    correlation: Float[np.ndarray, "v u"],
    side: int = 128,
    binning: int = 1,
    seed: int = 0,
) -> RealStamps:
    """Bring stamps of real galaxies to one size, in units of their noise, and measure each as SExtractor would.

    Parameters
    ----------
    galaxies : sequence of RealGalaxy
        Each alone and in the middle of its stamp.
    correlation : ndarray, shape (v, u)
        Of the field's noise; see ``read_noise_correlation``.
    side : int, optional
        Of the stamps [pixel]. What a stamp lacks is noise of its galaxy's field; what it has more is cut off.
    binning : int, optional
        Pixels that are summed along each side before; 2 brings stamps of 0.03 arcsec to the 0.06 of the paper.
    seed : int, optional
        Of the noise; a galaxy's own depends on its pixels and not on its place in the list.

    Returns
    -------
    RealStamps
        Their noise is in the stamps (``noise_seed`` is -1): blend them with ``noise = "stamps"``. ``total`` is the
        light in the galaxy's pixels and five rings around them; ``radius`` is without the PSF's in quadrature, and
        not along the major axis, which the catalog does not tell; ``psf`` is the median one, the same for all, since
        only galaxies of one PSF are blended; ``kind`` is -1: neither size nor shape tells the types of Table 1 apart.
    """
    names = name_galaxies(galaxies)
    stamps, noise = [], []
    for galaxy, name in zip(galaxies, names, strict=True):
        field = bin_noise(FieldNoise(float(np.sqrt(galaxy.variance)), 0.0, correlation), binning)
        rng = np.random.default_rng([seed, int(name[:15], 16)])
        stamps.append(_pad(_bin(galaxy.stamp, binning), field, side=side, rng=rng) / np.float32(field.sigma))
        noise.append(field.sigma)
    return _measure(galaxies, np.stack(stamps), np.array(noise), binning)


def name_galaxies(galaxies: Sequence[RealGalaxy]) -> Shaped[np.ndarray, " galaxy"]:
    """Return a name for each galaxy that depends on its pixels alone, so that copies of it have the same."""
    return np.array([hashlib.sha256(np.ascontiguousarray(one.stamp).tobytes()).hexdigest() for one in galaxies])


def split_galaxies(galaxies: Sequence[RealGalaxy], folds: int = 5, seed: int = 0) -> Int[np.ndarray, " galaxy"]:
    """Return the fold of each galaxy, for networks that are tested on galaxies that they have not seen."""
    return split_folds(name_galaxies(galaxies), folds, seed)


def _measure(galaxies: Sequence[RealGalaxy], light: Float32[np.ndarray, "galaxy y x"], noise: np.ndarray,
             binning: int) -> RealStamps:  # fmt: skip
    """Return the galaxies that sep sees whole, with its measurements."""
    side, middle = light.shape[1], light.shape[1] / 2
    alone = [measure_alone(stamp, 1.0, x=middle, y=middle) for stamp in light]
    whole = [one.flux > 0 and not (one.mask[[0, -1]].any() or one.mask[:, [0, -1]].any()) for one in alone]
    rows = np.flatnonzero(whole)
    masks = np.array([alone[row].mask for row in rows]).reshape(len(rows), side, side)
    places = np.array([_find_center(light[row], alone[row].mask) for row in rows]).reshape(len(rows), 2)
    psf = np.tile(np.median([_describe_psf(one.psf, binning) for one in galaxies], axis=0), (len(rows), 1))
    told = np.array([(one.half_light_radius / binning, one.magnitude) for one in galaxies], float)[rows]
    found = Galaxies(
        light=light[rows], noise_seed=np.full(len(rows), -1), x=places[:, 0], y=places[:, 1],
        flux=np.array([alone[row].flux for row in rows], float),
        total=np.array([light[row][_widen(alone[row].mask)].sum() for row in rows], float),
        magnitude=told[:, 1],
        radius=np.sqrt(np.maximum(told[:, 0] ** 2 - (psf[:, 0] / 2) ** 2, LEAST_RADIUS**2)),
        kind=np.full(len(rows), UNKNOWN), mask=np.packbits(masks.reshape(len(rows), -1), axis=1), psf=psf,
        scale=noise[rows],
    )  # fmt: skip
    return RealStamps(found, rows)


def _bin(stamp: Float32[np.ndarray, "y x"], factor: int) -> Float32[np.ndarray, "v u"]:
    """Sum blocks of pixels; a last row or column that fills none is left out."""
    rows, columns = (length // factor for length in stamp.shape)
    blocks = stamp[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor)
    return np.asarray(blocks.sum(axis=(1, 3)))


def _pad(
    stamp: Float32[np.ndarray, "y x"], field: FieldNoise, *, side: int, rng: np.random.Generator
) -> Float32[np.ndarray, "v u"]:
    """Put the middle of a stamp on the middle of noise."""
    plane = draw_field_noise(field, shape=(side, side), rng=rng)
    target, source = [], []
    for length in stamp.shape:
        start = (side - length) // 2
        target.append(slice(max(start, 0), max(start, 0) + min(length, side)))
        source.append(slice(max(-start, 0), max(-start, 0) + min(length, side)))
    plane[tuple(target)] = stamp[tuple(source)]
    return plane


def _widen(mask: Bool[np.ndarray, "y x"]) -> Bool[np.ndarray, "y x"]:
    return np.asarray(binary_dilation(mask, np.ones((3, 3), bool), TOTAL_GROWTH))


def _find_center(stamp: Float32[np.ndarray, "y x"], mask: Bool[np.ndarray, "y x"]) -> tuple[float, float]:
    """Return the barycenter x, y of the light in the galaxy's pixels."""
    rows, columns = np.nonzero(mask)
    weight = np.maximum(stamp[mask], 0).astype(float)
    return float(weight @ columns / weight.sum()), float(weight @ rows / weight.sum())


def _describe_psf(psf: Float32[np.ndarray, "v u"], binning: int) -> tuple[float, float, float]:
    """Return FWHM [pixel after binning] and ellipticity along x and along the diagonal of the middle square."""
    half = (min(psf.shape) - 1) // 2
    row, column = (length // 2 for length in psf.shape)
    fwhm, ellipticity, angle = measure_stamp_shape(
        psf[row - half : row + half + 1, column - half : column + half + 1].astype(float)
    )
    blocks = 8 * np.log(2) * (binning**2 - 1) / 12
    turn = 2 * np.radians(angle)
    return (
        float(np.sqrt(fwhm**2 + blocks)) / binning,
        ellipticity * float(np.cos(turn)),
        ellipticity * float(np.sin(turn)),
    )
