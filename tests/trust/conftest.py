"""Small images of known noise and PSF, and the sources that tests inject into them."""

import numpy as np
import pytest

from skysieve.chain import ChainRecipe
from skysieve.extraction import extract
from skysieve.records import Band, Calibration, Catalog, Column, Detector
from skysieve.simulate import Profiles
from skysieve.trust.conditions import Conditions
from skysieve.trust.moffat import make_moffat
from skysieve.trust.recipe import BinningRecipe, InjectionRecipe, TrustRecipe

FWHM, NOISE = 3.0, 2.0


def make_image(*, shape: tuple[int, int] = (180, 200), stars: int = 14, seed: int = 5) -> np.ndarray:
    """White noise on a level of 50 with Moffat stars."""
    rng = np.random.default_rng(seed)
    image = rng.normal(50, NOISE, shape)
    stamp = make_moffat(FWHM, shape=shape).coefficients[0]
    half = len(stamp) // 2
    padded = np.pad(image, half)
    for _ in range(stars):
        y, x = rng.integers(12, shape[0] - 12), rng.integers(12, shape[1] - 12)
        padded[y : y + 2 * half + 1, x : x + 2 * half + 1] += rng.uniform(800, 4000) * stamp
    return padded[half:-half, half:-half].astype(np.float32)


def make_band(data: np.ndarray, *, name: str = "r", bad: np.ndarray | None = None, **known: float) -> Band:
    """Wrap pixels as the readers do."""
    bad = ~np.isfinite(data) if bad is None else bad
    return Band(name, np.where(bad, 0, data).astype(np.float32), bad, None, Calibration(**known))


def make_conditions(**other: object) -> Conditions:
    """Numbers of the images made here."""
    facts = {
        "fwhm": FWHM, "psf_kind": "given", "noise": NOISE, "depth": 45.0, "zeropoint": 25.0, "calibrated": True,
        "brightest": np.inf, "pixel_scale": 0.25, "band_ratios": (1.0,),
    }  # fmt: skip
    return Conditions(**{**facts, **other})


def make_detections(x: list[float], y: list[float], flux: list[float]) -> Catalog:
    """Detections of given places and fluxes, as round as stars."""
    count = len(x)
    values = {
        "x": np.array(x, float), "y": np.array(y, float), "flux_kron": np.array(flux, float),
        "a": np.full(count, 1.3), "b": np.full(count, 1.2), "theta": np.zeros(count),
        "kron_radius": np.full(count, 4.0), "flags": np.zeros(count, np.int64),
    }  # fmt: skip
    schema = tuple(Column(name, "i8" if name == "flags" else "f8") for name in values)
    return Catalog(schema, values)


@pytest.fixture(scope="session")
def image():
    return make_image()


@pytest.fixture(scope="session")
def detector(image):
    """A field of a few stars with all that headers can say."""
    return Detector("field.fits", (make_band(image, zeropoint=25.0, gain=2.0, saturation=60000.0),))


@pytest.fixture(scope="session")
def quick():
    """Few sources, our method and sep."""
    few = InjectionRecipe(count=40, most_rounds=2)
    return TrustRecipe(
        baselines=("sep",), injection=few, binning=BinningRecipe(least=5), chain=ChainRecipe(capabilities=())
    )


@pytest.fixture(scope="session")
def found(detector, quick):
    return extract(detector, quick.chain.extraction)


@pytest.fixture
def stars():
    """Three stars in a row."""
    x, y, flux = np.array([40.0, 80.5, 120.3]), np.array([60.0, 60.2, 59.7]), np.array([1000.0, 3000.0, 500.0])
    return Profiles(x=x, y=y, flux=flux, is_star=np.ones(3, bool))
