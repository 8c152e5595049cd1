"""Simulated fields on disk: images as a camera's pipeline writes them, and the light without noise."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from jaxtyping import Float32

from skysieve.io.atomic import write_whole
from skysieve.records import Band


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
    header = wcs.to_header()
    known = band.calibration
    header["BUNIT"] = known.unit
    header["FILTER"] = band.name
    header["EXPTIME"] = (known.exptime, "all exposures together [s]")
    header["GAIN"] = (known.gain, "electrons an image unit")
    header["MAGZERO"] = (known.zeropoint, "AB magnitude of one image unit")
    header["SATURATE"] = (known.saturation, "level of saturated pixels [image unit]")
    header["SURVEY"] = survey
    header["SEED"] = seed
    header["OBJECT"] = "simulated"
    planes = [fits.PrimaryHDU(band.data, header)]
    if band.variance is not None:
        planes.append(fits.ImageHDU(band.variance, wcs.to_header(), name="VARIANCE"))
    if band.bad.any():
        planes.append(fits.ImageHDU(band.bad.astype(np.uint8), wcs.to_header(), name="MASK"))
    with write_whole(path) as temporary:
        fits.HDUList(planes).writeto(temporary)


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
