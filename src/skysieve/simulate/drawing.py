"""Draw noise-free stamps of stars and galaxies, many of one size at a time, in Fourier space."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.fft
from jaxtyping import Complex64, Float32, Int

from skysieve.extraction.field import list_terms
from skysieve.records import PsfModel
from skysieve.simulate.knots import transform_knots
from skysieve.simulate.profiles import Profiles
from skysieve.simulate.psf import AnalyticPsf, evaluate_transform, square_wave_numbers
from skysieve.simulate.reach import choose_sides, list_components, measure_oversampling, measure_reach
from skysieve.simulate.transforms import look_up, quantize_sersic, tabulate_sersic

CHUNK = 60_000
"""Numbers of a batch of transforms: as many as stay in the processor's cache."""


@dataclass(frozen=True)
class Drawn:
    """Noise-free stamps in the order of the profiles: pixel [0, 0] of stamp i lies at (y0[i], x0[i]) of the image.

    ``pixels`` are float32 [image unit]; the stamp of an object that does not reach the image is empty (0, 0).
    """

    y0: Int[np.ndarray, " object"]
    x0: Int[np.ndarray, " object"]
    pixels: tuple[Float32[np.ndarray, "_ _"], ...]


@dataclass(frozen=True)
class Waves:
    """Wave numbers [radian/pixel] of stamps of ``side`` pixels drawn on a grid ``finer`` than the pixels."""

    side: int
    finer: int
    ky: np.ndarray
    kx: np.ndarray


