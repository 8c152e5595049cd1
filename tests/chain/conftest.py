"""A small sky on disk, made with NumPy alone."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS


def make_sky(*, seed: int = 1, shape: tuple[int, int] = (200, 220), stars: int = 40) -> np.ndarray:
    """Gaussian stars of known place on a flat, noisy background."""
    rng = np.random.default_rng(seed)
    image = rng.normal(100, 3, shape)
    y, x = np.mgrid[: shape[0], : shape[1]]
    for _ in range(stars):
        x0, y0 = rng.uniform(8, shape[1] - 8), rng.uniform(8, shape[0] - 8)
        image += 10 ** rng.uniform(1.5, 3) * np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / 1.6**2)
    return image.astype(np.float32)


def make_header() -> fits.Header:
    """Tangent projection of 0.25 arcsec pixels with a zeropoint and an exposure time."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix = [150.0, 2.0], [110.0, 100.0]
    wcs.wcs.cdelt = [-0.25 / 3600, 0.25 / 3600]
    header = wcs.to_header()
    header["MAGZERO"], header["EXPTIME"], header["FILTER"] = 25.0, 60.0, "r"
    return header


def write_image(path: Path, image: np.ndarray, **cards: object) -> Path:
    """Write an image with the usual header; a card of None is left out."""
    header = make_header()
    for name, value in cards.items():
        if value is None:
            header.remove(name)
        else:
            header[name] = value
    fits.PrimaryHDU(image, header).writeto(path, overwrite=True)
    return path


@pytest.fixture
def sky(tmp_path: Path) -> Path:
    return write_image(tmp_path / "sky.fits", make_sky())


@pytest.fixture
def mosaic(tmp_path: Path) -> Path:
    """Three detectors in one file."""
    planes = [fits.ImageHDU(make_sky(seed=s), make_header(), name=f"CCD{s}") for s in (1, 2, 3)]
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(tmp_path / "mosaic.fits")
    return tmp_path / "mosaic.fits"
