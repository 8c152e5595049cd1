"""Speed and memory of rotation-invariant maps of images, against PINK's measured rates and the plain definition.

Images of double and bent sources on noise are matched with a square lattice of neurons that were made of such images.
PINK's rates are those of version 2.5 (CPU build; two threads, clean runs; one thread, CPU seconds) on this kind of
machine, for 10 x 10 neurons, 360 rotations and flips. The floor is the time of the matrix products alone at the
machine's measured float32 rate. Times are the least of several repeats; jobs beside them slow the clock's, and far less
the CPU's with --threads 1.

    python benchmarks/som.py speed [--side 64] [--lattice 10] [--shape quadratic] [--images 640] [--threads 2]
    python benchmarks/som.py epoch [--images 4000] [--lattice 8]
    python benchmarks/som.py linear
    python benchmarks/som.py memory
"""

import argparse
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from skysieve.som.engine import map_batches, map_images
from skysieve.som.image_training import make_workshop, train_batch, train_online
from skysieve.som.invariance import compare_image
from skysieve.som.regions import make_region
from skysieve.som.transforms import Geometry, make_geometry, orient_image

PINK = {
    (64, "quadratic"): (6.05, 6.04, 0.334, 0.329), (64, "circular"): (3.67, 3.49, 0.558, 0.588),
    (150, "quadratic"): (0.98, 0.98, 2.00, 1.97), (150, "circular"): (0.62, 0.63, 3.27, 3.29),
}  # fmt: skip
"""Images a second of mapping and of training on two threads; CPU seconds an image on one."""


def draw_sources(count: int, side: int, *, seed: int) -> np.ndarray:
    """Draw double sources of random length, bend and brightness, noise clipped at zero, peak 1."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((side, side)) - (side - 1) / 2
    images = np.abs(rng.normal(0, 0.01, (count, 1, side, side))).astype(np.float32)
    for row in range(count):
        angle, bend, length = rng.uniform(0, 2 * np.pi), rng.uniform(-0.8, 0.8), rng.uniform(0, side / 4)
        for turn, light in ((0, 1), (np.pi + bend, rng.uniform(0.2, 1))):
            dx, dy = x - length * np.cos(angle + turn), y - length * np.sin(angle + turn)
            images[row, 0] += light * np.exp(-(dx**2 + dy**2) / (2 * rng.uniform(1.5, side / 16) ** 2))
    return images / images.max(axis=(1, 2, 3), keepdims=True)


def make_weights(lattice: int) -> np.ndarray:
    """Gaussian neighborhood of width 1.1 and rate 0.2 on a square lattice."""
    places = np.stack(np.indices((lattice, lattice)).reshape(2, -1), axis=1)
    distance = np.linalg.norm(places[:, None] - places, axis=-1)
    return (0.2 / (1.1 * np.sqrt(2 * np.pi)) * np.exp(-((distance / 1.1) ** 2) / 2)).astype(np.float32)


def make_neurons(lattice: int, geometry: Geometry) -> np.ndarray:
    """Make neurons of oriented images, each the mean of its neighborhood."""
    models = draw_sources(lattice**2, geometry.image_side, seed=1)
    neurons = np.stack([orient_image(image, 0, geometry=geometry) for image in models])
    return train_batch(neurons, [models], weights=make_weights(lattice), workshop=make_workshop(geometry))


def measure_times(work: Callable[[], object], repeats: int = 3) -> tuple[float, float]:
    """Least wall-clock and least CPU time of a call [s]."""
    found = []
    for _ in range(repeats):
        wall, used = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - wall, time.process_time() - used))
    return min(one[0] for one in found), min(one[1] for one in found)


def measure_floor(geometry: Geometry, neurons: int, threads: int, device: str) -> tuple[float, float]:
    """Measure the times of one image's matrix products alone, at the measured rate of large float32 products [s]."""
    a, b = torch.rand(512, 1024, device=device), torch.rand(1024, 4096, device=device)
    with ThreadPoolExecutor(threads) as pool:
        work = lambda: sum(float(one[0, 0]) for one in pool.map(lambda _: a @ b, range(8 * threads)))
        found = measure_times(work, 5)
    share = 1.5 * make_region(geometry).sum() * geometry.steps * neurons / (8 * threads * a.numel() * b.shape[1])
    return found[0] * share, found[1] * share


def print_machine(options: argparse.Namespace) -> None:
    """Name the machine, and how busy others keep it."""
    device = torch.cuda.get_device_name() if options.device == "cuda" else f"{os.cpu_count()} processors"
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    name = model[0].split(":")[1].strip() if model else platform.machine()
    print(f"{name}, {device}, {options.threads} threads, load {os.getloadavg()[0]:.1f}")


