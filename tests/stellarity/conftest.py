"""Catalogs of made-up sources: point sources and extended ones, with the columns that the classifier looks at."""

import numpy as np
import pytest

from skysieve.extraction import list_catalog_columns
from skysieve.extraction.assemble import make_catalog
from skysieve.records import Catalog
from skysieve.stellarity import read_model
from skysieve.stellarity.model import Model


def make_sources(stars: int, galaxies: int, *, seed: int = 0, snr: float = 60.0, image: str = "a.fits") -> Catalog:
    """Draw sources of a PSF of 4 pixels: stars as the PSF, galaxies half as wide again."""
    rng, count = np.random.default_rng(seed), stars + galaxies
    wide = np.where(np.arange(count) < stars, 1.0, 1.5) * np.exp(rng.normal(0, 0.02, count))
    flux = 1000 * rng.uniform(0.5, 2, count)
    values = {
        "id": np.arange(count), "number": np.arange(1, count + 1), "image": np.full(count, image, object),
        "x": rng.uniform(0, 900, count), "y": rng.uniform(0, 900, count), "flux_kron": flux,
        "flux_kron_err": flux / snr, "flux_iso": 0.9 * flux, "peak": 0.05 * flux / wide**2,
        "flux_radius": 2.3 * wide, "flux_radius_20": 1.2 * wide, "flux_radius_90": 5.0 * wide, "fwhm": 4.0 * wide,
        "a": 1.7 * wide, "b": 1.6 * wide, "kron_radius": np.full(count, 4.5), "npix": np.full(count, 60),
        "psf_fwhm": np.full(count, 4.0), "spread_model": 0.012 * (wide - 1) + rng.normal(0, 3e-4, count),
        "spread_model_err": np.full(count, 3e-4), "flags": np.zeros(count, int), "stellarity": np.full(count, 0.5),
    }  # fmt: skip
    assert set(values) <= {column.name for column in list_catalog_columns([], [])}
    return make_catalog(values, bands=["r"], diameters=[], unit="", method="skysieve")


@pytest.fixture(scope="session", name="make_sources")
def sources_fixture():
    return make_sources


@pytest.fixture(scope="session")
def model() -> Model:
    """The shipped classifier."""
    return read_model("stellarity")
