"""Simulated fields on disk: images as a camera's pipeline writes them, and the light without noise."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from jaxtyping import Float32

from skysieve.io.atomic import write_whole
from skysieve.records import Band, Detector

Fact: TypeAlias = str | float | int


def write_frame(path: Path, band: Band, wcs: WCS, *, survey: str, seed: int) -> None:
    """Write one band as an image with its variance and mask, whole or not at all.

    Parameters
    ----------
    path : Path
        The file, ending in ``.fits``; an older one is replaced. Equal bands become equal bytes.
    band : Band
        Pixels with a calibration.
    wcs : WCS
        Celestial.
    survey : str
        Written as SURVEY.
    seed : int
        Written as SEED.
    """
    facts: dict[str, Fact] = {"SURVEY": survey, "SEED": seed, "OBJECT": "simulated"}
    with write_whole(path) as temporary:
        fits.HDUList(_make_planes(band, wcs, facts)).writeto(temporary)


def write_detectors(
    path: Path, detectors: Sequence[Detector], facts: Sequence[Mapping[str, Fact]], *, history: Sequence[str]
) -> None:
    """Write the reference bands of the detectors of an exposure, each with its variance and mask, whole or not at all.

    Parameters
    ----------
    path : Path
        The file, ending in ``.fits``; an older one is replaced. Equal detectors become equal bytes.
    detectors : sequence of Detector
        One becomes a plain image, several become extensions CCD1, CCD2 and so on.
    facts : sequence of mapping
        For each detector what its header tells besides, by keyword; numbers that are not finite are left out.
    history : sequence of str
        Lines for the first header.
    """
    first = fits.Header()
    planes: list[Any] = [] if len(detectors) == 1 else [fits.PrimaryHDU(header=first)]
    for number, (detector, own) in enumerate(zip(detectors, facts, strict=True), start=1):
        name = "" if len(detectors) == 1 else f"CCD{number}"
        planes += _make_planes(detector.bands[detector.reference], detector.wcs, own, name=name)
    for line in history:
        planes[0].header["HISTORY"] = line
    with write_whole(path) as temporary:
        fits.HDUList(planes).writeto(temporary)


def _make_planes(band: Band, wcs: WCS | None, facts: Mapping[str, Fact], *, name: str = "") -> list[Any]:
    """Return image, variance and mask of a band; the image is the primary one where it has no name."""
    place = fits.Header() if wcs is None else wcs.to_header(relax=True)
    header, known = place.copy(), band.calibration
    told: dict[str, tuple[Fact, str]] = {
        "BUNIT": (known.unit, ""),
        "FILTER": (band.name, ""),
        "EXPTIME": (known.exptime, "all exposures together [s]"),
        "GAIN": (known.gain, "electrons an image unit"),
        "MAGZERO": (known.zeropoint, "AB magnitude of one image unit"),
        "SATURATE": (known.saturation, "level of saturated pixels [image unit]"),
        **{key: (value, "") for key, value in facts.items()},
    }
    for key, (value, comment) in told.items():
        if isinstance(value, str | int) or math.isfinite(value):
            header[key] = (value, comment)
    image = fits.ImageHDU(band.data, header, name=name) if name else fits.PrimaryHDU(band.data, header)
    prefix = f"{name}_" if name else ""
    planes: list[Any] = [image]
    if band.variance is not None:
        planes.append(fits.ImageHDU(band.variance, place, name=f"{prefix}VARIANCE"))
    if band.bad.any():
        planes.append(fits.ImageHDU(band.bad.astype(np.uint8), place, name=f"{prefix}MASK"))
    return planes


def write_light(path: Path, light: Mapping[str, Float32[np.ndarray, "y x"]], wcs: WCS) -> None:
    """Write images without noise as extensions named after their bands; equal images become equal bytes.

    Parameters
    ----------
    path : Path
        The file, ending in ``.fits``.
    light : mapping of str to ndarray
        An image a band [image unit].
    wcs : WCS
        Celestial.
    """
    images = [fits.ImageHDU(image, wcs.to_header(), name=band) for band, image in light.items()]
    with write_whole(path) as temporary:
        fits.HDUList([fits.PrimaryHDU(), *images]).writeto(temporary)


def read_light(path: Path) -> dict[str, Float32[np.ndarray, "y x"]]:
    """Read images without noise that ``write_light`` wrote, by band."""
    with fits.open(path, memmap=False) as hdus:
        return {hdu.name: np.asarray(hdu.data, np.float32) for hdu in hdus[1:]}
