"""Small files written on the spot."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

Writer = Callable[..., Path]

SKY = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CRVAL1": 150.0,
    "CRVAL2": 2.0,
    "CRPIX1": 5.0,
    "CRPIX2": 4.0,
    "CD1_1": -1e-4,
    "CD2_2": 1e-4,
}


@pytest.fixture
def sky():
    """Header of a plain tangential projection, 0.36 arcsec a pixel."""
    return dict(SKY)


@pytest.fixture
def write_image(tmp_path) -> Writer:
    """Write one plain FITS image: name, pixels, header cards."""

    def write(name="img.fits", data=None, **cards) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.arange(30, dtype=np.float32).reshape(5, 6) if data is None else data
        fits.PrimaryHDU(pixels, fits.Header(cards)).writeto(path)
        return path

    return write


@pytest.fixture
def write_units(tmp_path) -> Writer:
    """Write a FITS file of several image extensions: name, then (EXTNAME, EXTVER, pixels) each."""

    def write(name, *units, primary=None) -> Path:
        made = [fits.ImageHDU(data, name=extname, ver=extver) for extname, extver, data in units]
        path = tmp_path / name
        fits.HDUList([fits.PrimaryHDU(header=fits.Header(primary or {})), *made]).writeto(path)
        return path

    return write


@pytest.fixture
def edit_cards() -> Writer:
    """Replace bytes of a file by others of equal length."""

    def edit(path, old, new) -> Path:
        raw = path.read_bytes()
        assert raw.count(old) == 1
        assert len(old) == len(new)
        path.write_bytes(raw.replace(old, new))
        return path

    return edit
