"""Real frames made worse: faults of known kind and size put into an exposure, and what is then true of it."""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32
from scipy.signal import fftconvolve

from skysieve.extraction import measure_stamp_shape
from skysieve.records import Band, Detector
from skysieve.simulate.blurs import measure_equal_width, measure_noise_area
from skysieve.simulate.degrading_blurs import dim_light, hide_gain, make_moffat, make_seeing_kernel, spread_light
from skysieve.simulate.degrading_sky import FrameSky, fill_bad, measure_sky
from skysieve.simulate.exposurerecipe import ExposureRecipe, make_window
from skysieve.simulate.exposures import FRINGE_SPACING
from skysieve.simulate.exposuretruth import SMOOTH, ExposureTruth
from skysieve.simulate.faults import FaultRecipe, make_blur, measure_time_factors, split_loss
from skysieve.simulate.noise import draw_noise
from skysieve.simulate.skies import (
    Window,
    make_clouds,
    make_fringes,
    make_moonlight,
    make_scattered_light,
    make_trail,
)

ADDED = ("glow", "moonlight", "fringes", "scattered", "trails")
"""Faults that add light, which takes the brightness of the sky."""


@dataclass(frozen=True)
class Place:
    """Which detector of a mosaic a frame is: its number, from 0 along the rows of the layout."""

    number: int = 0
    layout: tuple[int, int] = (1, 1)

    @property
    def n_detectors(self) -> int:
        """Detectors of the mosaic."""
        return self.layout[0] * self.layout[1]


@dataclass(frozen=True)
class Degradation:
    """What is done to a frame: a kernel for its light, the share that arrives, light in units of its own sky's.

    ``truth`` is that of an exposure whose usual seeing, sky and transparency are those of the frame as it was.
    """

    faults: FaultRecipe
    seed: int
    place: Place
    kernel: Float[np.ndarray, "v u"]
    share: Float32[np.ndarray, "y x"]
    added: Float32[np.ndarray, "y x"]
    truth: ExposureTruth


@dataclass(frozen=True)
class DegradedTruth:
    """What is true of a degraded frame.

    ``exposure`` measures it by what the frame was; ``sky`` is the brightness of the frame's own sky [image unit] and
    ``gain`` the electrons per image unit that its noise was drawn by, NaN where unknown; ``noise`` is that of a pixel
    of sky afterwards, in units of ``sky``, infinite where that is not known.
    """

    exposure: ExposureTruth
    sky: float
    gain: float
    noise: float


ALONE = Place()


def degrade_detector(
    detector: Detector, faults: FaultRecipe, *, fwhm: float, seed: int, sky: float | None = None, place: Place = ALONE
) -> tuple[Detector, DegradedTruth]:
    """Put faults into a frame.

    Parameters
    ----------
    detector : Detector
        Real or simulated, with its sky or without; all its bands get the same faults.
    faults : FaultRecipe
        What goes wrong. Sizes that it measures by a survey's seeing and dark sky are measured by the frame's own.
    fwhm : float
        Of the frame's stars [pixel].
    seed : int
        The same seed gives the same bits, and detectors of one exposure the same path, clouds and moon.
    sky : float, optional
        Brightness of the frame's sky [image unit]; by default told by level, noise and gain (see `measure_sky`).
    place : Place, optional
        Of the detector in its mosaic.

    Returns
    -------
    tuple of Detector and DegradedTruth
        Bad and saturated pixels are as they were, the noise of the sky as its light explains, the zeropoint lower by
        the clouds. A frame whose pixels are all bad or hold one number is returned as it is. The truth is that of the
        reference band.

    Raises
    ------
    ValueError
        If seeing is to become better, the width is not positive, a ring is smaller than a pixel, or light is to be
        added to a sky of which nobody knows the brightness.
    """
    exptime = detector.bands[detector.reference].calibration.exptime
    plan = plan_degradation(faults, detector.shape, fwhm=fwhm, seed=seed, exptime=exptime, place=place)
    skies = [measure_sky(band, brightness=sky) for band in detector.bands]
    _check_skies(detector, skies, faults)
    bands = [
        degrade_band(band, plan, own, rng=np.random.default_rng([seed, place.number, number, 41]))
        for number, (band, own) in enumerate(zip(detector.bands, skies, strict=True))
    ]
    own = skies[detector.reference]
    truth = DegradedTruth(plan.truth, own.brightness, own.gain, measure_relative_noise(own, plan.truth.sky))
    return replace(detector, bands=tuple(bands)), truth


