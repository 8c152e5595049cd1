"""Put the sources of a round into a copy of an image, with the noise and the saturation that they would have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from skysieve.records import Band, Detector, PsfModel
from skysieve.simulate import Drawn, Profiles, draw_profiles, paste
from skysieve.trust.conditions import Conditions
from skysieve.trust.recipe import InjectionRecipe

MANY_ELECTRONS = 50.0
"""From here on a Poisson number is drawn as a Gaussian one; its skewness is below 0.15."""

FAINTEST = 0.05
"""Stamps reach down to this surface brightness [noise of a pixel]."""


@dataclass(frozen=True)
class Injected:
    """A copy of an image with sources in it.

    ``drawn`` holds their noise-free stamps [image unit], band by band.
    """

    detector: Detector
    drawn: tuple[Drawn, ...]


def inject(
    detector: Detector,
    profiles: Profiles,
    psfs: Sequence[PsfModel],
    *,
    conditions: Conditions,
    recipe: InjectionRecipe,
    seed: Sequence[int],
) -> Injected:
    """Add sources to a copy of an image; the image itself stays as it is.

    Parameters
    ----------
    detector : Detector
        The image.
    profiles : Profiles
        Sources, their flux that of the reference band.
    psfs : sequence of PsfModel
        One a band.
    conditions : Conditions
        Ratios of fluxes between bands.
    recipe : InjectionRecipe
        Colors.
    seed : sequence of int
        Fixes the noise.

    Returns
    -------
    Injected
        Where the gain is known each source has its Poisson noise; good pixels do not exceed the saturation level
        unless they did before; bad pixels stay as they are.
    """
    rng = np.random.default_rng([*seed, len(profiles)])
    bands, stamps = [], []
    for index, (band, psf) in enumerate(zip(detector.bands, psfs, strict=True)):
        color = recipe.colors.get(band.name, 0.0) if index != detector.reference else 0.0
        scale = conditions.band_ratios[index] * 10 ** (-0.4 * color)
        light = replace(profiles, flux=profiles.flux * scale)
        drawn = draw_profiles(light, psf, shape=detector.shape, faintest=FAINTEST * conditions.noise * scale)
        stamps.append(drawn)
        noise_free = np.zeros(detector.shape, np.float32)
        paste(noise_free, drawn)
        bands.append(_add_light(band, noise_free, rng=rng))
    return Injected(replace(detector, bands=tuple(bands)), tuple(stamps))


def _add_light(band: Band, light: Float[np.ndarray, "y x"], *, rng: np.random.Generator) -> Band:
    """Return a band with light added to its good pixels."""
    added = light
    if np.isfinite(band.calibration.gain) and band.calibration.gain > 0:
        added = _add_poisson(light, band.calibration.gain, rng=rng)
    data = band.data + np.where(band.bad, np.float32(0), added)
    if np.isfinite(band.calibration.saturation):
        level = np.float32(band.calibration.saturation)
        data = np.where((light > 0) & (data > level), np.maximum(band.data, level), data)
    return replace(band, data=data.astype(np.float32))


def _add_poisson(light: Float[np.ndarray, "y x"], gain: float, *, rng: np.random.Generator) -> Float[np.ndarray, "y x"]:
    """Replace expected light by counted electrons; negative pixels of an interpolated PSF stay as they are."""
    noisy = light.copy()
    electrons = np.maximum(light, 0).astype(float) * gain
    few, many = (electrons > 0) & (electrons < MANY_ELECTRONS), electrons >= MANY_ELECTRONS
    noisy[few] = rng.poisson(electrons[few]) / gain
    noisy[many] += rng.standard_normal(np.count_nonzero(many)) * np.sqrt(electrons[many]) / gain
    return noisy
