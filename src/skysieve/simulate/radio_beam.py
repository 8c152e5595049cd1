"""Sidelobes of an interferometer: the dirty beam without its main lobe."""

import math

import numpy as np
from jaxtyping import Float
from scipy.special import j0

from skysieve.simulate.radio_recipe import BeamRecipe

ARMS = (-5.0, 115.0, 236.0)
"""Azimuths of the arms of the Very Large Array [deg]."""

ANTENNAS = 9
"""On each arm."""

SPACING = 1.716
"""Antenna n of an arm stands at a distance n^SPACING from the center (Thompson et al. 1980, ApJS 44, 151)."""

FWHM = math.sqrt(8 * math.log(2))
"""Of a Gaussian, in its standard deviations."""


def make_sidelobes(beam: BeamRecipe, *, pixel_scale: float, turn: float) -> Float[np.ndarray, "y x"]:
    """Draw what a source of 1 Jy leaves around itself.

    Parameters
    ----------
    beam
        Pattern, width and the share of the sidelobes that is left.
    pixel_scale
        [arcsec].
    turn
        Position angle of the array as the sky sees it [radian].

    Returns
    -------
    Float[np.ndarray, "y x"]
        Odd sides, the source in the middle; 0 beyond ``beam.reach`` and at the source itself.

    Notes
    -----
    The dirty beam is the mean of cos 2 pi (u x + v y) over the baselines, weighted by their length (nearly uniform
    weighting), in units in which its main lobe has the width of the clean beam. Rings: J0, the beam of baselines of
    one length.
    """
    half = int(beam.reach / pixel_scale)
    y, x = np.mgrid[-half : half + 1, -half : half + 1] * pixel_scale
    radius = np.hypot(x, y)
    dirty = _draw_rings(radius, beam.fwhm) if beam.pattern == "annular" else _draw_arms(x, y, beam.fwhm, turn)
    main = np.exp(-4 * math.log(2) * (radius / beam.fwhm) ** 2)
    taper = np.clip((beam.reach - radius) / (0.25 * beam.reach), 0, 1)
    outside = 1 - np.exp(-((radius / beam.fwhm) ** 4))
    return beam.residual * (dirty - main) * taper * outside


def _draw_rings(radius: Float[np.ndarray, "y x"], fwhm: float) -> Float[np.ndarray, "y x"]:
    """J0 falls to one half at 1.521."""
    return j0(2 * 1.521 * radius / fwhm)


def _draw_arms(
    x: Float[np.ndarray, "y x"], y: Float[np.ndarray, "y x"], fwhm: float, turn: float
) -> Float[np.ndarray, "y x"]:
    u, v = _list_baselines(turn)
    weight = np.hypot(u, v)
    weight /= weight.sum()
    # A Gaussian of the same curvature at the peak has 1 / (2 pi rms) as its width.
    scale = FWHM / (2 * math.pi * fwhm * math.sqrt((weight * (u**2 + v**2)).sum() / 2))
    phase_x = np.exp(2j * math.pi * scale * np.outer(u, x[0]))
    phase_y = np.exp(2j * math.pi * scale * np.outer(v, y[:, 0]))
    return np.real((weight[:, None] * phase_y).T @ phase_x)


def _list_baselines(turn: float) -> tuple[Float[np.ndarray, " baseline"], Float[np.ndarray, " baseline"]]:
    angle = np.repeat(np.deg2rad(ARMS) + turn, ANTENNAS)
    radius = np.tile(np.arange(1, ANTENNAS + 1) ** SPACING, len(ARMS))
    east, north = radius * np.sin(angle), radius * np.cos(angle)
    one, other = np.triu_indices(len(radius), 1)
    return east[one] - east[other], north[one] - north[other]
