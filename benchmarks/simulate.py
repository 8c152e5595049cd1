"""Rate and accuracy of drawing galaxies, and of whole scenes; prints a table and the machine it ran on.

Run: python benchmarks/simulate.py [--galaxies 5000] [--workers 2]
"""

import argparse
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context

import galsim
import numpy as np

from skysieve.execution import limit_threads
from skysieve.simulate import Profiles, SceneRecipe, draw_profiles, make_analytic_psf, make_scene, read_survey
from skysieve.simulate.exposing import find_stack, measure_sigma
from skysieve.simulate.galaxies import GalaxyRecipe, draw_magnitudes, draw_shapes
from skysieve.simulate.scene import FAINTEST
from skysieve.simulate.surveys import make_survey_psf, measure_zeropoint

SHAPE = (2048, 2048)
GROUND = ("Legacy", "SDSS", "HSC", "LSST")


def make_galaxies(name: str, number: int, *, seed: int) -> Profiles:
    """Draw galaxies of a survey: mean counts down to a magnitude beyond its depth."""
    survey, rng = read_survey(name), np.random.default_rng(seed)
    band = survey.bands[survey.reference]
    depth, zeropoint = band.depth + 1, measure_zeropoint(survey, survey.reference, exposures=band.exposures)
    magnitude = draw_magnitudes(rng, 2000.0, bright=17.0, faint=depth, density=1.0)[:number]
    shapes = draw_shapes(rng, magnitude, GalaxyRecipe())
    return Profiles(
        *rng.uniform(0, SHAPE[0], (2, len(magnitude))),
        10 ** (-0.4 * (magnitude - zeropoint)), np.zeros(len(magnitude), bool),
        shapes.radius / survey.pixel_scale, shapes.axis_ratio, shapes.theta, shapes.sersic, shapes.bulge_fraction,
        shapes.clumpiness, np.arange(len(magnitude)),
    )  # fmt: skip


def draw_share(name: str, number: int, seed: int) -> tuple[float, float]:
    """Draw galaxies in this process as scenes do; return seconds and processor seconds, without the first tables."""
    survey = read_survey(name)
    faintest = FAINTEST * measure_sigma(find_stack(SceneRecipe(survey=name), survey, survey.reference))
    psf = make_analytic_psf(make_survey_psf(survey, survey.reference), pixel_scale=survey.pixel_scale, shape=SHAPE)
    profiles = make_galaxies(name, number, seed=seed)
    with limit_threads(1):
        draw_profiles(profiles.take(slice(200)), psf, shape=SHAPE, faintest=faintest)
        start, busy = time.perf_counter(), time.process_time()
        draw_profiles(profiles, psf, shape=SHAPE, faintest=faintest)
        return time.perf_counter() - start, time.process_time() - busy


def time_galsim(name: str, number: int) -> float:
    """Draw galaxies as GalSim does, one after the other on stamps of its own choice; return the processor seconds."""
    survey = read_survey(name)
    profiles = make_galaxies(name, number, seed=0)
    psf = galsim.Moffat(3.0, fwhm=survey.bands[survey.reference].seeing / survey.pixel_scale)
    start = time.process_time()
    for row in range(len(profiles)):
        radius, bulge = profiles.half_light_radius[row], profiles.bulge_fraction[row]
        galaxy = galsim.Sersic(profiles.sersic[row], half_light_radius=radius, trunc=8 * radius)
        if bulge > 0:
            galaxy = bulge * galsim.Sersic(4, half_light_radius=0.3 * radius, trunc=2.4 * radius)
            galaxy += (1 - bulge) * galsim.Exponential(half_light_radius=radius)
        galaxy = galaxy.shear(q=profiles.axis_ratio[row], beta=profiles.theta[row] * galsim.degrees)
        galsim.Convolve(galaxy, psf).withFlux(profiles.flux[row]).drawImage(scale=1)
    return time.process_time() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--galaxies", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    print(f"machine: {platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, "
          f"Python {platform.python_version()}, NumPy {version('numpy')}, GalSim {version('galsim')}\n")  # fmt: skip
    print(f"{'survey':8} {'of one CPU':>12} {f'{given.workers} processes':>12} {'GalSim, CPU':>12}   galaxies a second")
    with ProcessPoolExecutor(given.workers, mp_context=get_context("forkserver")) as pool:
        for name in GROUND:
            one = given.galaxies / draw_share(name, given.galaxies, 0)[1]
            list(pool.map(partial(draw_share, name, 200), range(given.workers)))
            slowest = max(pool.map(partial(draw_share, name, given.galaxies), range(given.workers)))[0]
            alone = 200 / time_galsim(name, 200)
            print(f"{name:8} {one:12.0f} {given.workers * given.galaxies / slowest:12.0f} {alone:12.0f}", flush=True)
    print(f"\n{'scene':8} {'seconds':>12} {'objects':>12}   1024 x 1024 pixels, one band, drawing, noise and masks")
    for name in (*GROUND, "Euclid", "HST"):
        recipe = SceneRecipe(survey=name)
        make_scene(recipe, seed=0)
        start = time.perf_counter()
        scene = make_scene(recipe, seed=1)
        print(f"{name:8} {time.perf_counter() - start:12.2f} {len(scene.truth):12}", flush=True)


if __name__ == "__main__":
    main()
