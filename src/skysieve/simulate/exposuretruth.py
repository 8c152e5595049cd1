"""What is true of a simulated exposure: its PSF, its sky, and the time that each fault costs."""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import oaconvolve

from skysieve.simulate.blurs import measure_equal_width, measure_noise_area
from skysieve.simulate.exposurerecipe import ExposureRecipe, make_focal_plane, make_scene_recipe
from skysieve.simulate.faults import Blur, Loss, measure_time_factors, split_loss
from skysieve.simulate.psf import make_analytic_psf
from skysieve.simulate.recipe import SceneRecipe, choose_psf
from skysieve.simulate.sampling import sample_stamps
from skysieve.simulate.skies import make_scattered_light
from skysieve.simulate.surveys import Survey

MEAN_MOONLIGHT = 0.4
"""Mean over the focal plane of the pattern of moonlight."""

SMOOTH = 0.02
"""Root mean square of what is left of the pattern of moonlight where a mesh of cells has taken the smooth part off."""


FRINGE_RMS = 0.6
"""Root mean square of fringes of amplitude 1."""

GRID = 96
"""Points along the focal plane at which scattered light is looked at."""


@dataclass(frozen=True)
class ExposureTruth:
    """What is true of an exposure.

    ``fwhm`` [pixel] and ``noise_area`` [pixel] are those of the whole PSF, ``seeing`` the FWHM without tracking and
    focus; ``axis_ratio`` of the second moments after tracking; ``sky`` is the mean brightness in
    units of the dark sky, ``pattern`` the root mean square of its structure that a
    mesh of cells does not take off, in the same units, ``transparency`` the
    mean share of light that arrives; ``factors`` and ``seconds_lost`` go by cause; ``dead`` are detectors without
    light.
    """

    fwhm: float
    seeing: float
    noise_area: float
    axis_ratio: float
    sky: float
    pattern: float
    transparency: float
    exptime: float
    factors: dict[Loss, float]
    seconds_lost: dict[Loss, float]
    dead: tuple[int, ...]


def measure_truth(
    recipe: ExposureRecipe, survey: Survey, band: str, *, blur: Blur, dead: tuple[int, ...], seed: int
) -> ExposureTruth:
    """Return what is true of an exposure with a given blur, whose sky is drawn from a seed."""
    faults = recipe.faults
    scene = make_scene_recipe(recipe, survey, (64, 64))
    usual, seeing = (
        _draw_psf(replace(scene, seeing=survey.bands[band].seeing * factor), survey, band)
        for factor in (1.0, faults.seeing)
    )
    tracked = oaconvolve(seeing, blur.tracking) if faults.tracking_size > 0 else seeing
    defocused = oaconvolve(seeing, blur.focus) if faults.defocus > 0 else seeing
    whole = oaconvolve(tracked, blur.focus) if faults.defocus > 0 else tracked
    stamps = {"usual": usual, "seeing": seeing, "tracking": tracked, "focus": defocused}
    areas = {name: measure_noise_area(stamp) for name, stamp in stamps.items()}
    sky = 1 + faults.glow + MEAN_MOONLIGHT * faults.moonlight
    transparency = 10 ** (-0.4 * faults.extinction)
    factors = measure_time_factors(areas, sky=sky, transparency=transparency)
    return ExposureTruth(
        fwhm=measure_equal_width(whole),
        seeing=measure_equal_width(seeing),
        noise_area=measure_noise_area(whole),
        axis_ratio=_measure_axis_ratio(tracked),
        sky=sky,
        pattern=_measure_pattern(recipe, seed=seed),
        transparency=transparency,
        exptime=recipe.exptime,
        factors=factors,
        seconds_lost=split_loss(factors, recipe.exptime),
        dead=dead,
    )


def _measure_pattern(recipe: ExposureRecipe, *, seed: int) -> float:
    """Return the root mean square of the sky's structure over the focal plane, in units of the dark sky."""
    faults, scattered = recipe.faults, 0.0
    if faults.scattered > 0:
        scattered = faults.scattered * float(np.std(make_scattered_light(seed, make_focal_plane(recipe, GRID))))
    return math.hypot(FRINGE_RMS * faults.fringes, scattered, SMOOTH * faults.moonlight)


def _draw_psf(scene: SceneRecipe, survey: Survey, band: str) -> np.ndarray:
    """Return the round PSF of a seeing, with the pixel's response."""
    psf = replace(choose_psf(scene, survey, band), size_variation=0.0, ellipticity_variation=0.0, ellipticity=0.0)
    return sample_stamps(make_analytic_psf(psf, pixel_scale=survey.pixel_scale, shape=(64, 64)))[0].astype(float)


def _measure_axis_ratio(stamp: np.ndarray) -> float:
    """Return minor over major axis of the second moments under a Gaussian weight of the stamp's own width."""
    half = (np.array(stamp.shape) - 1) / 2
    y, x = np.indices(stamp.shape) - half[:, None, None]
    sigma = 2 * measure_equal_width(stamp) / 2.3548
    weight = stamp * np.exp(-0.5 * (x**2 + y**2) / sigma**2)
    moments = np.cov(np.stack([x.ravel(), y.ravel()]), aweights=np.clip(weight, 0, None).ravel(), ddof=0)
    minor, major = np.linalg.eigvalsh(moments)
    return float(np.sqrt(minor / major))
