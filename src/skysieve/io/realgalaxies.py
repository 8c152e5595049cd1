"""Stamps of real galaxies with the PSF and the noise they were seen with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from jaxtyping import Float32

from skysieve.io.catalogs.reading import refuse_unreadable

WANTED = ("GAL_EXT", "PSF_EXT", "PIXEL_SCALE", "NOISE_VARIANCE", "flux_radius", "MAG")


@dataclass(frozen=True)
class RealGalaxy:
    """A galaxy as a telescope saw it.

    ``stamp`` is without sky, ``psf`` holds the pixel's response; ``pixel_scale`` [arcsec], ``variance`` of the noise
    [stamp unit squared], ``half_light_radius`` [pixel],
    ``magnitude`` [AB mag].
    """

    stamp: Float32[np.ndarray, "y x"]
    psf: Float32[np.ndarray, "v u"]
    pixel_scale: float
    variance: float
    half_light_radius: float
    magnitude: float


def read_real_galaxies(path: Path) -> tuple[RealGalaxy, ...]:
    """Read real galaxies from one FITS file.

    Parameters
    ----------
    path : Path
        Its first extension is a table in the manner of GalSim's COSMOS catalogs, a row a galaxy, whose columns GAL_EXT
        and PSF_EXT name the extensions of the images; PIXEL_SCALE [arcsec], NOISE_VARIANCE, flux_radius [pixel],
        MAG.

    Returns
    -------
    tuple of RealGalaxy
        Those of finite, positive light and size.

    Raises
    ------
    ValueError
        If the file is no FITS file, lacks a column or an extension, or has no usable galaxy.
    """
    with refuse_unreadable(path, "FITS file"), fits.open(path, memmap=False) as hdus:
        table = next((hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU)), None)
        names = [] if table is None else table.columns.names
        missing = [name for name in WANTED if name not in names]
        if table is None or missing:
            raise ValueError(f"{path.name}: has no column {(missing or WANTED)[0]}; give a catalog of galaxy stamps")
        known = {hdu.name: hdu.data for hdu in hdus}
        rows = [tuple(row[name] for name in WANTED) for row in table.data]
    lost = [name for row in rows for name in row[:2] if known.get(str(name).strip().upper()) is None]
    if lost:
        raise ValueError(f"{path.name}: has no image {lost[0]}; fetch the file again")
    found = (_make_galaxy([known[str(name).strip().upper()] for name in row[:2]], row[2:]) for row in rows)
    usable = tuple(one for one in found if one.stamp.sum() > 0 and one.half_light_radius > 0 and one.variance > 0)
    if not usable:
        raise ValueError(f"{path.name}: no galaxy has positive light, size and noise; give another catalog")
    return usable


def _make_galaxy(images: Sequence[np.ndarray], numbers: Sequence[float]) -> RealGalaxy:
    stamp, psf = (np.asarray(image, np.float32) for image in images)
    pixel_scale, variance, radius, magnitude = (float(number) for number in numbers)
    return RealGalaxy(stamp, psf, pixel_scale, variance, radius, magnitude)
