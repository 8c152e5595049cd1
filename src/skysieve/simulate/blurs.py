"""What moves or spreads an image while the shutter is open: tracking, wind, focus; kernels that blur a PSF."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.signal import fftconvolve

from skysieve.records import PsfModel

STEPS = 400
"""Moments of an exposure at which a path is known."""

FINER = 5
"""Steps a pixel, along each axis, in which a disk of defocus is drawn."""

Path = Float[np.ndarray, "2 moment"]


def draw_drift(rng: np.random.Generator, length: float) -> Path:
    """Draw the path of a telescope that runs too fast or too slow: a line with a slight bend and periodic error.

    Parameters
    ----------
    length : float
        From its first to its last moment [pixel].

    Returns
    -------
    ndarray, shape (2, moment)
        x and y [pixel] at equal steps of time, their mean zero.
    """
    time = np.linspace(-0.5, 0.5, STEPS)
    along = length * time
    across = length * (rng.normal(0, 0.1) * (time**2 - 1 / 12) + rng.normal(0, 0.02) * np.sin(2 * np.pi * 3 * time))
    return _turn(np.stack([along, across]), rng.uniform(0, 2 * np.pi))


def draw_jumps(rng: np.random.Generator, length: float) -> Path:
    """Draw the path of a telescope that jumps: it stays at two to four places up to `length` apart.

    Returns
    -------
    ndarray, shape (2, moment)
        x and y [pixel] at equal steps of time, their mean zero.
    """
    number = int(rng.integers(2, 5))
    along = np.concatenate([[0.0, 1.0], rng.uniform(0, 1, number - 2)])
    places = np.stack([along, rng.normal(0, 0.05, number)])[:, rng.permutation(number)] * length
    # Each place has at least a tenth of the time, else nobody would see that it jumped.
    shares = 0.1 + (1 - 0.1 * number) * rng.dirichlet(np.ones(number))
    moment = np.searchsorted(np.cumsum(shares)[:-1], (np.arange(STEPS) + 0.5) / STEPS)
    return _turn(places[:, moment], rng.uniform(0, 2 * np.pi))


def draw_shake(rng: np.random.Generator, spread: float) -> Path:
    """Draw the path of a telescope in the wind: it swings about its place, mostly along one direction.

    Parameters
    ----------
    spread : float
        Root mean square displacement along that direction [pixel]; half as much across.

    Returns
    -------
    ndarray, shape (2, moment)
        x and y [pixel] at equal steps of time, their mean zero.
    """
    kept = np.exp(-1 / 20)
    pushes = rng.normal(0, np.sqrt(1 - kept**2), (2, STEPS))
    swings = np.zeros((2, STEPS))
    swings[:, 0] = rng.normal(size=2)
    for moment in range(1, STEPS):
        swings[:, moment] = kept * swings[:, moment - 1] + pushes[:, moment]
    swings -= swings.mean(axis=1, keepdims=True)
    swings *= spread * np.array([[1.0], [0.5]]) / swings.std(axis=1, keepdims=True)
    return _turn(swings, rng.uniform(0, 2 * np.pi))


def make_path_kernel(path: Path) -> Float[np.ndarray, "y x"]:
    """Return how a path spreads the light of a point.

    Returns
    -------
    ndarray, shape (y, x)
        Odd sides, its sum one, its center of light in the middle to the rounding of bilinear weights.
    """
    centered = path - path.mean(axis=1, keepdims=True)
    half = int(np.ceil(np.abs(centered).max())) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1))
    x, y = centered + half
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = x - x0, y - y0
    for dy, wy in ((0, 1 - fy), (1, fy)):
        for dx, wx in ((0, 1 - fx), (1, fx)):
            np.add.at(kernel, (y0 + dy, x0 + dx), wy * wx)
    return kernel / kernel.sum()


def make_defocus_kernel(diameter: float, *, obscuration: float = 0.3, coma: float = 0.0) -> Float[np.ndarray, "y x"]:
    """Return the picture of the mirror that a telescope out of focus makes of a point.

    Parameters
    ----------
    diameter : float
        Of the picture [pixel].
    obscuration : float
        Hole in the mirror, in units of its diameter.
    coma : float
        How much brighter one side is than the other, from 0 to 1, along +x.

    Returns
    -------
    ndarray, shape (y, x)
        Odd sides, its sum one; one pixel for a diameter far below a pixel.
    """
    half = int(np.ceil(diameter / 2)) + 1
    fine = (np.arange((2 * half + 1) * FINER) + 0.5) / FINER - half - 0.5
    radius = np.hypot(fine[:, None], fine)
    # A mirror that reaches no sample but the middle one has no hole, or nothing would be left.
    hole = obscuration * diameter / 2 if diameter / 2 > 1.01 / FINER else 0.0
    lit = (radius <= max(diameter / 2, 0.5 / FINER)) & (radius >= hole)
    shade = lit * (1 + coma * fine / max(diameter / 2, 1e-9))
    kernel = shade.reshape(2 * half + 1, FINER, 2 * half + 1, FINER).sum(axis=(1, 3))
    return np.asarray(kernel / kernel.sum())


def blur_psf(psf: PsfModel, kernel: Float[np.ndarray, "y x"]) -> PsfModel:
    """Return a PSF as it is after a kernel has spread the light; its `fwhm` is that of a circle of equal area."""
    stamps = np.stack([fftconvolve(stamp, kernel) for stamp in psf.coefficients]).astype(np.float32)
    return replace(psf, coefficients=stamps, fwhm=measure_equal_width(stamps[0]))


def measure_equal_width(stamp: Float[np.ndarray, "y x"], *, finer: int = 4) -> float:
    """Return the FWHM [pixel] of a circle with as many pixels above half of the maximum, in a stamp drawn finer."""
    side = (np.arange(stamp.shape[0] * finer) + 0.5) / finer - 0.5
    rows = np.stack([np.interp(side, np.arange(stamp.shape[1]), row) for row in stamp])
    fine = np.stack([np.interp(side, np.arange(stamp.shape[0]), column) for column in rows.T], axis=1)
    return float(2 * np.sqrt(np.count_nonzero(fine > fine.max() / 2) / np.pi) / finer)


def measure_noise_area(stamp: Float[np.ndarray, "y x"]) -> float:
    """Return the area of the sky whose noise enters a point source's best flux [pixel]: 1 / sum of P^2, P of sum one.

    Notes
    -----
    King 1983, PASP 95, 163. At given sky and transparency the time to reach a depth is proportional to it.
    """
    light = stamp / stamp.sum()
    return float(1 / (light**2).sum())


def _turn(path: Path, angle: float) -> Path:
    cos, sin = np.cos(angle), np.sin(angle)
    turned = np.array([[cos, -sin], [sin, cos]]) @ path
    return np.asarray(turned - turned.mean(axis=1, keepdims=True))
