"""How fast exposures are judged: against plain sep on the same detectors, from fingerprints, and with bounded memory.

Makes a mosaic of 36 detectors of 2048 x 4612 pixels (once), and prints, the ratio first:

- ``pixels``: time from the file to the verdict, over the time in which sep alone (background and detection, the same
  threshold) is done with the same detectors, both with one process and with two; several rounds, in turn.
- ``prints``: time from the exposure's fingerprint on disk to the verdict.
- ``rate``: exposures a minute that are judged from their fingerprints, for as many as asked for.
- ``memory``: peak memory of judging one, two and four exposures, each in a process of its own.
- ``map``: time in which 3,000,000 sources find their neurons on the map of sources.

    python benchmarks/quality_speed.py FOLDER [--model quality] [--rounds 3] [--exposures 1000]
"""

import argparse
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from bare_sep import detect, list_places
from skysieve.execution import ExecutionRecipe
from skysieve.quality.assess_recipe import AssessRecipe, UsualRecipe
from skysieve.quality.assess_run import Products, run_assessment
from skysieve.quality.assessing import assess_exposures
from skysieve.quality.fingerprint_store import assess_prints, write_prints
from skysieve.quality.learning import Views
from skysieve.quality.model import judge_views, read_model
from skysieve.som.matching import find_bmus

DETECTORS = 36


def time_once(job: Callable[[], object]) -> float:
    """Return seconds by the clock."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def compare_pixels(mosaic: Path, recipe: AssessRecipe, options: argparse.Namespace) -> None:
    """Print how long verdicts take over what detection alone takes."""
    places = list_places(mosaic)
    jobs = {
        1: (lambda: [detect(one) for one in places], lambda: assess_exposures([mosaic], recipe, on_done=str)),
        2: (lambda: _detect_together(mosaic), lambda: _assess_together(mosaic, recipe, options.folder)),
    }  # fmt: skip
    for workers, (bare, ours) in jobs.items():
        pairs = [(time_once(bare), time_once(ours)) for _ in range(options.rounds)]
        ratios = sorted(own / plain for plain, own in pairs)
        plain, own = (statistics.median(one) for one in zip(*pairs, strict=True))
        print(f"pixels, {workers} process{'es' if workers > 1 else ''}: {statistics.median(ratios):.2f} "
              f"({ratios[0]:.2f} to {ratios[-1]:.2f}) times sep; {own:.1f} s against {plain:.1f} s")  # fmt: skip


def _detect_together(mosaic: Path) -> None:
    """Detect with two processes, in a program that loads nothing but what it needs."""
    script = Path(__file__).with_name("bare_sep.py")
    subprocess.run([sys.executable, str(script), str(mosaic), "--processes", "2"], check=True, capture_output=True)


def _assess_together(mosaic: Path, recipe: AssessRecipe, folder: Path) -> None:
    products = Products(folder / "verdicts.parquet", run=folder / f"run-{time.time_ns()}")
    run_assessment([mosaic], recipe, products, execution=ExecutionRecipe(workers=2), on_start=str, on_done=str)


def time_prints(mosaic: Path, recipe: AssessRecipe, options: argparse.Namespace) -> None:
    """Print how long it takes from fingerprints on disk to verdicts."""
    store = options.folder / f"prints-{time.time_ns()}.zarr"
    write_prints([mosaic], recipe, out=store, half=True, on_done=str)
    seconds = sorted(time_once(lambda: assess_prints(store, recipe)) for _ in range(max(options.rounds, 3)))
    print(f"prints: {statistics.median(seconds):.2f} s ({seconds[0]:.2f} to {seconds[-1]:.2f}) to the verdict of "
          f"{DETECTORS} detectors")  # fmt: skip


def time_rate(recipe: AssessRecipe, options: argparse.Namespace) -> None:
    """Print how many exposures a minute the network judges, their views in memory one block at a time."""
    model, rng = read_model(recipe.model), np.random.default_rng(1)
    clusters, neurons = model.source_map.n_clusters, len(model.source_map.cluster)
    views = Views(
        cutouts=rng.normal(1, 1, (DETECTORS, clusters, 25, 25)).astype(np.float16),
        hits=rng.integers(0, 9, (DETECTORS, neurons)), stack=np.full((DETECTORS, 25, 25), 1 / 625, np.float16),
        statistics=rng.normal(0, 1, (DETECTORS, len(model.judge.middle))).astype(np.float32),
        label=np.zeros(DETECTORS, int), excess=np.zeros((DETECTORS, 4)), exposure=np.zeros(DETECTORS, int),
        detector=np.arange(DETECTORS), dead=np.zeros(DETECTORS, bool),
    )  # fmt: skip
    number = options.exposures
    seconds = time_once(lambda: [judge_views(model, views) for _ in range(number)])
    print(f"rate: {60 * number / seconds:.0f} exposures of {DETECTORS} detectors a minute ({number} judged in "
          f"{seconds:.1f} s); 10,000 in {10_000 * seconds / number / 60:.1f} minutes")  # fmt: skip


def measure_memory(mosaic: Path, options: argparse.Namespace) -> None:
    """Print the peak memory of judging one exposure and several."""
    found = []
    for number in (1, 2, 4):
        command = [sys.executable, __file__, str(options.folder), "--model", options.model, "--judge", str(number)]
        found.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
    print(f"memory: {' / '.join(found)} MB at the peak for 1 / 2 / 4 exposures of {mosaic.stat().st_size / 1e6:.0f} MB")


def judge_several(mosaic: Path, recipe: AssessRecipe, number: int, folder: Path) -> None:
    """Judge one exposure under several names; print this process's peak memory [MB]."""
    paths = []
    for one in range(number):
        link = folder / f"exposure-{one}.fits"
        link.unlink(missing_ok=True)
        link.symlink_to(mosaic)
        paths.append(link)
    assess_exposures(paths, recipe, on_done=str)
    print(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def time_map(recipe: AssessRecipe) -> None:
    """Print how long many sources take to find their neurons."""
    model, rng = read_model(recipe.model), np.random.default_rng(1)
    sources = rng.normal(0, 1, (3_000_000, model.source_map.neurons.shape[1]))
    seconds = sorted(time_once(lambda: find_bmus(sources, model.source_map.neurons)) for _ in range(3))
    print(f"map: {seconds[1]:.2f} s for 3,000,000 sources on {len(model.source_map.neurons)} neurons")


def main() -> None:
    """Read the command line."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="quality")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--exposures", type=int, default=1000)
    parser.add_argument("--judge", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    recipe = AssessRecipe(model=options.model, usual=UsualRecipe(fwhm=3.7))
    mosaic = options.folder / f"mosaic{DETECTORS}.fits"
    if not mosaic.is_file():
        script = Path(__file__).with_name("make_mosaic.py")
        subprocess.run([sys.executable, str(script), str(options.folder), "--ccds", str(DETECTORS)], check=True)
    if options.judge:
        judge_several(mosaic, recipe, options.judge, options.folder)
        return
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {platform.system()}")
    compare_pixels(mosaic, recipe, options)
    time_prints(mosaic, recipe, options)
    time_rate(recipe, options)
    measure_memory(mosaic, options)
    time_map(recipe)


if __name__ == "__main__":
    main()
