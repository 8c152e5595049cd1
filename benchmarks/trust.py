"""Coverage of flux errors by injected sources, of ours, sep's and photutils'; and the time that a trust report takes.

Prints a table of coverages on a simulated field with white noise, on one with correlated noise and on real frames, then
the wall time of 10,000 injections into an image of 2048x2048 pixels on two cores, and the machine.

Run: python benchmarks/trust.py [--quick] [--frames FILE ...] [--only coverage|time]
"""

import argparse
import os
import platform
import tempfile
import time
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from astropy.io import fits

from skysieve.chain import ChainRecipe, Inputs
from skysieve.execution import ExecutionRecipe, limit_threads
from skysieve.io.exposures import InputRecipe, list_detectors, read_detector
from skysieve.records import Detector
from skysieve.simulate import CameraRecipe, GalaxyRecipe, SceneRecipe, StarRecipe, make_scene
from skysieve.trust import InjectionRecipe, TrustRecipe, measure_trust, run_trust

BASELINES = {"ours": (), "ours, sep": ("sep",), "ours, sep, photutils": ("sep", "photutils")}


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a quarter of the pixels and injections")
    parser.add_argument("--frames", type=Path, nargs="+", default=[], help="real images to measure as well")
    parser.add_argument("--only", choices=("coverage", "time"))
    given = parser.parse_args()
    describe_machine()
    side, count = (512, 1500) if given.quick else (1024, 5000)
    with limit_threads(1):
        if given.only != "time":
            print_coverages(side, count, given.frames)
        if given.only != "coverage":
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
