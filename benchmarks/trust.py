"""Coverage of flux errors by injected sources, of ours, sep's and photutils'; and the time that a trust report takes.

Prints a table of coverages on a simulated field with white noise, on one with correlated noise and on real frames; the
completeness of injected stars beside that of simulated fields' own stars; the wall time of 10,000 injections into an
image of 2048x2048 pixels on two cores; and the machine.

Run: python benchmarks/trust.py [--quick] [--frames FILE ...] [--only coverage|agreement|time]
"""

import argparse
import os
import platform
import tempfile
import time
from datetime import datetime
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import numpy as np
from astropy.io import fits

from skysieve.chain import ChainRecipe, Inputs
from skysieve.execution import ExecutionRecipe, limit_threads
from skysieve.extraction import extract
from skysieve.io.exposures import InputRecipe, list_detectors, read_detector
from skysieve.metrics import measure_proportion
from skysieve.records import Detector
from skysieve.simulate import CameraRecipe, GalaxyRecipe, SceneRecipe, StarRecipe, make_scene
from skysieve.trust import InjectionRecipe, TrustRecipe, measure_trust, run_trust
from skysieve.trust.matching import match_sources

BASELINES = {"ours": (), "ours, sep": ("sep",), "ours, sep, photutils": ("sep", "photutils")}


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a quarter of the pixels and injections")
    parser.add_argument("--frames", type=Path, nargs="+", default=[], help="real images to measure as well")
    parser.add_argument("--only", choices=("coverage", "agreement", "time"))
    given = parser.parse_args()
    describe_machine()
    side, count = (512, 1500) if given.quick else (1024, 5000)
    with limit_threads(1):
        if given.only in {None, "coverage"}:
            print_coverages(side, count, given.frames)
        if given.only in {None, "agreement"}:
            print_agreement(side, fields=2 if given.quick else 6)
        if given.only in {None, "time"}:
            print_times(1024 if given.quick else 2048, 2500 if given.quick else 10_000)


def describe_machine() -> None:
    """Say where and when this ran."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("sep", "photutils", "galsim", "numpy"))
    print(f"{datetime.now().astimezone():%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, load "
          f"{os.getloadavg()[0]:.1f}; Python {platform.python_version()}, {packages}\n")  # fmt: skip


def make_field(side: int, drop: float, *, density: float = 0.5) -> Detector:
    """Simulate a sparse SDSS field whose noise is white (drop 1) or correlated as by drizzling."""
    recipe = SceneRecipe(
        survey="SDSS", shape=(side, side), stars=StarRecipe(density=3.0, bright=17.0),
        galaxies=GalaxyRecipe(density=density), camera=CameraRecipe(drop=drop),
    )  # fmt: skip
    return make_scene(recipe, seed=3).detector


def read_frame(path: Path) -> Detector:
    """Read the first detector of a file."""
    return read_detector(list_detectors([str(path)], recipe=InputRecipe())[0], InputRecipe())


def print_coverages(side: int, count: int, frames: list[Path]) -> None:
    """Print a row a field and method."""
    recipe = TrustRecipe(injection=InjectionRecipe(count=count))
    fields = {"white noise": lambda: make_field(side, 1.0), "correlated noise": lambda: make_field(side, 2.0)}
    fields |= {path.name[:32]: lambda path=path: read_frame(path) for path in frames}
    print("| field | method | found | isolated 68 % | isolated 95 % | all 68 % | all 95 % | pull width |")
    print("|---|---|---|---|---|---|---|---|")
    for name, make in fields.items():
        content = measure_trust(make(), recipe).content
        for method, scores in content["methods"].items():
            every = scores["overall"]
            alone = every["isolated"]
            shares = [write_share(part, key) for part in (alone, every) for key in ("coverage68", "coverage95")]
            width = "" if alone["pull_sigma"] is None else f"{alone['pull_sigma']:.2f}"
            print(f"| {name} | {method} | {every['n_recovered']} | {' | '.join(shares)} | {width} |", flush=True)


def write_share(scores: dict, key: str) -> str:
    """Write a coverage with its error."""
    if scores[key] is None:
        return ""
    return f"{scores[key]:.3f} ± {(scores[f'{key}_hi'] - scores[f'{key}_lo']) / 2:.3f}"


def print_agreement(side: int, *, fields: int) -> None:
    """Print the completeness of injected stars and of the fields' own, in bins of magnitude."""
    shares = [measure_agreement(side, seed) for seed in range(fields)]
    own, injected = (np.concatenate([one[kind] for one in shares], axis=1) for kind in (0, 1))
    print(
        "\n| r [mag] | own stars | found | injected stars | found | difference in errors |\n|---|---|---|---|---|---|"
    )
    for low, high in pairwise(np.arange(18.0, 23.6, 0.5)):
        cells, values = [], []
        for mag, found in (own, injected):
            share = measure_proportion(found[(mag >= low) & (mag < high)] > 0)
            values.append((share.value, (share.high - share.low) / 2))
            cells.append(f"{share.n} | {share.value:.3f} ± {values[-1][1]:.3f}")
        (a, e), (b, f) = values
        print(f"| {low:.1f} to {high:.1f} | {' | '.join(cells)} | {(b - a) / np.hypot(e, f):+.1f} |", flush=True)


