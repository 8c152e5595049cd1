"""Simulated detectors with realistic counts of stars and galaxies, and a 36-CCD mosaic of them; seeded.

Run: python benchmarks/make_mosaic.py FOLDER [--ccds 36] [--float]
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

SHAPE = (4612, 2048)
SKY, NOISE, GAIN, ZEROPOINT = 800.0, 9.0, 10.0, 27.0
PIXEL_SCALE = 0.187 / 3600
SEEING = 3.7


def draw_scene(shape: tuple[int, int], *, sources: int, seed: int) -> np.ndarray:
    """Draw Moffat stars (a third) and exponential disks with number counts 10^(0.33 mag), without noise.

    ``sources`` is what lies above the usual detection limit; as many again lie below it.
    """
    rng = np.random.default_rng(seed)
    image = np.zeros(shape, np.float32)
    faintest, brightest = 150.0, 2e6
    slope = 0.33 * 2.5
    for number in range(2 * sources):
        flux = faintest * (1 - rng.uniform() * (1 - (brightest / faintest) ** -slope)) ** (-1 / slope)
        stamp, half = _draw_star(rng, flux) if number % 3 == 0 else _draw_disk(rng, flux)
        x, y = int(rng.integers(0, shape[1])), int(rng.integers(0, shape[0]))
        low_y, high_y, low_x, high_x = max(0, y - half), y + half + 1, max(0, x - half), x + half + 1
        part = image[low_y:high_y, low_x:high_x]
        part += stamp[low_y - y + half :, low_x - x + half :][: part.shape[0], : part.shape[1]]
    return image


def _draw_star(rng: np.random.Generator, flux: float) -> tuple[np.ndarray, int]:
    """Draw a Moffat profile of index 3 off the pixel center; return the stamp and its half width."""
    half = int(np.clip(8 * flux**0.17, 15, 100))
    core2 = (SEEING / 2) ** 2 / (2 ** (1 / 3) - 1)
    stamp = (1 + _measure_radius2(half, rng.uniform(-0.5, 0.5, 2)) / core2) ** -3
    return (flux / stamp.sum() * stamp).astype(np.float32), half


def _draw_disk(rng: np.random.Generator, flux: float) -> tuple[np.ndarray, int]:
    """Draw an exponential disk with a core as wide as the seeing; brighter ones are larger."""
    scale = np.clip(1.2 * (flux / 1000) ** 0.2 * rng.lognormal(0, 0.3), 0.8, 25)
    half = int(np.clip(8 * scale + 8, 15, 150))
    radius2 = _measure_radius2(half, rng.uniform(-0.5, 0.5, 2), q=rng.uniform(0.3, 1), theta=rng.uniform(0, np.pi))
    stamp = np.exp(-np.sqrt(radius2 + (SEEING / 2.5) ** 2) / scale)
    return (flux / stamp.sum() * stamp).astype(np.float32), half


def _measure_radius2(half: int, center: np.ndarray, *, q: float = 1.0, theta: float = 0.0) -> np.ndarray:
    """Squared elliptical radius around a center near the middle of a stamp."""
    dy, dx = np.mgrid[-half : half + 1, -half : half + 1]
    dx, dy = dx - center[0], dy - center[1]
    major, minor = dx * np.cos(theta) + dy * np.sin(theta), dy * np.cos(theta) - dx * np.sin(theta)
    squared: np.ndarray = major**2 + (minor / q) ** 2
    return squared


def add_sky(scene: np.ndarray, noise: np.ndarray, *, seed: int) -> np.ndarray:
    """Add a sloping sky, Poisson noise of the sources and one of many shifts of a noise frame."""
    rng = np.random.default_rng(seed)
    shift = tuple(int(rng.integers(0, side)) for side in scene.shape)
    slope = np.linspace(-20, 20, scene.shape[0], dtype=np.float32)[:, None]
    frame = np.roll(noise, shift, axis=(0, 1)) * np.sqrt(NOISE**2 + scene / np.float32(GAIN))
    frame += scene + slope + np.float32(SKY)
    return np.asarray(frame, np.float32)


def make_noise(shape: tuple[int, int], *, seed: int) -> np.ndarray:
    """Gaussian noise of unit variance."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def make_header(number: int, shape: tuple[int, int]) -> fits.Header:
    """World coordinates of one CCD of a 9 x n mosaic, its gain, saturation and zeropoint."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [150.1, 2.2]
    wcs.wcs.cdelt = [-PIXEL_SCALE, PIXEL_SCALE]
    row, column = divmod(number, 9)
    wcs.wcs.crpix = [(4.5 - column) * (shape[1] + 80), (2 - row) * (shape[0] + 80)]
    header = wcs.to_header()
    header["EXTNAME"] = f"CCD{number:02d}"
    header["GAIN"], header["SATURATE"], header["MAGZERO"] = GAIN, 65000.0, ZEROPOINT
    return header


def write_mosaic(path: Path, *, ccds: int, sources: int = 5000, whole_numbers: bool = True) -> None:
    """Write a multi-extension file, one CCD at a time."""
    noise = make_noise(SHAPE, seed=0)
    primary = fits.PrimaryHDU()
    primary.header["EXPTIME"] = 300.0
    primary.writeto(path, overwrite=True)
    for number in range(ccds):
        frame = add_sky(draw_scene(SHAPE, sources=sources, seed=number + 1), noise, seed=number + 1)
        data = np.clip(np.rint(frame), -32768, 32767).astype(np.int16) if whole_numbers else frame
        with fits.open(path, mode="append", memmap=False) as mosaic:
            mosaic.append(fits.ImageHDU(data, header=make_header(number, SHAPE)))


def main() -> None:
    """Read the arguments and write the mosaic."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ccds", type=int, default=36)
    parser.add_argument("--float", action="store_true", help="float32 instead of int16: twice the size")
    given = parser.parse_args()
    start = time.perf_counter()
    path = given.folder / f"mosaic{given.ccds}.fits"
    given.folder.mkdir(parents=True, exist_ok=True)
    write_mosaic(path, ccds=given.ccds, whole_numbers=not given.float)
    sys.stdout.write(f"{path}: {path.stat().st_size / 1e9:.2f} GB in {time.perf_counter() - start:.0f} s\n")


if __name__ == "__main__":
    main()
