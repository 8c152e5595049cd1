"""Small simulated images whose truth is known: stars, galaxies and noise, from numpy alone, seeded."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from skysieve.extraction import Extraction, ExtractionRecipe, extract_sources
from skysieve.extraction.recipe import DetectionRecipe, PsfRecipe
from skysieve.records import Band, Calibration, Detector


@dataclass(frozen=True)
class Sky:
    """An image under construction and what was drawn into it."""

    image: np.ndarray
    truth: list[tuple[float, float, float, bool]]

    def add_gaussian(self, x: float, y: float, flux: float, *, sigma: float = 1.5, q: float = 1.0, theta: float = 0.0):
        """Draw a Gaussian of major axis ``sigma`` [pixel], axis ratio ``q``, angle ``theta`` [rad]."""
        major, minor = _turn(self.image.shape, x, y, theta)
        profile = np.exp(-0.5 * (major**2 + (minor / q) ** 2) / sigma**2)
        self.image[...] += flux * profile / (2 * np.pi * sigma**2 * q)
        self.truth.append((x, y, flux, True))

    def add_moffat(self, x: float, y: float, flux: float, *, fwhm: float = 4.0, beta: float = 3.0):
        """Draw a Moffat star."""
        core = fwhm / 2 / np.sqrt(2 ** (1 / beta) - 1)
        dx, dy = _turn(self.image.shape, x, y, 0.0)
        profile = (1 + (dx**2 + dy**2) / core**2) ** -beta
        self.image[...] += flux * (beta - 1) / (np.pi * core**2) * profile
        self.truth.append((x, y, flux, True))

    def add_disk(self, x: float, y: float, flux: float, *, scale: float = 3.0, q: float = 1.0, theta: float = 0.0):
        """Draw an exponential disk of scale length ``scale`` [pixel], each pixel the mean of 3x3 samples."""
        total = np.zeros_like(self.image)
        for shift_x in (-1 / 3, 0, 1 / 3):
            for shift_y in (-1 / 3, 0, 1 / 3):
                major, minor = _turn(self.image.shape, x + shift_x, y + shift_y, theta)
                total += np.exp(-np.hypot(major, minor / q) / scale) / 9
        self.image[...] += flux * total / (2 * np.pi * scale**2 * q)
        self.truth.append((x, y, flux, False))

    def paste(self, other: "Sky", x: int, y: int):
        """Add a small sky with its lower left corner at a pixel."""
        height, width = other.image.shape
        self.image[y : y + height, x : x + width] += other.image
        self.truth.extend((x + px, y + py, flux, star) for px, py, flux, star in other.truth)


def _turn(shape: tuple[int, int], x: float, y: float, theta: float) -> tuple[np.ndarray, np.ndarray]:
    dy, dx = np.ogrid[: shape[0], : shape[1]]
    dx, dy = dx - x, dy - y
    return dx * np.cos(theta) + dy * np.sin(theta), dy * np.cos(theta) - dx * np.sin(theta)


def draw_sky(height: int, width: int) -> Sky:
    """Start an empty image."""
    return Sky(np.zeros((height, width)), [])


def draw_field(
    shape: tuple[int, int], *, stars: int, galaxies: int, seed: int, sigma: float = 1.5, edge: int = 20
) -> Sky:
    """Draw a crowd of Gaussian stars and disks with fluxes by a power law from 200 on, without noise."""
    rng, sky = np.random.default_rng(seed), draw_sky(*shape)
    for number in range(stars + galaxies):
        x, y = (rng.uniform(edge, length - edge) for length in (shape[1], shape[0]))
        flux = 200 * rng.uniform(0.002, 1) ** -0.9
        stamp, (left, low) = draw_sky(61, 61), (int(x) - 30, int(y) - 30)
        if number < stars:
            stamp.add_gaussian(x - left, y - low, flux, sigma=sigma)
        else:
            shape_of = {"q": rng.uniform(0.3, 1), "theta": rng.uniform(-1.5, 1.5), "scale": rng.uniform(2, 4)}
            stamp.add_disk(x - left, y - low, 2 * flux, **shape_of)
        _paste_clipped(sky, stamp, left, low)
    return sky


def _paste_clipped(sky: Sky, stamp: Sky, left: int, low: int) -> None:
    height, width = sky.image.shape
    y0, y1, x0, x1 = max(0, low), min(height, low + 61), max(0, left), min(width, left + 61)
    sky.image[y0:y1, x0:x1] += stamp.image[y0 - low : y1 - low, x0 - left : x1 - left]
    sky.truth.extend((left + px, low + py, flux, star) for px, py, flux, star in stamp.truth)


def add_noise(image: np.ndarray, *, seed: int, sigma: float = 1.0, level: float = 0.0) -> np.ndarray:
    """Return the image with Gaussian noise on a level."""
    return image + level + np.random.default_rng(seed).normal(0, sigma, image.shape)


def make_band(
    image: np.ndarray,
    *,
    bad: np.ndarray | None = None,
    variance: np.ndarray | None = None,
    calibration: Calibration | None = None,
    name: str = "r",
) -> Band:
    """Turn an array into a band as the readers do: float32, bad pixels marked and zero."""
    bad = ~np.isfinite(image) if bad is None else bad | ~np.isfinite(image)
    if variance is not None:
        bad = bad | ~(variance > 0)
        variance = np.where(bad, 0, variance).astype(np.float32)
    return Band(name, np.where(bad, 0, image).astype(np.float32), bad, variance, calibration or Calibration())


def make_detector(image: np.ndarray, *, bad: np.ndarray | None = None, variance: np.ndarray | None = None) -> Detector:
    """Wrap one image as a detector."""
    return Detector("sim.fits", (make_band(image, bad=bad, variance=variance),))


def extract(image: np.ndarray, recipe: ExtractionRecipe | None = None) -> Extraction:
    """Extract the sources of one plain image."""
    return extract_sources(make_detector(image), recipe or ExtractionRecipe())


def pair_up(extraction: Extraction, truth: list[tuple[float, float, float, bool]], *, within: float = 1.0):
    """Rows of the nearest source to each true position, and whether it lies near."""
    c, true = extraction.catalog, np.array(truth)
    distance = np.hypot(c["x"] - true[:, :1], c["y"] - true[:, 1:2])
    return distance.argmin(axis=1), distance.min(axis=1) < within


def tell(function: Callable[..., object]) -> Callable[[], Callable[..., object]]:
    """Make a fixture that hands out a function."""

    def give() -> Callable[..., object]:
        return function

    return pytest.fixture(scope="session", name=function.__name__)(give)


sky_fixture = tell(draw_sky)
field_fixture = tell(draw_field)
noise_fixture = tell(add_noise)
band_fixture = tell(make_band)
detector_fixture = tell(make_detector)
extract_fixture = tell(extract)
pair_fixture = tell(pair_up)


@pytest.fixture(scope="session")
def shallow() -> ExtractionRecipe:
    """Settings that find only clear sources: five sigma, no cleaning."""
    return ExtractionRecipe(detection=DetectionRecipe(threshold=5.0, clean=0.0), psf=PsfRecipe(min_stars=5))


@pytest.fixture(scope="session")
def crowded() -> np.ndarray:
    """A crowded noisy field of 300x420 pixels, half of its sources blended."""
    return add_noise(draw_field((300, 420), stars=150, galaxies=60, seed=3).image, seed=4, level=50.0)


@pytest.fixture(scope="session")
def crowded_extraction(crowded: np.ndarray) -> Extraction:
    """The whole crowded field, extracted in one piece."""
    return extract(crowded)
