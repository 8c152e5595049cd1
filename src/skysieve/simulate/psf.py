"""Analytic point-spread functions: seeing and diffraction, whose size and shape may vary smoothly over the field."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from jaxtyping import Float, Float32
from pydantic import Field

from skysieve.config import STRICT
from skysieve.extraction.field import list_terms
from skysieve.simulate.transforms import look_up, tabulate_airy, tabulate_seeing

ARCSEC = 206264.806


@dataclass(frozen=True)
class PsfRecipe:
    """A point-spread function in physical terms.

    Parameters
    ----------
    profile : {"moffat", "kolmogorov", "gaussian"}
        Profile of the atmosphere, or (``"gaussian"``) of the jitter of a space telescope.
    fwhm : float
        Its full width at half maximum [arcsec].
    beta : float
        Index of the Moffat profile.
    aperture, obscuration, wavelength : float
        Diameter of the mirror [m], diameter of its hole in units of that, and wavelength [nm] of the diffraction
        that broadens the profile; an aperture of 0 means none.
    ellipticity, angle : float
        (a - b) / (a + b) of the PSF, and its major axis [deg, from +x toward +y].
    size_variation, ellipticity_variation : float
        Root mean square over the field of the relative change of size, and of the change of ellipticity: smooth
        polynomials of second degree, drawn from the seed.
    """

    __pydantic_config__ = STRICT

    profile: Literal["moffat", "kolmogorov", "gaussian"] = "moffat"
    fwhm: Annotated[float, Field(gt=0)] = 0.7
    beta: Annotated[float, Field(gt=1.1)] = 3.0
    aperture: Annotated[float, Field(ge=0)] = 0.0
    obscuration: Annotated[float, Field(ge=0, lt=1)] = 0.0
    wavelength: Annotated[float, Field(gt=0)] = 700.0
    ellipticity: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    angle: float = 0.0
    size_variation: Annotated[float, Field(ge=0, lt=0.3)] = 0.0
    ellipticity_variation: Annotated[float, Field(ge=0, lt=0.2)] = 0.0


@dataclass(frozen=True)
class AnalyticPsf:
    """A point-spread function in pixels; made by ``make_analytic_psf``.

    Parameters
    ----------
    profile, beta
        As in ``PsfRecipe``.
    field : ndarray, shape (3, term)
        Polynomials over the field of the FWHM [pixel] and of the ellipticity's components along x and along the
        diagonal, in the terms of ``PsfModel``.
    degree : int
        Degree of the polynomials.
    shape : tuple of int
        Rows and columns of the image [pixel].
    diffraction, obscuration : float
        Wavelength over diameter [pixel] (0: none), and the hole in the mirror.
    """

    profile: Literal["moffat", "kolmogorov", "gaussian"]
    beta: float
    field: Float[np.ndarray, "3 term"]
    degree: int
    shape: tuple[int, int]
    diffraction: float = 0.0
    obscuration: float = 0.0


def make_analytic_psf(recipe: PsfRecipe, *, pixel_scale: float, shape: tuple[int, int], seed: int = 0) -> AnalyticPsf:
    """Turn a PSF recipe into pixels.

    Parameters
    ----------
    recipe : PsfRecipe
        The PSF.
    pixel_scale : float
        [arcsec/pixel].
    shape : tuple of int
        Rows and columns of the image [pixel].
    seed : int, optional
        Fixes how the PSF varies over the field.
    """
    varies = recipe.size_variation > 0 or recipe.ellipticity_variation > 0
    turn = 2 * np.radians(recipe.angle)
    field = np.zeros((3, 6 if varies else 1))
    field[:, 0] = 1, recipe.ellipticity * np.cos(turn), recipe.ellipticity * np.sin(turn)
    if varies:
        drawn = np.random.default_rng([seed, 7]).normal(size=(3, 6))
        drawn[:, 0] = 0
        points = np.linspace(0, 1, 21)
        x, y = (grid.ravel() for grid in np.meshgrid(points * (shape[1] - 1), points * (shape[0] - 1)))
        over_field = list_terms(x, y, shape=shape, degree=2) @ drawn.T
        drawn[:, 0] -= over_field.mean(axis=0)
        amplitude = np.array([recipe.size_variation, *[recipe.ellipticity_variation / np.sqrt(2)] * 2])
        field += drawn * (amplitude / over_field.std(axis=0))[:, None]
    field[0] *= recipe.fwhm / pixel_scale
    spread = recipe.wavelength * 1e-9 / recipe.aperture * ARCSEC / pixel_scale if recipe.aperture > 0 else 0.0
    return AnalyticPsf(recipe.profile, recipe.beta, field, 2 if varies else 0, shape, spread, recipe.obscuration)


def evaluate_transform(
    psf: AnalyticPsf,
    x: Float[np.ndarray, " object"],
    y: Float[np.ndarray, " object"],
    *,
    ky: np.ndarray,
    kx: np.ndarray,
) -> Float32[np.ndarray, "object y x"]:
    """Return the transform of the PSF and the pixel at each position.

    Parameters
    ----------
    psf : AnalyticPsf
        The PSF.
    x, y : ndarray, shape (object,)
        Positions [pixel]; beyond the image the PSF stays as on its border.
    ky, kx : ndarray, shape (y,) and (x,)
        Wave numbers [radian/pixel].

    Returns
    -------
    ndarray, shape (object, y, x)
        Real, one at the origin.
    """
    major, minor, theta = evaluate_shape(psf, x, y)
    squared = square_wave_numbers(major, minor, theta, ky=ky, kx=kx)
    none = np.zeros(len(x), np.int64)
    transform = look_up(tabulate_seeing(psf.profile, psf.beta)[None], none, squared)
    pixel = np.sinc(ky / (2 * np.pi))[:, None] * np.sinc(kx / (2 * np.pi))
    if psf.diffraction > 0:
        round_squared = ((ky[:, None] ** 2 + kx**2) * psf.diffraction**2).astype(np.float32)[None]
        pixel = pixel * look_up(tabulate_airy(psf.obscuration)[None], none[:1], round_squared)[0]
    transform *= pixel.astype(np.float32)
    return transform


def evaluate_shape(
    psf: AnalyticPsf, x: Float[np.ndarray, " object"], y: Float[np.ndarray, " object"]
) -> tuple[Float[np.ndarray, " object"], Float[np.ndarray, " object"], Float[np.ndarray, " object"]]:
    """Return FWHM of the seeing along its axes [pixel], and the angle of the major one [deg], at each position."""
    rows, columns = psf.shape
    terms = list_terms(np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1), shape=psf.shape, degree=psf.degree)
    width, first, second = psf.field @ terms.T
    ellipticity = np.minimum(np.hypot(first, second), 0.9)
    ratio = (1 - ellipticity) / (1 + ellipticity)
    major = width / np.sqrt(ratio)
    theta = 0.5 * np.degrees(np.arctan2(second, first))
    return major, major * ratio, theta


def square_wave_numbers(
    major: Float[np.ndarray, " object"],
    minor: Float[np.ndarray, " object"],
    theta: Float[np.ndarray, " object"],
    *,
    ky: np.ndarray,
    kx: np.ndarray,
) -> Float32[np.ndarray, "object y x"]:
    """Return the squared wave number in units of the inverse axes of an ellipse at ``theta`` [deg]."""
    cos, sin = np.cos(np.radians(theta)), np.sin(np.radians(theta))
    xx, yy = (major * cos) ** 2 + (minor * sin) ** 2, (major * sin) ** 2 + (minor * cos) ** 2
    xy = 2 * (major**2 - minor**2) * cos * sin
    squared = (xy[:, None] * ky).astype(np.float32)[:, :, None] * kx.astype(np.float32)
    squared += np.outer(xx, kx**2).astype(np.float32)[:, None, :]
    squared += np.outer(yy, ky**2).astype(np.float32)[:, :, None]
    return np.maximum(squared, 0, out=squared)
