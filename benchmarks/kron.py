"""The share of a source's light inside its Kron ellipse, by profile and brightness: ours, sep, photutils.

Isolated sources of one profile are drawn without neighbors on white noise and measured by each method on the same
pixels; the table holds the median of the noise-free flux in the measured ellipse over the total flux, so that the noise
of the fluxes is not in it, with the error of the median from a bootstrap over sources.

Run: python benchmarks/kron.py [--methods skysieve sep photutils] [--seed 0]
"""

import argparse
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np

from skysieve.extraction import ExtractionRecipe, extract, measure_kron_flux
from skysieve.metrics import bootstrap
from skysieve.records import Band, Detector
from skysieve.simulate import Profiles, PsfRecipe, draw_profiles, make_analytic_psf, paste

CELL, SIDE = 112, 12
FWHM = 4.0
SIZE = 1.0
"""Half-light radius of the galaxies [PSF FWHM]."""

PROFILES = {"star": 0.0, "Sersic 0.5": 0.5, "Sersic 1": 1.0, "Sersic 2.5": 2.5, "Sersic 4": 4.0}
FLUXES = {"faint": 300.0, "clear": 2000.0, "bright": 30000.0}
"""Total flux in units of the noise of one pixel; signals to noise of about 10, 70 and 1000 in the core of a star."""


def draw_grid(sersic: float, flux: float, *, seed: int) -> tuple[np.ndarray, Profiles]:
    """Draw isolated sources of one kind, without noise."""
    rng, count = np.random.default_rng(seed), SIDE * SIDE
    y, x = (CELL * (grid.ravel() + 0.5) + rng.uniform(-0.5, 0.5, count) for grid in np.mgrid[:SIDE, :SIDE])
    one = np.ones(count)
    profiles = Profiles(
        x=x, y=y, flux=flux * one, is_star=np.full(count, sersic == 0), half_light_radius=SIZE * FWHM * one,
        axis_ratio=rng.uniform(0.5, 1, count), theta=rng.uniform(-90, 90, count), sersic=max(sersic, 0.5) * one,
    )  # fmt: skip
    shape = (CELL * SIDE, CELL * SIDE)
    psf = make_analytic_psf(PsfRecipe(profile="moffat", fwhm=FWHM), pixel_scale=1.0, shape=shape)
    image = np.zeros(shape, np.float32)
    paste(image, draw_profiles(profiles, psf, shape=shape, faintest=0.01))
    return image, profiles


def measure_shares(image: np.ndarray, truth: Profiles, method: str, *, seed: int) -> np.ndarray:
    """Noise-free flux in the measured ellipses over the total flux, of the sources that were found."""
    noisy = (image + np.random.default_rng(seed).normal(0, 1, image.shape) + 100).astype(np.float32)
    detector = Detector("grid", (Band("r", noisy, np.zeros(image.shape, bool)),))
    catalog = extract(detector, ExtractionRecipe(method=method)).catalog
    distance = np.hypot(catalog["x"] - truth.x[:, None], catalog["y"] - truth.y[:, None])
    found = distance.min(axis=1) < FWHM
    rows = distance.argmin(axis=1)[found]
    return measure_kron_flux(image, catalog)[rows] / truth.flux[found]


def main() -> None:
    """Print the table and the machine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", default=["skysieve", "sep", "photutils"])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    packages = ", ".join(f"{name} {version(name)}" for name in ("sep", "photutils", "galsim", "numpy"))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} CPUs, {packages}\n")
    print(f"| profile | brightness | {' | '.join(arguments.methods)} |\n|---|---|{'---|' * len(arguments.methods)}")
    for name, sersic in PROFILES.items():
        for brightness, flux in FLUXES.items():
            image, truth = draw_grid(sersic, flux, seed=arguments.seed)
            cells = []
            for method in arguments.methods:
                share = measure_shares(image, truth, method, seed=arguments.seed + 1)
                median = bootstrap(np.median, (share,), resamples=300)
                cells.append(f"{median.value:.3f} ± {median.error:.3f} ({len(share)})")
            print(f"| {name} | {brightness} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
