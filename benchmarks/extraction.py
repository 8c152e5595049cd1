"""Time and memory of extraction against plain sep, photutils and the SExtractor program.

Prints a table, one claim a row with the measured ratio first, and the machine it ran on. Times are medians of
interleaved repeats (A B A B), so that what else the machine does strikes all alike. Every method has one thread.

Run: python benchmarks/extraction.py [--quick] [--crowded] [--folder FOLDER] [--only NAME ...]
"""

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from astropy.io import fits

from make_mosaic import SHAPE, add_sky, draw_scene, make_header, make_noise, write_mosaic
from skysieve.execution import limit_threads
from skysieve.extraction import ExtractionRecipe, extract
from skysieve.extraction.recipe import BackgroundRecipe, PhotometryRecipe
from skysieve.extraction.source_extractor_files import find_program, find_star_network, list_columns, make_settings
from skysieve.io.exposures import InputRecipe, list_detectors, read_detector
from skysieve.records import Calibration, Detector

MEGABYTE = 1e6
CLAIMS = ("sep", "photutils", "source-extractor", "floor", "memory", "workers", "mosaic")

PASSES = 15
"""Times that extraction must read or write the float32 image, whatever it finds: background 1, its level and noise 2,
subtraction 3, smoothing 4, threshold 2, labels 3."""


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a quarter of the image, fewer repeats and CCDs")
    parser.add_argument("--crowded", action="store_true", help="ten times as many sources an image")
    parser.add_argument("--folder", type=Path, help="keep the mosaic here; else a temporary folder")
    parser.add_argument("--only", nargs="+", choices=CLAIMS, default=CLAIMS)
    parser.add_argument("--peak", nargs=2, metavar=("FILE", "CCDS"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peak:
        print_peak(Path(given.peak[0]), int(given.peak[1]))
        return
    describe_machine()
    with limit_threads(1), tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        shape = (SHAPE[0] // 2, SHAPE[1] // 2) if given.quick else SHAPE
        sources = 5000 * shape[0] * shape[1] // (SHAPE[0] * SHAPE[1]) * (10 if given.crowded else 1)
        image = write_image(folder / "image.fits", shape, sources)
        run_image_claims(image, given.only, repeats=3 if given.quick else 7)
        if {"memory", "workers", "mosaic"} & set(given.only):
            run_mosaic_claims(folder, given.only, ccds=(2, 4, 8) if given.quick else (4, 12, 36))


def run_image_claims(image: Path, only: list[str], *, repeats: int) -> None:
    """Compare the methods on one image."""
    detector = read_image(image)
    found = len(extract(detector, ExtractionRecipe()).catalog)
    rows, columns = detector.shape
    print(f"\nimage: {columns}x{rows} pixels, {found} sources found\n")
    print(f"{'ratio':>8}  {'claim':>8}  {'holds':5}  what")
    in_memory = partial(run_method, detector, "skysieve")
    if "sep" in only:
        plain = partial(run_method, detector, "sep")
        compare("time, plain sep = 1", in_memory, plain, most=1.5, repeats=repeats)
        compare("time of the same job, plain sep = 1", partial(run_once, detector), plain, most=1.0, repeats=repeats)
    if "floor" in only:
        report_floor(detector, in_memory)
    if "source-extractor" in only and shutil.which("source-extractor") is None:
        print("                         the SExtractor program is not installed")
    elif "source-extractor" in only:
        with tempfile.TemporaryDirectory() as name:
            program = prepare_program(image, Path(name))
            compare("time with reading the file, SExtractor program = 1", partial(run_from_file, image), program,
                    most=1.5, repeats=repeats)  # fmt: skip
    if "photutils" in only:
        compare("time, photutils = 1", in_memory, partial(run_method, detector, "photutils"), most=0.1, repeats=2)


def run_mosaic_claims(folder: Path, only: list[str], *, ccds: tuple[int, int, int]) -> None:
    """Measure memory, and the gain from a second worker, on a mosaic."""
    path = folder / f"mosaic{ccds[-1]}.fits"
    if not path.exists():
        write_mosaic(path, ccds=ccds[-1])
    unit = 4 * SHAPE[0] * SHAPE[1] / MEGABYTE
    if "memory" in only or "mosaic" in only:
        peaks = {count: measure_peak(path, count) for count in ((1,) if "mosaic" not in only else (1, *ccds))}
        report(peaks[1] / unit, 6.0, f"peak memory above the imports, one float32 CCD ({unit:.0f} MB) = 1")
        if "mosaic" in only:
            shown = ", ".join(f"{peak:.0f} MB after {count}" for count, peak in peaks.items() if count > 1)
            report(
                peaks[ccds[-1]] / peaks[ccds[0]],
                1.1,
                f"memory of a worker after {ccds[-1]} CCDs, after {ccds[0]} = 1 ({shown})",
            )
    if "workers" in only:
        compare_workers(path)


def report_floor(detector: Detector, ours: Callable[[], object]) -> None:
    """Say how far extraction is from the time that the memory needs for the passes it cannot do without."""
    data = detector.bands[0].data
    copies, times = [], []
    for _ in range(5):
        start = time.perf_counter()
        data.copy()
        copies.append(time.perf_counter() - start)
        start = time.perf_counter()
        ours()
        times.append(time.perf_counter() - start)
    floor, took = statistics.median(copies) / 2 * PASSES, statistics.median(times)
    speed = 2 * data.nbytes / statistics.median(copies) / 1e9
    what = f"time, {PASSES} passes over the image at the {speed:.0f} GB/s of a copy = 1"
    print(f"{took / floor:8.1f}                  {what} ({took:.2f} s against {floor:.3f} s)", flush=True)


def compare(what: str, ours: Callable[[], object], other: Callable[[], object], *, most: float, repeats: int) -> None:
    """Time two functions in turn and report the ratio of their medians; the claim is that it is at most ``most``."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for times, function in zip(seconds, (ours, other), strict=True):
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
    first, second = (statistics.median(times) for times in seconds)
    each = statistics.median(a / b for a, b in zip(*seconds, strict=True))
    report(first / second, most, f"{what} ({first:.2f} s against {second:.2f} s; median of pairs {each:.2f})")


def report(ratio: float, most: float, what: str) -> None:
    """Print one row."""
    print(f"{ratio:8.3f}  <={most:6.2f}  {'yes' if ratio <= most else 'NO':5}  {what}", flush=True)


def run_method(detector: Detector, method: str) -> int:
    """Extract by one method; all fill the same columns."""
    return len(extract(detector, ExtractionRecipe(method=method)).catalog)


def run_once(detector: Detector) -> int:
    """Extract with one look, errors of independent pixels and isophotal positions: what sep and the program do."""
    recipe = ExtractionRecipe(
        background=BackgroundRecipe(second_look=False), photometry=PhotometryRecipe(positions="isophotal")
    )
    return len(extract(detector, recipe).catalog)


def run_from_file(path: Path) -> int:
    """Read the file and extract by our method."""
    return len(extract(read_image(path), ExtractionRecipe()).catalog)


def prepare_program(image: Path, folder: Path) -> Callable[[], object]:
    """Write the program's settings as a person would have them; return what runs it, as a new process each time."""
    program = find_program()
    network, recipe = find_star_network(program), ExtractionRecipe()
    with fits.open(image) as file:
        header = file[0].header
    settings = make_settings(
        folder, recipe, detection=recipe.detection, shape=(header["NAXIS2"], header["NAXIS1"]), seeing=4.0,
        calibration=Calibration(gain=header["GAIN"], saturation=header["SATURATE"]), network=network,
    )  # fmt: skip
    lines = [f"{name} {value}" for name, value in settings.items()]
    columns = [*list_columns(recipe.photometry.diameters, network=network), "BACKGROUND", "ALPHA_J2000", "DELTA_J2000",
               "A_WORLD", "B_WORLD", "THETA_J2000", "ERRX2_WORLD", "ERRY2_WORLD", "FWHM_WORLD", "MAG_AUTO",
               "MAGERR_AUTO"]  # fmt: skip
    (folder / "settings.sex").write_text("\n".join(lines))
    (folder / "columns.param").write_text("\n".join(columns))
    command = [str(program), str(image.resolve()), "-c", "settings.sex"]
    return partial(subprocess.run, command, cwd=folder, check=True, capture_output=True)


def compare_workers(path: Path) -> None:
    """Time whole runs with one worker and two, as commands, and what the machine gives two idle loops."""
    loops = [run_loops(workers) for workers in (1, 2, 2, 1)]
    with tempfile.TemporaryDirectory() as name:
        one, whole_one = run_command(path, Path(name, "one"), 1)
        two, whole_two = run_command(path, Path(name, "two"), 2)
    most = 2 * (loops[0] + loops[3]) / (loops[1] + loops[2])
    print(
        f"{one / two:8.3f}  >=  1.80  {'yes' if one / two >= 1.8 else 'NO':5}  speed of two workers measuring the CCDs "
        f"of {path.name}, starting them included, one = 1 ({one:.1f} s and {two:.1f} s; two loops: {most:.2f})\n"
        f"{whole_one / whole_two:8.3f}                  the whole command, with imports, checksums and report "
        f"({whole_one:.1f} s and {whole_two:.1f} s)",
        flush=True,
    )


def run_loops(processes: int) -> float:
    """Seconds that processes take which do nothing but count, all at once: what else runs here slows them too."""
    start = time.perf_counter()
    started = [subprocess.Popen([sys.executable, "-c", "for _ in range(50_000_000): pass"]) for _ in range(processes)]
    for process in started:
        process.wait()
    return time.perf_counter() - start


def run_command(path: Path, folder: Path, workers: int) -> tuple[float, float]:
    """Seconds from the start of measuring to the last detector, by the run's log, and of the whole command."""
    command = [sys.executable, "-m", "skysieve", "run", str(path), "--out", str(folder), "--workers", str(workers)]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    whole = time.perf_counter() - start
    lines = (folder / "run.log").read_text().splitlines()
    times = [datetime.fromisoformat(line[:23].replace(",", ".")) for line in lines]
    return (times[-2] - times[0]).total_seconds(), whole


def measure_peak(path: Path, ccds: int) -> float:
    """Peak memory [MB] above that after the imports, of a process of its own that extracts some CCDs in turn."""
    command = [sys.executable, __file__, "--peak", str(path), str(ccds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def print_peak(path: Path, ccds: int) -> None:
    """Extract the first CCDs in this process and print the growth of its peak memory [MB]."""
    before = read_peak()
    for address in list_detectors([path], recipe=InputRecipe())[:ccds]:
        extract(read_detector(address, InputRecipe()), ExtractionRecipe())
    print(read_peak() - before)


def read_peak() -> float:
    """Peak memory of this process so far [MB]; getrusage would count the parent's before the start of this program."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / MEGABYTE


def write_image(path: Path, shape: tuple[int, int], sources: int) -> Path:
    """Write one simulated float32 image."""
    data = add_sky(draw_scene(shape, sources=sources, seed=1), make_noise(shape, seed=0), seed=1)
    header = make_header(0, shape)
    header["EXPTIME"] = 300.0
    fits.PrimaryHDU(data, header).writeto(path, overwrite=True)
    return path


def read_image(path: Path) -> Detector:
    """Read a file of one image."""
    return read_detector(list_detectors([path], recipe=InputRecipe())[0], InputRecipe())


def describe_machine() -> None:
    """Print what this ran on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if "model name" in line), platform.processor())
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "sep", "photutils", "skysieve"))
    cores = f"{os.cpu_count()} cores (load {os.getloadavg()[0]:.1f})"
    print(f"{model}, {cores}, Python {platform.python_version()}, {packages}")


if __name__ == "__main__":
    main()
