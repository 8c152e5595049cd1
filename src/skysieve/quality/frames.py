"""A real good frame: read, cut, and measured as the yardstick of what is put into it."""

import math
from dataclasses import dataclass, replace

import numpy as np

from skysieve.config import STRICT
from skysieve.extraction import ExtractionRecipe, extract
from skysieve.io.exposures import InputRecipe, list_detectors, read_detector
from skysieve.records import Detector, SourceFlag
from skysieve.simulate.degrading_sky import FrameSky, measure_sky

LEAST_STARS = 3

STAND_IN = 25.0
"""Zeropoint of one second for frames without one; only what a fault changes of it matters [mag]."""


@dataclass(frozen=True)
class RealFrame:
    """Where a real good frame is, or a part of one.

    Parameters
    ----------
    name : str
        Unique; files are named after it.
    path : str
        Of its file, ``FILE[3]`` for one detector of many.
    mask : str, optional
        File of bad pixels.
    parent : str, optional
        Frames with the same parent show the same sky at the same time and are never parted; by default the name.
    fwhm : float, optional
        Of its stars [pixel]; measured where not given.
    sky : float, optional
        Brightness of its sky [image unit], for frames from which it was subtracted.
    corner : tuple of int, optional
        First row and column of the part [pixel].
    side : int
        Of the part [pixel].
    """

    __pydantic_config__ = STRICT

    name: str
    path: str
    mask: str | None = None
    parent: str | None = None
    fwhm: float | None = None
    sky: float | None = None
    corner: tuple[int, int] | None = None
    side: int = 512


@dataclass(frozen=True)
class GoodFrame:
    """A frame's pixels in one band, with its sky, and what it is measured by: ``fwhm`` [pixel], ``sky``."""

    detector: Detector
    fwhm: float
    sky: FrameSky


def open_frame(frame: RealFrame) -> GoodFrame:
    """Read a frame.

    Returns
    -------
    GoodFrame
        With the light of the sky put back where it was subtracted, and a stand-in for the zeropoint where there is
        none.

    Raises
    ------
    OSError, ValueError
        If it cannot be read, has no stars to measure the width of, or a sky of which nothing tells the brightness.
    """
    address = list_detectors([frame.path], masks=[frame.mask] if frame.mask else (), recipe=InputRecipe())[0]
    whole = read_detector(address, InputRecipe())
    detector = Detector(frame.name, (whole.bands[whole.reference],), whole.wcs)
    if frame.corner is not None:
        detector = cut_detector(detector, frame.corner, side=frame.side)
    sky = measure_sky(detector.bands[0], brightness=frame.sky)
    if not sky.brightness > 0:
        raise ValueError(f"{frame.name}: neither level nor gain tell how bright its sky is; give its sky")
    fwhm = measure_width(detector) if frame.fwhm is None else frame.fwhm
    return GoodFrame(_complete(detector, sky), fwhm, sky)


def cut_detector(detector: Detector, corner: tuple[int, int], *, side: int) -> Detector:
    """Return a square part of a detector, smaller where the detector ends; without its world coordinates."""
    part = tuple(slice(first, first + side) for first in corner)
    bands = [
        replace(
            band,
            data=np.ascontiguousarray(band.data[part]),
            bad=np.ascontiguousarray(band.bad[part]),
            variance=None if band.variance is None else np.ascontiguousarray(band.variance[part]),
        )
        for band in detector.bands
    ]
    return replace(detector, bands=tuple(bands), wcs=None)


def measure_width(detector: Detector) -> float:
    """Return the FWHM of a detector's stars [pixel].

    Returns
    -------
    float
        Of the PSF where there are enough stars for one; else twice the lower quartile of the half-light radii of
        bright sources, which galaxies widen little.

    Raises
    ------
    ValueError
        If fewer than three bright sources are there.
    """
    found = extract(detector, ExtractionRecipe())
    if "fwhm" in found.facts:
        return float(found.facts["fwhm"])
    catalog = found.catalog
    spoiled = int(SourceFlag.SATURATED | SourceFlag.EDGE | SourceFlag.BAD_PIXELS)
    bright = catalog["flux_kron"] > 20 * np.maximum(catalog["flux_kron_err"], 1e-30)
    widths = 2 * catalog["flux_radius"][bright & ((catalog["flags"] & spoiled) == 0)]
    if len(widths) < LEAST_STARS:
        raise ValueError(f"{detector.label}: {len(widths)} bright sources tell no width of stars; give its fwhm")
    return float(np.percentile(widths, 25))


def _complete(detector: Detector, sky: FrameSky) -> Detector:
    """Put the sky's light back where it was subtracted, and a zeropoint where there is none."""
    band, known = detector.bands[0], detector.bands[0].calibration
    level = float(np.median(sky.level))
    if level < 0.5 * sky.brightness:
        lifted = np.where(band.bad, np.float32(0), band.data + np.float32(sky.brightness - level))
        known = replace(known, saturation=known.saturation + sky.brightness - level)
        band = replace(band, data=lifted)
    if not math.isfinite(known.zeropoint):
        time = known.exptime if known.exptime > 0 else 1.0
        known = replace(known, zeropoint=STAND_IN + 2.5 * math.log10(time))
    return replace(detector, bands=(replace(band, calibration=known),))
