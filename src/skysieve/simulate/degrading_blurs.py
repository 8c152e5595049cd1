"""Light of a real frame spread or dimmed, with its noise put back to what the sky had."""

import math
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Float32
from scipy.signal import fftconvolve

from skysieve.simulate.degrading_sky import LAGS, FrameSky

REACH = 5.0
"""Half the side of a kernel of seeing, in units of its FWHM."""

LEAST_LIGHT = 3.0
"""Light counts in the noise of sources from so many times the noise of the sky on."""


def make_seeing_kernel(width: float) -> Float[np.ndarray, "y x"]:
    """Return what more turbulence does to light: a Kolmogorov profile.

    Parameters
    ----------
    width : float
        Its FWHM [pixel].

    Returns
    -------
    ndarray, shape (y, x)
        Odd sides, its sum one; one pixel of one for a width of zero.

    Notes
    -----
    The transform of a long exposure is exp(-3.44 (k FWHM / 0.976)^(5/3)), k in cycles a pixel (Fried 1966), so two
    of them make a third whose FWHM^(5/3) is the sum.
    """
    if width <= 0:
        return np.ones((1, 1))
    half = math.ceil(REACH * width) + 1
    wave = np.fft.fftfreq(2 * half + 1)
    power = (np.hypot(wave[:, None], wave) * width / 0.976) ** (5 / 3)
    kernel = np.fft.fftshift(np.fft.ifft2(np.exp(-3.44 * power)).real)
    return np.asarray(kernel / kernel.sum())


def make_moffat(fwhm: float) -> Float[np.ndarray, "y x"]:
    """Return a star of Moffat's profile with beta = 3, of flux one, in a stamp of odd sides.

    Parameters
    ----------
    fwhm : float
        [pixel], the pixel's own width included.
    """
    half = math.ceil(6 * fwhm)
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    star = (1 + (x**2 + y**2) * 4 * (2 ** (1 / 3) - 1) / fwhm**2) ** -3.0
    return np.asarray(star / star.sum())


def spread_light(
    image: Float[np.ndarray, "y x"], kernel: Float[np.ndarray, "v u"], sky: FrameSky, *, rng: np.random.Generator
) -> Float32[np.ndarray, "y x"]:
    """Spread all light by a kernel, and add the noise that this took off.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Without bad pixels; beyond its edges it goes on mirrored.
    kernel : ndarray, shape (v, u)
        Odd sides, its sum one.

    Notes
    -----
    The kernel leaves the share K^2 of the noise's power at each wave number. As much as is missing is added, with
    the correlation that the noise had, in the amplitude of sky and spread light together: each pixel's noise and
    likeness to its neighbors are those that a camera would have given the spread light.
    """
    if kernel.size == 1:
        return image.astype(np.float32)
    rows, columns = (side // 2 for side in kernel.shape)
    wide = np.pad(image.astype(float), ((rows, rows), (columns, columns)), mode="symmetric")
    spread = fftconvolve(wide, kernel, mode="valid")
    added = _draw_missing(rng, kernel, sky, shape=spread.shape)
    return (spread + added * np.sqrt(1 + _measure_light(spread, sky) / (sky.noise**2 * sky.gain))).astype(np.float32)


def dim_light(
    image: Float[np.ndarray, "y x"], share: Float[np.ndarray, "y x"], sky: FrameSky, *, rng: np.random.Generator
) -> Float32[np.ndarray, "y x"]:
    """Let a share of the light above the sky arrive, under an unchanged noise of the sky.

    Parameters
    ----------
    share : ndarray, shape (y, x)
        Between 0 and 1.
    """
    light = image - sky.level
    missing = (1 - share**2) * sky.noise**2 + (share - share**2) * _measure_light(image, sky) / sky.gain
    noise = _color(rng.standard_normal(image.shape), sky, kept=np.zeros((1, 1)))
    return np.asarray(sky.level + share * light + noise * np.sqrt(missing), np.float32)


def _measure_light(image: np.ndarray, sky: FrameSky) -> Float[np.ndarray, "y x"]:
    """Return the light of sources, none where it does not stand out [image unit]."""
    light = image - sky.level
    return np.where(light > LEAST_LIGHT * sky.noise, light, 0.0)


def _draw_missing(
    rng: np.random.Generator, kernel: Float[np.ndarray, "v u"], sky: FrameSky, *, shape: tuple[int, int]
) -> Float[np.ndarray, "y x"]:
    """Draw the noise that a kernel took off a sky [image unit]."""
    rows, columns = (side // 2 for side in kernel.shape)
    # The noise goes on around the edges of an area larger than the kernel.
    drawn = rng.standard_normal((shape[0] + 2 * rows, shape[1] + 2 * columns))
    kept = np.abs(np.fft.rfft2(kernel, drawn.shape)) ** 2
    return sky.noise * _color(drawn, sky, kept=kept)[: shape[0], : shape[1]]


def _color(
    white: Float[np.ndarray, "y x"], sky: FrameSky, *, kept: Float[np.ndarray, "ky kx"]
) -> Float[np.ndarray, "y x"]:
    """Give white noise the sky's correlation, and only the power that is not kept."""
    lags = np.zeros(white.shape)
    lags[: 2 * LAGS + 1, : 2 * LAGS + 1] = sky.correlation
    power = np.clip(np.fft.rfft2(np.roll(lags, (-LAGS, -LAGS), (0, 1))).real, 0, None)
    power /= np.fft.irfft2(power, white.shape)[0, 0]
    return np.fft.irfft2(np.fft.rfft2(white) * np.sqrt(power * np.clip(1 - kept, 0, None)), white.shape)


def hide_gain(sky: FrameSky) -> FrameSky:
    """Return a sky in whose frame sources have no noise of their own, where the gain is not known."""
    return sky if sky.gain > 0 else replace(sky, gain=math.inf)
