"""Exposures of a mosaic camera, with what went wrong with them known."""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32
from scipy.signal import oaconvolve

from skysieve.records import Band, Calibration, Detector
from skysieve.simulate.exposing import Stack, expose, find_stack
from skysieve.simulate.exposurerecipe import ExposureRecipe, make_scene_recipe, make_window
from skysieve.simulate.exposuretruth import ExposureTruth, measure_truth
from skysieve.simulate.faults import Blur, make_blur
from skysieve.simulate.recipe import SceneRecipe, choose_bands, choose_survey
from skysieve.simulate.scene import make_light, make_wcs
from skysieve.simulate.skies import (
    Window,
    make_clouds,
    make_fringes,
    make_moonlight,
    make_scattered_light,
    make_trail,
    make_vignetting,
)
from skysieve.simulate.surveys import Survey, measure_sky_level

FRINGE_SPACING = 40.0
"""Of fringes [pixel]."""


@dataclass(frozen=True)
class ExposurePlan:
    """An exposure before its pixels: how it is blurred, what its sky is made of, what is true of it."""

    recipe: ExposureRecipe
    seed: int
    survey: Survey
    band: str
    stack: Stack
    blur: Blur
    truth: ExposureTruth


def plan_exposure(recipe: ExposureRecipe, *, seed: int) -> ExposurePlan:
    """Draw all that the detectors of an exposure have in common.

    Parameters
    ----------
    seed : int
        The same seed and recipe give the same bits, whichever detectors are made and in whatever order.

    Raises
    ------
    ValueError
        If the survey or the band is not known.
    """
    survey = choose_survey(SceneRecipe(survey=recipe.survey, pixel_scale=recipe.pixel_scale))
    scene = make_scene_recipe(recipe, survey, (64, 64))
    band = choose_bands(scene, survey)[0]
    rng = np.random.default_rng([seed, 11])
    usual = survey.bands[band].seeing / survey.pixel_scale
    blur = make_blur(rng, recipe.faults, fwhm=usual * recipe.faults.seeing)
    dead = tuple(sorted(rng.permutation(recipe.n_detectors)[: recipe.faults.dead_detectors].tolist()))
    stack = _scale_stack(find_stack(scene, survey, band), survey, band, exptime=recipe.exptime)
    truth = measure_truth(recipe, survey, band, blur=blur, dead=dead, seed=seed)
    return ExposurePlan(recipe, seed, survey, band, stack, blur, truth)


def make_detector(plan: ExposurePlan, number: int) -> Detector:
    """Simulate one detector of an exposure.

    Parameters
    ----------
    plan : ExposurePlan
        From `plan_exposure`.
    number : int
        From 0; detectors go along the rows of the layout.

    Returns
    -------
    Detector
        Raw counts with sky [ADU], its header's numbers, a WCS of its own; a dead one is constant.

    Raises
    ------
    IndexError
        If the mosaic has no such detector.
    """
    recipe = plan.recipe
    if not 0 <= number < recipe.n_detectors:
        raise IndexError(f"detector {number}: the mosaic has {recipe.n_detectors}")
    label = f"{recipe.survey.lower()}_{plan.seed}_{number:02d}"
    scene = make_scene_recipe(recipe, plan.survey, recipe.shape)
    wcs = make_wcs(scene, plan.survey.pixel_scale, index=number)
    rng = np.random.default_rng([plan.seed, number, 12])
    window = make_window(recipe, number)
    light = _draw_light(plan, number)
    light *= _make_transparency(plan, window)
    sky = _make_sky(plan, window, number=number)
    band = expose(rng, light, scene, stack=plan.stack, name=plan.band, sky=sky)
    band = _break_amplifiers(plan, band, number=number)
    return Detector(label, (band,), wcs)


def _scale_stack(stack: Stack, survey: Survey, band: str, *, exptime: float) -> Stack:
    """Return the numbers of one exposure of another length."""
    longer = exptime / survey.bands[band].exposure
    known = stack.calibration
    calibration: Calibration = replace(known, exptime=exptime, zeropoint=known.zeropoint + 2.5 * math.log10(longer))
    return replace(stack, level=measure_sky_level(survey, band, exposures=1) * longer, calibration=calibration)


def _draw_light(plan: ExposurePlan, number: int) -> Float32[np.ndarray, "y x"]:
    """Draw the light of all objects, blurred, without noise [ADU]."""
    recipe, faults = plan.recipe, plan.recipe.faults
    kernels = [plan.blur.tracking] if faults.tracking_size > 0 else []
    kernels += [plan.blur.focus] if faults.defocus > 0 else []
    pad = sum(len(kernel) // 2 for kernel in kernels)
    rows, columns = recipe.shape
    scene = make_scene_recipe(recipe, plan.survey, (rows + 2 * pad, columns + 2 * pad))
    light = make_light(scene, seed=plan.seed, index=number)
    for kernel in kernels:
        light = oaconvolve(light, kernel.astype(np.float32), mode="valid")
    return np.asarray(light * (recipe.exptime / plan.survey.bands[plan.band].exposure), np.float32)


def _make_transparency(plan: ExposurePlan, window: Window) -> Float32[np.ndarray, "y x"]:
    """Return the share of light that arrives in each pixel."""
    faults = plan.recipe.faults
    share = make_vignetting(window, loss=plan.recipe.vignetting)
    if faults.extinction > 0:
        cloud = 1 + faults.patchiness * (make_clouds(plan.seed, window) - 1)
        share *= np.float32(10) ** (np.float32(-0.4 * faults.extinction) * cloud.clip(0))
    return share


def _make_sky(plan: ExposurePlan, window: Window, *, number: int) -> Float32[np.ndarray, "y x"]:
    """Return the electrons of the sky in each pixel."""
    faults = plan.recipe.faults
    relative = np.full(window.shape, 1 + faults.glow, np.float32)
    if faults.moonlight > 0:
        relative += np.float32(faults.moonlight) * make_moonlight(plan.seed, window)
    relative *= make_vignetting(window, loss=plan.recipe.vignetting)
    if faults.fringes > 0:
        relative += np.float32(faults.fringes) * make_fringes(plan.seed * 1000 + number, window, spacing=FRINGE_SPACING)
    if faults.scattered > 0:
        relative += np.float32(faults.scattered) * make_scattered_light(plan.seed, window)
    for trail in range(faults.trails):
        seed = (plan.seed * 1000 + number) * 10 + trail
        relative += np.float32(faults.trail_level) * make_trail(seed, window, width=1.5 * plan.truth.fwhm)
    return np.maximum(relative, 0) * np.float32(plan.stack.level)


def _break_amplifiers(plan: ExposurePlan, band: Band, *, number: int) -> Band:
    """Apply wrong gains, and take the light from dead detectors and amplifiers."""
    faults, data = plan.recipe.faults, band.data.copy()
    middle = data.shape[1] // 2
    if faults.gain_error != 1:
        data[:, middle:] *= np.float32(faults.gain_error)
    rng = np.random.default_rng([plan.seed, 13])
    halves = rng.permutation(2 * plan.recipe.n_detectors)[: faults.dead_amplifiers]
    for side in (halves[halves // 2 == number] % 2).tolist():
        data[:, side * middle : middle if side == 0 else None] = 0
    if number in plan.truth.dead:
        data[:] = 0
    return replace(band, data=data)