def plan_degradation(
    faults: FaultRecipe, shape: tuple[int, int], *, fwhm: float, seed: int, exptime: float, place: Place = ALONE
) -> Degradation:
    """Draw what is done to a frame of a shape, with what is then true of it; `degrade_band` does it.

    Raises
    ------
    ValueError
        If seeing is to become better, the width is not positive, or a ring is smaller than a pixel.
    """
    if faults.seeing < 1:
        raise ValueError(f"seeing: a frame cannot be made {faults.seeing:g} times as wide; give 1 or more")
    if not 0 < fwhm < math.inf:
        raise ValueError(f"fwhm: stars are {fwhm:g} pixels wide; give the width of the frame's stars")
    if 0 < faults.defocus * fwhm < 1:
        raise ValueError(
            f"defocus: a ring of {faults.defocus * fwhm:.2g} pixels is too small to draw; make it a pixel or more"
        )
    window = make_window(ExposureRecipe(layout=place.layout, shape=shape), place.number)
    stamps, kernel = _draw_stamps(faults, fwhm=fwhm, seed=seed)
    structure, smooth = _make_light(faults, window, seed=seed, number=place.number)
    trails = _make_trails(
        faults, window, seed=seed * 1000 + place.number, width=1.5 * measure_equal_width(stamps["whole"])
    )
    share = _make_share(faults, window, seed=seed)
    # Fringes darken, too, but no sky is darker than none.
    light = np.maximum(structure + smooth, np.float32(-1))
    transparency, sky = float(share.mean()), 1 + float(light.mean())
    areas = {name: measure_noise_area(stamp) for name, stamp in stamps.items()}
    factors = measure_time_factors(areas, sky=sky, transparency=transparency)
    dead = np.random.default_rng([seed, 12]).permutation(place.n_detectors)[: faults.dead_detectors]
    truth = ExposureTruth(
        fwhm=measure_equal_width(stamps["whole"]),
        seeing=measure_equal_width(stamps["seeing"]),
        noise_area=areas["whole"],
        axis_ratio=1 - measure_stamp_shape(stamps["tracking"])[1],
        sky=sky,
        pattern=math.hypot(float(structure.std()), SMOOTH * faults.moonlight),
        transparency=transparency,
        exptime=exptime,
        factors=factors,
        seconds_lost=split_loss(factors, exptime),
        dead=tuple(sorted(dead.tolist())),
    )
    return Degradation(faults, seed, place, kernel, share, light + trails, truth)


def degrade_band(band: Band, plan: Degradation, sky: FrameSky, *, rng: np.random.Generator) -> Band:
    """Do to the pixels of a band what is planned; one without noise stays as it is."""
    if not sky.noise > 0:
        return band
    known = hide_gain(sky)
    image = spread_light(fill_bad(band.data, band.bad), plan.kernel, known, rng=rng)
    variance = band.variance
    if plan.faults.extinction > 0:
        image = dim_light(image, plan.share, known, rng=rng)
    if plan.added.any():
        electrons = plan.added * np.float32(sky.brightness * sky.gain)
        # Fringes also darken; their noise is that of the light that is there.
        noise = draw_noise(rng, np.maximum(electrons, 0), read_variance=0.0, drop=1.0)
        image += (electrons + noise) / np.float32(sky.gain)
        variance = None if variance is None else variance + np.maximum(electrons, 0) / np.float32(sky.gain**2)
    image = _break_halves(image, plan, sky)
    kept = band.bad | (band.data >= band.calibration.saturation)
    image = np.where(kept, band.data, np.fmin(image, np.float32(band.calibration.saturation)))
    dimmed = band.calibration.zeropoint + 2.5 * math.log10(plan.truth.transparency)
    calibration = replace(band.calibration, zeropoint=dimmed)
    if variance is not None:
        variance = np.where(band.bad, np.float32(0), variance)
    return replace(band, data=_kill(image, plan), variance=variance, calibration=calibration)


def measure_relative_noise(sky: FrameSky, brighter: float) -> float:
    """Return the noise of a pixel in units of the frame's own sky, under one so many times as bright."""
    if not sky.brightness > 0:
        return math.inf
    return math.sqrt(sky.noise**2 + max(brighter - 1, 0) * sky.brightness / sky.gain) / sky.brightness


