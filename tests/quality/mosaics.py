"""Exposures of two small detectors on disk, made with NumPy alone."""

import numpy as np
from astropy.io import fits
from tests.chain.conftest import make_header, make_sky

SHAPE = (100, 110)


def write_mosaic(path, *, seed=1, detectors=("A", "B"), exptime=60.0, planes=None, **cards):
    """Write a mosaic: detectors of a name lie at one place, ``planes`` replaces the pixels of some by number."""
    units = [fits.PrimaryHDU()]
    units[0].header["INSTRUME"] = "CAM"
    for number, name in enumerate(detectors):
        data = make_sky(seed=10 * seed + number, shape=SHAPE, stars=25)
        header = make_header()
        header["CRPIX1"] = 110.0 + 120 * "ABCDEF".index(name)
        header["CCDNUM"], header["GAIN"] = "ABCDEF".index(name), 1.0
        header["EXPTIME"] = exptime
        if exptime is None:
            header.remove("EXPTIME")
        header.update(cards)
        units.append(fits.ImageHDU((planes or {}).get(number, data).astype(np.float32), header, name=name))
    fits.HDUList(units).writeto(path, overwrite=True)
    return path
