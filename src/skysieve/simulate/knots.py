"""Star-forming knots of irregular galaxies: points strewn like the light of an exponential disk."""

import numpy as np
from jaxtyping import Complex64, Float

from skysieve.simulate.profiles import Profiles
from skysieve.simulate.transforms import import_galsim

KNOTS = 20
"""Knots a galaxy."""


def transform_knots(profiles: Profiles, *, ky: np.ndarray, kx: np.ndarray) -> Complex64[np.ndarray, "object y x"]:
    """Transform the knots of galaxies, all of one brightness and together of flux one.

    Parameters
    ----------
    profiles : Profiles
        Galaxies; ``seed`` fixes where the knots are.
    ky, kx : ndarray, shape (y,) and (x,)
        Wave numbers [radian/pixel].
    """
    points = np.stack([_strew(int(seed)) for seed in profiles.seed]) * profiles.half_light_radius[:, None, None]
    cos, sin = (turn(np.radians(profiles.theta))[:, None] for turn in (np.cos, np.sin))
    along, beside = points[..., 0], points[..., 1] * profiles.axis_ratio[:, None]
    across, down = along * cos - beside * sin, along * sin + beside * cos
    wave_y = np.exp(-1j * down[:, None, :] * ky[:, None]).astype(np.complex64)
    wave_x = np.exp(-1j * across[:, :, None] * kx).astype(np.complex64)
    return np.asarray(wave_y @ wave_x, np.complex64) / np.float32(KNOTS)


def _strew(seed: int) -> Float[np.ndarray, "knot 2"]:
    """Return places of knots around a round galaxy of half-light radius one, cut at three radii."""
    galsim = import_galsim()
    disk = galsim.Exponential(half_light_radius=1.0)
    places = galsim.RandomKnots(KNOTS, profile=disk, rng=galsim.BaseDeviate(seed % 2**31 + 1)).points
    places = places - places.mean(axis=0)
    radius = np.hypot(*places.T)
    return places * np.minimum(1, 3 / np.maximum(radius, 1e-9))[:, None]
