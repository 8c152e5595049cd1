"""Fourier transforms of round profiles, tabulated once from GalSim and then looked up for whole batches of stamps."""

import importlib
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import Float32, Int
from scipy.special import gammainc, gammaincinv

ENTRIES = 4096
_LOW, _HIGH = np.log(1e-9), np.log(1e7)
_STEP = (_HIGH - _LOW) / (ENTRIES - 1)

TRUNCATION = 8.0
"""Sersic profiles end at this many half-light radii, as SDSS's and the Tractor's do, so that their flux is finite soon.

Sources: Stoughton et al. 2002, AJ 123, 485, section 4.4.5.5 (7 to 8 radii); Lang, Hogg & Mykytyn 2016 (the Tractor).
"""

SERSIC_STEP = 0.25
SERSIC_RANGE = (0.5, 6.0)


def import_galsim() -> ModuleType:
    """Return GalSim, or say how to get it.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        return importlib.import_module("galsim")
    except ImportError:
        raise ImportError("drawing galaxies needs GalSim; pip install 'skysieve[simulate]'") from None


def quantize_sersic(index: Float32[np.ndarray, " object"] | np.ndarray) -> np.ndarray:
    """Round Sersic indices to the steps of 0.25 between 0.5 and 6 for which tables are made.

    Parameters
    ----------
    index : ndarray, shape (object,)
        Any positive numbers; NaN stays.

    Examples
    --------
    >>> quantize_sersic(np.array([0.2, 1.1, 3.9, 9.0]))
    array([0.5, 1. , 4. , 6. ])
    """
    return np.clip(np.round(np.asarray(index, float) / SERSIC_STEP) * SERSIC_STEP, *SERSIC_RANGE)


def look_up(
    tables: Float32[np.ndarray, "table entry"],
    which: Int[np.ndarray, " object"],
    k2: Float32[np.ndarray, "object y x"],
) -> Float32[np.ndarray, "object y x"]:
    """Evaluate tabulated transforms.

    Parameters
    ----------
    tables : ndarray, shape (table, entry)
        Transforms at steps of the logarithm of the squared wave number.
    which : ndarray, shape (object,)
        The table of each object.
    k2 : ndarray, shape (object, y, x)
        Squared wave number, in units of the inverse size of the profile; overwritten.

    Returns
    -------
    ndarray, shape (object, y, x)
        Linear interpolation in log k^2, 1 at the origin.
    """
    k2 += np.float32(np.exp(_LOW))
    np.log(k2, out=k2)
    k2 -= np.float32(_LOW)
    k2 *= np.float32(1 / _STEP)
    np.minimum(k2, np.float32(ENTRIES - 1.001), out=k2)
    np.maximum(k2, np.float32(0), out=k2)
    entry = k2.astype(np.int32)
    k2 -= entry
    entry += (which.astype(np.int32) * ENTRIES)[:, None, None]
    values = tables.ravel()
    found: Float32[np.ndarray, "object y x"] = values[entry]
    entry += 1
    upper = values[entry]
    upper -= found
    upper *= k2
    found += upper
    return found


@lru_cache(maxsize=64)
def tabulate_sersic(index: float) -> Float32[np.ndarray, " entry"]:
    """Tabulate the transform of a Sersic profile of half-light radius one, cut at eight half-light radii."""
    galsim = import_galsim()
    return _tabulate(galsim.Sersic(index, half_light_radius=1.0, trunc=TRUNCATION))


@lru_cache(maxsize=64)
def tabulate_seeing(profile: str, beta: float) -> Float32[np.ndarray, " entry"]:
    """Tabulate the transform of a PSF of FWHM one: ``"moffat"`` (with its beta), ``"kolmogorov"`` or ``"gaussian"``."""
    galsim = import_galsim()
    if profile == "moffat":
        return _tabulate(galsim.Moffat(beta=beta, fwhm=1.0))
    return _tabulate(galsim.Kolmogorov(fwhm=1.0) if profile == "kolmogorov" else galsim.Gaussian(fwhm=1.0))


@lru_cache(maxsize=16)
def tabulate_airy(obscuration: float) -> Float32[np.ndarray, " entry"]:
    """Tabulate the transform of the diffraction of an aperture whose wavelength over diameter is one."""
    return _tabulate(import_galsim().Airy(lam_over_diam=1.0, obscuration=obscuration))


def measure_sersic_light(index: float, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Light of the truncated Sersic profile of half-light radius and flux one.

    Parameters
    ----------
    index : float
        Sersic index.
    radius : ndarray, shape (radius,)
        In half-light radii.

    Returns
    -------
    tuple of ndarray, shape (radius,)
        Fraction of the flux beyond the radius, and surface brightness there.
    """
    scale = _find_scale(index)
    inside = gammainc(2 * index, (np.minimum(radius, TRUNCATION) / scale) ** (1 / index))
    total = gammainc(2 * index, (TRUNCATION / scale) ** (1 / index))
    step = 1e-4
    reach = np.clip(radius, 2 * step, TRUNCATION - step)
    ring = gammainc(2 * index, ((reach + step) / scale) ** (1 / index))
    ring -= gammainc(2 * index, ((reach - step) / scale) ** (1 / index))
    surface = np.where(radius < TRUNCATION, ring / total / (4 * np.pi * reach * step), 0)
    return 1 - inside / total, surface


@lru_cache(maxsize=64)
def _find_scale(index: float) -> float:
    """Scale radius of the truncated profile of half-light radius one, by fixed-point iteration."""
    scale = 1 / gammaincinv(2 * index, 0.5) ** index
    for _ in range(200):
        total = gammainc(2 * index, (TRUNCATION / scale) ** (1 / index))
        scale = 1 / gammaincinv(2 * index, 0.5 * total) ** index
    return float(scale)


def _tabulate(profile: Any) -> Float32[np.ndarray, " entry"]:
    wave = np.exp(0.5 * (_LOW + _STEP * np.arange(ENTRIES)))
    values = np.array([profile.kValue(float(k), 0.0).real for k in wave], np.float32)
    values[0] = 1.0
    values.setflags(write=False)
    return values