def _check_skies(detector: Detector, skies: list[FrameSky], faults: FaultRecipe) -> None:
    needed = [name for name in (*ADDED, "gain_error") if getattr(faults, name) != getattr(FaultRecipe(), name)]
    for sky in skies:
        if needed and sky.noise > 0 and not sky.brightness > 0:
            raise ValueError(
                f"{detector.label}: a level of {np.median(sky.level):.4g} and a noise of {sky.noise:.4g} do not tell "
                f"how bright its sky is, which {needed[0]} takes; give the brightness of the sky, or the gain"
            )


def _draw_stamps(
    faults: FaultRecipe, *, fwhm: float, seed: int
) -> tuple[dict[str, Float[np.ndarray, "_ _"]], Float[np.ndarray, "v u"]]:
    """Return a star as it was and after each blur, and the kernel of all blurs together."""
    kernel = make_seeing_kernel(fwhm * (faults.seeing ** (5 / 3) - 1) ** 0.6)
    blur = make_blur(np.random.default_rng([seed, 11]), faults, fwhm=fwhm * faults.seeing)
    usual = make_moffat(fwhm)
    seeing = fftconvolve(usual, kernel)
    tracked = fftconvolve(seeing, blur.tracking) if faults.tracking_size > 0 else seeing
    focused = fftconvolve(seeing, blur.focus) if faults.defocus > 0 else seeing
    whole = fftconvolve(tracked, blur.focus) if faults.defocus > 0 else tracked
    kernel = fftconvolve(kernel, blur.tracking) if faults.tracking_size > 0 else kernel
    kernel = fftconvolve(kernel, blur.focus) if faults.defocus > 0 else kernel
    return {"usual": usual, "seeing": seeing, "tracking": tracked, "focus": focused, "whole": whole}, kernel


def _make_light(
    faults: FaultRecipe, window: Window, *, seed: int, number: int
) -> tuple[Float32[np.ndarray, "y x"], Float32[np.ndarray, "y x"]]:
    """Return light that has structure and light that is smooth, in units of the dark sky."""
    structure = np.zeros(window.shape, np.float32)
    smooth = np.full(window.shape, faults.glow, np.float32)
    if faults.moonlight > 0:
        smooth += np.float32(faults.moonlight) * make_moonlight(seed, window)
    if faults.fringes > 0:
        structure += np.float32(faults.fringes) * make_fringes(seed * 1000 + number, window, spacing=FRINGE_SPACING)
    if faults.scattered > 0:
        structure += np.float32(faults.scattered) * make_scattered_light(seed, window)
    return structure, smooth


def _make_trails(faults: FaultRecipe, window: Window, *, seed: int, width: float) -> Float32[np.ndarray, "y x"]:
    trails = [make_trail(seed * 10 + trail, window, width=width) for trail in range(faults.trails)]
    return np.float32(faults.trail_level) * np.sum([np.zeros(window.shape, np.float32), *trails], axis=0)


def _make_share(faults: FaultRecipe, window: Window, *, seed: int) -> Float32[np.ndarray, "y x"]:
    """Return the share of light that clouds let through."""
    if faults.extinction == 0:
        return np.ones(window.shape, np.float32)
    cloud = 1 + faults.patchiness * (make_clouds(seed, window) - 1)
    return np.asarray(np.float32(10) ** (np.float32(-0.4 * faults.extinction) * cloud.clip(0)), np.float32)


def _break_halves(image: Float32[np.ndarray, "y x"], plan: Degradation, sky: FrameSky) -> Float32[np.ndarray, "y x"]:
    """Apply the wrong gain of the right half, also to a sky that was subtracted."""
    if plan.faults.gain_error == 1:
        return image
    below = np.float32(sky.brightness - np.median(sky.level))
    broken = image.copy()
    right = (slice(None), slice(image.shape[1] // 2, None))
    broken[right] = (image[right] + below) * np.float32(plan.faults.gain_error) - below
    return broken


def _kill(image: Float32[np.ndarray, "y x"], plan: Degradation) -> Float32[np.ndarray, "y x"]:
    """Take the light from dead detectors and amplifiers."""
    middle = image.shape[1] // 2
    halves = np.random.default_rng([plan.seed, 13]).permutation(2 * plan.place.n_detectors)
    dead = halves[: plan.faults.dead_amplifiers]
    for side in (dead[dead // 2 == plan.place.number] % 2).tolist():
        image[:, side * middle : middle if side == 0 else None] = 0
    return np.zeros_like(image) if plan.place.number in plan.truth.dead else image