def draw_profiles(
    profiles: Profiles,
    psf: PsfModel | AnalyticPsf,
    *,
    shape: tuple[int, int],
    accuracy: float = 0.002,
    faintest: float = np.inf,
) -> Drawn:
    """Draw every object by itself, without noise.

    Parameters
    ----------
    profiles : Profiles
        Stars and galaxies; ``stamp`` is not looked at.
    psf : PsfModel or AnalyticPsf
        A measured PSF, taken to hold the pixel's response already and to have no light outside of its stamp, or an
        analytic one.
    shape : tuple of int
        Rows and columns of the image [pixel]; objects that do not reach it are not drawn.
    accuracy : float, optional
        Share of the flux that may lie beyond the stamp. That light is folded back into the stamp's outskirts.
    faintest : float, optional
        Surface brightness [image unit per pixel] down to which the stamp must reach as well, so that bright objects
        get larger ones; by default only ``accuracy`` counts.

    Returns
    -------
    Drawn
        One stamp an object. Each sums to the object's flux within 1e-5 (the Sersic profiles end at eight half-light
        radii); an object with a NaN position is not drawn.

    Raises
    ------
    ImportError
        If GalSim is missing and something else than stars with a measured PSF is to be drawn.
    """
    finer = measure_oversampling(psf)
    brightest = float(np.abs(profiles.flux).max(initial=1e-300))
    reach = measure_reach(psf, lost=accuracy / 2, light=faintest / brightest)
    sides = choose_sides(profiles, reach, accuracy=accuracy, faintest=faintest)
    x, y = (np.where(np.isfinite(profiles.x + profiles.y), one, -1e7) for one in (profiles.x, profiles.y))
    x0, y0 = (np.floor(one + 0.5).astype(np.int64) - sides // 2 for one in (x, y))
    seen = (x0 < shape[1]) & (y0 < shape[0]) & (x0 + sides > 0) & (y0 + sides > 0)
    pixels = [np.zeros((0, 0), np.float32)] * len(profiles)
    for side in np.unique(sides[seen]):
        waves = _make_waves(int(side), finer)
        response = _Response(psf, waves)
        for rows in _split_rows(np.flatnonzero(seen & (sides == side)), profiles, waves):
            for row, stamp in zip(rows, _draw_batch(profiles.take(rows), response, waves), strict=True):
                pixels[row] = stamp
    return Drawn(y0, x0, tuple(pixels))


def paste(image: Float32[np.ndarray, "y x"], drawn: Drawn) -> None:
    """Add stamps to an image, in their order; what lies outside of it is cut.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Changed in place.
    drawn : Drawn
        From ``draw_profiles`` for the shape of the image.
    """
    rows, columns = image.shape
    for y0, x0, stamp in zip(drawn.y0.tolist(), drawn.x0.tolist(), drawn.pixels, strict=True):
        if stamp.size:
            low_y, low_x = max(0, -y0), max(0, -x0)
            part = stamp[low_y : max(0, rows - y0), low_x : max(0, columns - x0)]
            image[y0 + low_y : y0 + low_y + part.shape[0], x0 + low_x : x0 + low_x + part.shape[1]] += part


class _Response:
    """The transform of the PSF on one grid, the constant part of it computed once."""

    def __init__(self, psf: PsfModel | AnalyticPsf, waves: Waves) -> None:
        self._psf, self._waves = psf, waves
        if isinstance(psf, PsfModel):
            self._planes = _transform_planes(psf.coefficients, waves)
        elif psf.degree == 0:
            self._planes = evaluate_transform(psf, np.zeros(1), np.zeros(1), ky=waves.ky, kx=waves.kx)

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the transforms at positions, shape (object or 1, y, x)."""
        psf = self._psf
        if isinstance(psf, AnalyticPsf):
            varies = psf.degree > 0
            return evaluate_transform(psf, x, y, ky=self._waves.ky, kx=self._waves.kx) if varies else self._planes
        rows, columns = psf.shape
        terms = list_terms(np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1), shape=psf.shape, degree=psf.degree)
        terms = terms / (terms @ psf.coefficients.sum(axis=(1, 2), dtype=float))[:, None]
        return np.tensordot(terms.astype(np.float32), self._planes, 1)


def _transform_planes(planes: np.ndarray, waves: Waves) -> Complex64[np.ndarray, "term y x"]:
    """Transform stamps around their middle pixel."""
    middle_y, middle_x = (side // 2 for side in planes.shape[1:])
    shift_y = np.exp(-1j * np.outer(waves.ky, np.arange(planes.shape[1]) - middle_y))
    shift_x = np.exp(-1j * np.outer(np.arange(planes.shape[2]) - middle_x, waves.kx))
    return np.asarray(shift_y @ planes @ shift_x, np.complex64)


def _make_waves(side: int, finer: int) -> Waves:
    wave = 2 * np.pi * finer
    return Waves(side, finer, wave * np.fft.fftfreq(side * finer), wave * np.fft.rfftfreq(side * finer))


def _split_rows(rows: np.ndarray, profiles: Profiles, waves: Waves) -> Iterator[np.ndarray]:
    """Split objects of one stamp size into batches of one kind, always the same ones."""
    knots, bulge = profiles.clumpiness[rows] > 0, profiles.bulge_fraction[rows] > 0
    kind = np.where(profiles.is_star[rows], 0, 1 + bulge + 2 * knots)
    size = max(1, CHUNK // (len(waves.ky) * len(waves.kx)))
    for one in np.unique(kind):
        same = rows[kind == one]
        yield from (same[start : start + size] for start in range(0, len(same), size))


def _draw_batch(profiles: Profiles, response: _Response, waves: Waves) -> Float32[np.ndarray, "object y x"]:
    """Draw objects of one kind in stamps of one size."""
    transform = response.evaluate(profiles.x, profiles.y)
    if not profiles.is_star[0]:
        transform = transform * _transform_galaxies(profiles, waves)
    middle = waves.side // 2
    across, down = (one - np.floor(one + 0.5) + middle for one in (profiles.x, profiles.y))
    phase_y = np.exp(-1j * np.outer(down, waves.ky)) * (profiles.flux * waves.finer**2)[:, None]
    phase_x = np.exp(-1j * np.outer(across, waves.kx))
    moved = phase_y.astype(np.complex64)[:, :, None] * phase_x.astype(np.complex64)[:, None, :]
    moved *= transform
    stamps = scipy.fft.irfft2(moved, s=(len(waves.ky), len(waves.ky)), overwrite_x=True)
    return np.ascontiguousarray(stamps[:, :: waves.finer, :: waves.finer])


def _transform_galaxies(profiles: Profiles, waves: Waves) -> np.ndarray:
    """Transform galaxies of flux one around their centers."""
    ones = np.ones(len(profiles))
    squared = square_wave_numbers(ones, profiles.axis_ratio, profiles.theta, ky=waves.ky, kx=waves.kx)
    indices = np.unique(np.append(quantize_sersic(profiles.sersic), [1.0, 4.0]))
    tables = np.stack([tabulate_sersic(float(index)) for index in indices])
    smooth = np.zeros_like(squared)
    for radius, share, index in list_components(profiles):
        if share.any():
            found = look_up(
                tables, np.searchsorted(indices, index), squared * (radius**2).astype(np.float32)[:, None, None]
            )
            found *= share.astype(np.float32)[:, None, None]
            smooth += found
    if not profiles.clumpiness[0] > 0:
        return smooth
    clumpiness = profiles.clumpiness.astype(np.float32)[:, None, None]
    return (1 - clumpiness) * smooth + clumpiness * transform_knots(profiles, ky=waves.ky, kx=waves.kx)