def show_speed(options: argparse.Namespace) -> None:
    """Print how fast images are mapped and shown, ratio first."""
    geometry, count = make_geometry(options.side, shape=options.shape), options.lattice**2
    images, weights = draw_sources(options.images, options.side, seed=0), make_weights(options.lattice)
    neurons, number = make_neurons(options.lattice, geometry), options.images
    workshop = make_workshop(geometry, threads=options.threads, device=options.device)
    few = images[: options.definition]
    work = {
        "mapping": lambda: map_images(
            images, neurons, geometry=geometry, threads=options.threads, device=options.device
        ),
        "online training": lambda: train_online(neurons, images, weights=weights, workshop=workshop),
        "batch epoch": lambda: train_batch(neurons, [images], weights=weights, workshop=workshop),
    }
    times = {name: tuple(one / number for one in measure_times(call, options.repeats)) for name, call in work.items()}
    plain = measure_times(lambda: [compare_image(one, neurons, geometry=geometry) for one in few], 1)
    times["definition, one thread"] = tuple(one / len(few) for one in plain)
    floor = measure_floor(geometry, count, options.threads, options.device)
    times["matrix products alone"] = floor
    print_machine(options)
    print(f"{number} images of {options.side} pixels, {count} neurons, 720 orientations, {options.shape} region")
    print("| what | x PINK (clock) | x PINK (CPU) | x definition (CPU) | x floor (CPU) | images/s | ms | CPU ms |")
    print("|---|---|---|---|---|---|---|---|")
    known = PINK.get((options.side, options.shape), (np.nan,) * 4) if options.lattice == 10 else (np.nan,) * 4
    for name, (wall, used) in times.items():
        kind = name in {"online training", "batch epoch"}
        ratios = (1 / (wall * known[kind]), known[2 + kind] / used, times["definition, one thread"][1] / used)
        numbers = (*ratios, used / floor[1], 1 / wall, 1e3 * wall, 1e3 * used)
        print(f"| {name} | " + " | ".join(f"{one:.3g}" for one in numbers) + " |")


def show_epoch(options: argparse.Namespace) -> None:
    """Print the time of one batch epoch."""
    geometry, weights = make_geometry(options.side, shape=options.shape), make_weights(options.lattice)
    images, neurons = draw_sources(options.images, options.side, seed=0), make_neurons(options.lattice, geometry)
    workshop = make_workshop(geometry, threads=options.threads, device=options.device)
    work = lambda: train_batch(neurons, [images], weights=weights, workshop=workshop)
    wall, used = measure_times(work, options.repeats)
    print_machine(options)
    print(f"one batch epoch, {len(images)} images of {options.side} pixels, {len(neurons)} neurons: ", end="")
    print(f"{wall:.2f} s by the clock, {used:.2f} s of CPU")


def show_linear(options: argparse.Namespace) -> None:
    """Print CPU time a unit of work, for three sizes each of images, neurons and rotations."""
    options.threads = 1
    print_machine(options)
    print("| images | neurons | rotations | mapping, ns a cell | online, ns a cell |\n|---|---|---|---|---|")
    for count, lattice, rotations in (
        (160, 8, 180), (320, 8, 180), (640, 8, 180), (320, 6, 180), (320, 12, 180), (320, 8, 92), (320, 8, 360),
    ):  # fmt: skip
        geometry, weights = make_geometry(options.side, rotations=rotations), make_weights(lattice)
        images, neurons = draw_sources(count, options.side, seed=0), make_neurons(lattice, geometry)
        workshop, cells = make_workshop(geometry), count * lattice**2 * geometry.orientations
        mapped = measure_times(lambda: map_images(images, neurons, geometry=geometry))[1]  # noqa: B023
        online = measure_times(lambda: train_online(neurons, images, weights=weights, workshop=workshop))[1]  # noqa: B023
        print(f"| {count} | {lattice**2} | {rotations} | {1e9 * mapped / cells:.1f} | {1e9 * online / cells:.1f} |")


def show_memory(options: argparse.Namespace) -> None:
    """Print the peak memory of processes that map more and more images from a stream."""
    print_machine(options)
    print("| images | pixels | peak memory, MiB |\n|---|---|---|")
    for side, count in ((64, 320), (64, 1280), (64, 5120), (150, 64), (150, 256), (150, 512)):
        command = [sys.executable, __file__, "stream", "--side", str(side), "--images", str(count)]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        print(f"| {count} | {side} | {found.strip()} |", flush=True)


def stream(options: argparse.Namespace) -> None:
    """Map images from a stream; print the peak memory of the process [MiB]."""
    geometry = make_geometry(options.side)
    neurons = np.random.default_rng(0).random((options.lattice**2, 1, *[geometry.neuron_side] * 2), np.float32)
    batches = (draw_sources(32, options.side, seed=start) for start in range(0, options.images, 32))
    for _ in map_batches(batches, neurons, geometry=geometry, threads=options.threads):
        pass
    print(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def main() -> None:
    """Print one table."""
    commands = {
        "speed": show_speed, "epoch": show_epoch, "linear": show_linear, "memory": show_memory, "stream": stream,
    }  # fmt: skip
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=commands, default="speed")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--lattice", type=int)
    parser.add_argument("--shape", choices=["quadratic", "circular"], default="quadratic")
    parser.add_argument("--images", type=int)
    parser.add_argument("--definition", type=int, default=1, help="images that the plain definition maps")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    options.lattice = options.lattice or (8 if options.what == "epoch" else 10)
    options.images = options.images or (4000 if options.what == "epoch" else 640)
    torch.set_num_threads(1)
    commands[options.what](options)


if __name__ == "__main__":
    main()
