"""Speed of the rotation-invariant map: mapping and training, against PINK's measured rate and the plain definition.

Images of double and bent sources on noise are matched with a square lattice of neurons that were made of such images.
PINK's rates are those of version 2.5 (CPU build, two threads, clean runs) on this kind of machine. The floor is the
time of the matrix products alone at the machine's measured float32 rate. Online training runs on one thread but for
its last step; jobs beside it slow all of it, as the printed load tells.

Run: python benchmarks/som.py [--side 64] [--lattice 10] [--shape quadratic] [--images 640] [--threads 2]
"""

import argparse
import os
import platform
import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from skysieve.som.engine import map_images
from skysieve.som.image_training import make_workshop, train_batch, train_online
from skysieve.som.invariance import compare_image
from skysieve.som.regions import make_region
from skysieve.som.transforms import Geometry, make_geometry, orient_image

PINK = {
    (64, "quadratic"): (6.05, 6.04), (64, "circular"): (3.67, 3.49),
    (150, "quadratic"): (0.98, 0.98), (150, "circular"): (0.62, 0.63),
}  # fmt: skip
"""Images a second of mapping and of training: 10 x 10 neurons, 360 rotations and flips."""


def draw_sources(count: int, side: int, *, seed: int) -> np.ndarray:
    """Draw double sources of random length, bend and brightness, noise clipped at zero, peak 1."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((side, side)) - (side - 1) / 2
    images = np.abs(rng.normal(0, 0.01, (count, 1, side, side)))
    for row in range(count):
        angle, bend, length = rng.uniform(0, 2 * np.pi), rng.uniform(-0.8, 0.8), rng.uniform(0, side / 4)
        for turn, light in ((0, 1), (np.pi + bend, rng.uniform(0.2, 1))):
            dx, dy = x - length * np.cos(angle + turn), y - length * np.sin(angle + turn)
            images[row, 0] += light * np.exp(-(dx**2 + dy**2) / (2 * rng.uniform(1.5, side / 16) ** 2))
    return (images / images.max(axis=(1, 2, 3), keepdims=True)).astype(np.float32)


def make_weights(lattice: int) -> np.ndarray:
    """Gaussian neighborhood of width 1.1 and rate 0.2 on a square lattice."""
    places = np.stack(np.indices((lattice, lattice)).reshape(2, -1), axis=1)
    distance = np.linalg.norm(places[:, None] - places, axis=-1)
    return (0.2 / (1.1 * np.sqrt(2 * np.pi)) * np.exp(-((distance / 1.1) ** 2) / 2)).astype(np.float32)


def measure_time(work: Callable[[], object]) -> float:
    """Wall-clock time of one call [s]."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def map_in_threads(images: np.ndarray, neurons: np.ndarray, geometry: Geometry, threads: int) -> np.ndarray:
    """Map parts of the images in threads of their own; their best-matching units."""
    with ThreadPoolExecutor(threads) as pool:
        parts = np.array_split(images, threads)
        found = pool.map(lambda part: map_images(part, neurons, geometry=geometry).bmu, parts)
        return np.concatenate(list(found))


def measure_floor(geometry: Geometry, neurons: int, threads: int) -> float:
    """Time of one image's matrix products alone, at the measured rate of large float32 products [s]."""
    a, b = torch.rand(512, 1024), torch.rand(1024, 4096)
    with ThreadPoolExecutor(threads) as pool:
        seconds = min(measure_time(lambda: list(pool.map(lambda _: a @ b, range(8 * threads)))) for _ in range(3))
    rate = 8 * threads * a.numel() * b.shape[1] / seconds
    return 1.5 * make_region(geometry).sum() * geometry.steps * neurons / rate


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--lattice", type=int, default=10)
    parser.add_argument("--shape", choices=["quadratic", "circular"], default="quadratic")
    parser.add_argument("--images", type=int, default=640)
    parser.add_argument("--definition", type=int, default=2, help="images that the plain definition maps")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    geometry, count = make_geometry(options.side, shape=options.shape), options.lattice**2
    images, weights = draw_sources(options.images, options.side, seed=0), make_weights(options.lattice)
    models = draw_sources(count, options.side, seed=1)
    neurons = np.stack([orient_image(image, 0, geometry=geometry) for image in models])
    workshop = make_workshop(geometry, threads=options.threads)
    neurons = train_batch(neurons, [models], weights=weights, workshop=workshop)
    few = images[: options.definition]
    plain = measure_time(lambda: [compare_image(one, neurons, geometry=geometry) for one in few]) / len(few)
    mapped = measure_time(lambda: map_in_threads(images, neurons, geometry, options.threads)) / len(images)
    online = measure_time(lambda: train_online(neurons, images, weights=weights, workshop=workshop)) / len(images)
    epoch = measure_time(lambda: train_batch(neurons, [images], weights=weights, workshop=workshop)) / len(images)
    floor = measure_floor(geometry, count, options.threads)
    pink = PINK.get((options.side, options.shape), (np.nan, np.nan)) if options.lattice == 10 else (np.nan, np.nan)
    print(
        f"{platform.machine()}, {os.cpu_count()} processors, {options.threads} threads, load {os.getloadavg()[0]:.1f}"
    )
    print(f"{len(images)} images of {options.side} pixels, {count} neurons, 720 orientations, {options.shape} region")
    print("| what | x PINK | x definition (one thread) | x floor | images/s | ms an image |\n|---|---|---|---|---|---|")
    for name, seconds, reference in (
        ("mapping", mapped, pink[0]), ("online training", online, pink[1]), ("batch epoch", epoch, pink[1]),
        ("definition", plain, pink[0]), ("matrix products alone", floor, pink[0]),
    ):  # fmt: skip
        ratios = f"{1 / (seconds * reference):.3g} | {plain / seconds:.3g} | {seconds / floor:.3g}"
        print(f"| {name} | {ratios} | {1 / seconds:.4g} | {1e3 * seconds:.3g} |")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