def measure_agreement(side: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Magnitudes, and whether found, of a simulated field's own stars and of stars injected into it."""
    stars = StarRecipe(density=15.0, bright=17.0, faint=23.5)
    size = (side, side)
    scene = make_scene(
        SceneRecipe(survey="SDSS", shape=size, stars=stars, galaxies=GalaxyRecipe(density=0.5)), seed=seed
    )
    chain = ChainRecipe(capabilities=(), seed=seed)
    injection = InjectionRecipe(stars=1.0, count=1500)
    rows = measure_trust(scene.detector, TrustRecipe(baselines=(), injection=injection, chain=chain)).injected
    truth, found = scene.truth, extract(scene.detector, chain.extraction)
    inside = (truth["x"] > 3) & (truth["x"] < side - 4) & (truth["y"] > 3) & (truth["y"] < side - 4)
    truth = truth.take(inside & (truth["kind"] == "star"))
    nothing = found.catalog.take(slice(0, 0))
    match = match_sources(
        truth["x"], truth["y"], radius=np.full(len(truth), 1.75), detections=found.catalog, labels=found.labels,
        original=nothing, old_share=0.5, fwhm=3.5,
    )  # fmt: skip
    own = (match.row >= 0) & (truth["flux_r"] > 0.5 * found.catalog["flux_kron"][match.row])
    return np.array([truth["mag_r"], own]), np.array([rows["mag"], rows["status_skysieve"] == "recovered"])


def print_times(side: int, count: int) -> None:
    """Print the wall time of a whole report by methods, on two cores."""
    band = make_field(side, 1.0, density=1.0).bands[0]
    print(f"\n| {count} injections into {side}x{side} pixels, two workers | injected | rounds | seconds |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        header = fits.Header({"MAGZERO": band.calibration.zeropoint, "GAIN": band.calibration.gain, "EXPTIME": 53.9})
        fits.PrimaryHDU(band.data, header).writeto(Path(folder, "field.fits"))
        inputs = Inputs((str(Path(folder, "field.fits")),))
        chain = ChainRecipe(execution=ExecutionRecipe(workers=2))
        for name, baselines in BASELINES.items():
            recipe = TrustRecipe(chain=chain, baselines=baselines, injection=InjectionRecipe(count=count))
            start = time.perf_counter()
            image = run_trust(inputs, Path(folder, name), recipe=recipe).content["images"][0]
            print(f"| {name} | {image['n']} | {image['rounds']} | {time.perf_counter() - start:.0f} |", flush=True)


if __name__ == "__main__":
    main()
