"""From light to counts: the sky, its noise, and the camera."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from skysieve.records import Band, Calibration
from skysieve.simulate.camera import add_cosmic_rays, bleed_columns, draw_bad_columns
from skysieve.simulate.noise import draw_noise, make_drop_kernel, measure_noise_variance
from skysieve.simulate.real import CarriedNoise
from skysieve.simulate.recipe import SceneRecipe
from skysieve.simulate.surveys import Survey, measure_sky_level, measure_zeropoint


@dataclass(frozen=True)
class Stack:
    """The numbers of a band's stack of exposures, in electrons where nothing else is said.

    ``level`` of the sky in a pixel, ``read`` variance of all readouts, ``full`` well of all exposures, ``gain``
    [electron/ADU], ``drop`` [pixel], and the ``calibration`` as headers tell it [ADU].
    """

    level: float
    read: float
    full: float
    gain: float
    drop: float
    calibration: Calibration


def find_stack(recipe: SceneRecipe, survey: Survey, band: str) -> Stack:
    """Return the numbers of a band's stack."""
    one = survey.bands[band]
    exposures = recipe.exposures or one.exposures
    level = measure_sky_level(survey, band, exposures=exposures)
    full = survey.full_well * exposures
    calibration = Calibration(
        unit="adu",
        zeropoint=measure_zeropoint(survey, band, exposures=exposures),
        gain=survey.gain,
        exptime=one.exposure * exposures,
        saturation=(full - (level if recipe.sky.subtracted else 0)) / survey.gain,
    )
    drop = recipe.camera.drop or survey.drop
    return Stack(level, survey.read_noise**2 * exposures, full, survey.gain, drop, calibration)


def measure_sigma(stack: Stack) -> float:
    """Return the noise of the sky in a pixel [ADU]."""
    kept = float((make_drop_kernel(stack.drop) ** 2).sum())
    return float(np.sqrt(stack.level + stack.read)) * kept / stack.gain


def expose(
    rng: np.random.Generator,
    light: Float32[np.ndarray, "y x"],
    recipe: SceneRecipe,
    *,
    stack: Stack,
    name: str,
    carried: CarriedNoise | None = None,
    sky: Float32[np.ndarray, "y x"] | None = None,
) -> Band:
    """Put light on a sky and read it out.

    Parameters
    ----------
    rng : Generator
        Its next numbers are used.
    light : ndarray, shape (y, x)
        Of all objects, without noise [ADU].
    recipe : SceneRecipe
        Its sky and camera.
    stack : Stack
        Of the band.
    name : str
        Of the band.
    carried : CarriedNoise, optional
        Noise that the light holds already; as much less is put on top.
    sky : ndarray, shape (y, x), optional
        Electrons of the sky in each pixel, instead of the recipe's plane.

    Returns
    -------
    Band
        Counts [ADU] with the variance of the sky and of reading out, without that of the sources, as survey weights.
    """
    sky = _make_sky(rng, recipe, stack.level) if sky is None else sky
    electrons = light * np.float32(stack.gain) + sky
    noise = draw_noise(rng, electrons, read_variance=stack.read, drop=stack.drop)
    if carried is not None:
        share = carried.variance * np.float32(stack.gain**2) / (np.maximum(electrons, 0) + np.float32(stack.read))
        noise *= np.sqrt(np.maximum(1 - share, 0))
        noise += carried.added * np.float32(stack.gain)
    image = electrons + noise
    add_cosmic_rays(rng, image, recipe.camera.cosmic_rays)
    if recipe.camera.saturate and recipe.camera.bleed:
        bleed_columns(image, stack.full)
    if recipe.camera.saturate:
        np.minimum(image, np.float32(stack.full), out=image)
    variance = measure_noise_variance(sky, read_variance=stack.read, drop=stack.drop) / np.float32(stack.gain**2)
    image -= np.float32(stack.level if recipe.sky.subtracted else 0)
    image /= np.float32(stack.gain)
    bad = np.zeros(image.shape, bool)
    bad[:, draw_bad_columns(rng, image.shape[1], recipe.camera.bad_columns)] = True
    image[bad] = 0
    variance[bad] = 0
    return Band(name, image, bad, variance, stack.calibration)


def _make_sky(rng: np.random.Generator, recipe: SceneRecipe, level: float) -> Float32[np.ndarray, "y x"]:
    """Return the sky's level in each pixel [electron]: a plane whose opposite ends differ by the gradient."""
    rows, columns = recipe.shape
    angle = rng.uniform(0, 2 * np.pi)
    y = np.linspace(-0.5, 0.5, rows)[:, None] * np.sin(angle)
    x = np.linspace(-0.5, 0.5, columns) * np.cos(angle)
    return np.asarray(level * (1 + recipe.sky.gradient * (x + y)), np.float32)
