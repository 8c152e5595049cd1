"""Neurons and images of a map as small pictures: one color map a channel, the first row at the bottom."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import matplotlib as mpl
import numpy as np
from jaxtyping import Float, Float32, UInt8

from skysieve.report.pictures import encode_png
from skysieve.report.stretch import average_blocks

Stretch = Literal["asinh", "sqrt", "linear"]
"""How pixel values become brightness."""

COLORMAPS = ("viridis", "plasma", "inferno", "cividis")
"""Color maps of the channels, in turn."""

KNEE = 0.1
"""Where the asinh stretch turns from linear to logarithmic, as a part of the range."""


@dataclass(frozen=True)
class Range:
    """Values drawn darkest and brightest [image unit]."""

    low: float
    high: float


def measure_ranges(pictures: Float[np.ndarray, "picture channel y x"]) -> list[Range]:
    """Return the range of each channel over all pictures: from 0 (or the 0.1st percentile below it) to the 99.9th.

    Non-finite pixels are ignored; a channel without any, or of one value, gets a range of 1.
    """
    return [_measure_range(pictures[:, channel]) for channel in range(pictures.shape[1])]


def _measure_range(values: Float[np.ndarray, "..."]) -> Range:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Range(0.0, 1.0)
    low, high = (float(one) for one in np.percentile(finite, (0.1, 99.9)))
    high = high if high > 0 else float(finite.max())
    low = min(low, 0.0) if high > 0 else float(finite.min())
    return Range(low, high) if high > low else Range(low, low + 1.0)


def stretch_values(
    values: Float[np.ndarray, "*any"], shown: Range, stretch: Stretch = "asinh"
) -> Float[np.ndarray, "*any"]:
    """Map values to brightness 0 to 1; NaN stays NaN.

    Examples
    --------
    >>> stretch_values(np.array([0.0, 0.25, 2.0]), Range(0.0, 1.0), "sqrt")
    array([0. , 0.5, 1. ])
    """
    part = np.clip((values - shown.low) / (shown.high - shown.low), 0.0, 1.0)
    if stretch == "sqrt":
        return np.asarray(np.sqrt(part))
    if stretch == "asinh":
        return np.asarray(np.arcsinh(part / KNEE) / np.arcsinh(1 / KNEE))
    return np.asarray(part)


def make_palette(channel: int) -> UInt8[np.ndarray, "256 3"]:
    """Return the colors of a channel, dark to bright; the last of 256 is a neutral gray for unknown pixels."""
    colors = mpl.colormaps[COLORMAPS[channel % len(COLORMAPS)]](np.linspace(0, 1, 255))[:, :3]
    return np.vstack([np.round(255 * colors), [(128, 128, 128)]]).astype(np.uint8)


def encode_picture(
    pixels: Float[np.ndarray, "y x"], shown: Range, *, channel: int, stretch: Stretch = "asinh"
) -> bytes:
    """Return one channel as PNG; pixels that are not finite are gray."""
    bad = ~np.isfinite(pixels)
    codes = np.where(bad, 255, np.round(254 * stretch_values(np.where(bad, 0, pixels), shown, stretch)))
    return encode_png(codes.astype(np.uint8), make_palette(channel))


def encode_image(image: Float[np.ndarray, "channel y x"], *, side: int, stretch: Stretch = "asinh") -> list[bytes]:
    """Return the channels of an image as PNG, each on its own scale, averaged to at most `side` pixels."""
    small = shrink(image, side=side)
    ranges = (_measure_own_range(plane) for plane in small)
    return [
        encode_picture(plane, shown, channel=channel, stretch=stretch)
        for channel, (plane, shown) in enumerate(zip(small, ranges, strict=True))
    ]


def _measure_own_range(plane: Float[np.ndarray, "y x"]) -> Range:
    finite = plane[np.isfinite(plane)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    low = low if low >= 0 or high <= 0 else max(low, -0.1 * high)
    return Range(low, high) if high > low else Range(low, low + 1.0)


def shrink(pixels: Float[np.ndarray, "channel y x"], *, side: int) -> Float32[np.ndarray, "channel v u"]:
    """Average blocks of pixels until a picture has at most `side` pixels a side; NaN where a block has no good one."""
    factor = -(-pixels.shape[-1] // side)
    if factor == 1:
        return pixels.astype(np.float32)
    planes: Sequence[np.ndarray] = [_average(plane, factor) for plane in pixels]
    return np.stack(planes).astype(np.float32)


def _average(plane: Float[np.ndarray, "y x"], factor: int) -> Float[np.ndarray, "v u"]:
    mean, bad = average_blocks(plane, ~np.isfinite(plane), factor)
    return np.where(bad < 1, mean, np.nan)
