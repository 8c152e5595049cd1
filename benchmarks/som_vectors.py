"""Maps of feature vectors: time of one batch epoch and quality after annealing, ours beside minisom and xpysom.

One epoch is timed over all vectors (minisom: over the first of them, its time scaled up, since it takes each vector in
turn). Quality is that of a map annealed from a wide to a narrow neighborhood on the first vectors, errors are
measured by the same functions on other vectors. A narrow end lowers the quantization error and raises the topographic
one, so ours is shown at two ends, one for the balance that minisom strikes and one for that of xpysom.

Run: pip install minisom xpysom; python benchmarks/som_vectors.py [--vectors 3000000] [--threads 1] [--seed 0]
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import torch

from skysieve.execution import limit_threads
from skysieve.som.initialization import make_pca_neurons
from skysieve.som.lattice import Lattice
from skysieve.som.matching import find_bmus, measure_bmu_distances
from skysieve.som.quality import measure_quantization_error, measure_topographic_error
from skysieve.som.schedule import Schedule, Stage
from skysieve.som.vectors import train_vectors

LATTICE = Lattice((15, 15))
FEATURES = 5
FEW = 20_000
"""Vectors for minisom's epoch and for the annealing."""

EPOCHS = 40
WIDE = 7.0

Train = Callable[[np.ndarray, int], np.ndarray]
"""Takes vectors and a number of epochs; 1 is a plain one at constant sigma, more are annealed. Returns neurons."""


def make_vectors(count: int, seed: int) -> np.ndarray:
    """Make clusters of different widths along bent sheets, like sizes and shapes of sources."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(0, 2, (12, FEATURES))
    vectors = centers[rng.integers(12, size=count)] + rng.normal(0, 1, (count, FEATURES)) * rng.gamma(
        1, 0.5, (count, 1)
    )
    vectors[:, 1] += 0.3 * vectors[:, 0] ** 2
    return vectors.astype(np.float32)


def train_ours(vectors: np.ndarray, epochs: int, *, end: float) -> np.ndarray:
    """Train with skysieve."""
    stage = Stage(1, sigma=3.0) if epochs == 1 else Stage(epochs, sigma=WIDE, sigma_end=end)
    start = make_pca_neurons(vectors, LATTICE)
    return train_vectors(vectors, start, Schedule((stage,)), lattice=LATTICE).neurons


def train_minisom(vectors: np.ndarray, epochs: int) -> np.ndarray:
    """Train with minisom: in batches for the epoch, online for the annealed map, which comes out better."""
    from minisom import MiniSom  # noqa: PLC0415

    sigma = 3.0 if epochs == 1 else WIDE
    decay = {"decay_function": "linear_decay_to_zero", "sigma_decay_function": "inverse_decay_to_one"}
    som = MiniSom(15, 15, FEATURES, sigma=sigma, random_seed=0, **decay if epochs > 1 else {})
    som.pca_weights_init(vectors[:FEW])
    if epochs == 1:
        som.train_batch_offline(vectors, 1)
    else:
        som.train(vectors, epochs, random_order=True, use_epochs=True)
    return som.get_weights().reshape(-1, FEATURES)


def train_xpysom(vectors: np.ndarray, epochs: int) -> np.ndarray:
    """Train with xpysom, in batches."""
    from xpysom import XPySom  # noqa: PLC0415

    som = XPySom(15, 15, FEATURES, sigma=3.0 if epochs == 1 else WIDE, sigmaN=0.5, random_seed=0)
    som.pca_weights_init(vectors[:FEW])
    som.train(vectors, epochs)
    return np.asarray(som.get_weights()).reshape(-1, FEATURES)


def report(name: str, train: Train, vectors: np.ndarray, *, timed: int) -> None:
    """Print one row of the table."""
    try:
        release = version(name.partition(",")[0])
    except PackageNotFoundError:
        print(f"| {name} | not installed | | |")
        return
    start = time.perf_counter()
    train(vectors[:timed], 1)
    seconds = (time.perf_counter() - start) * len(vectors) / timed
    neurons = train(vectors[:FEW], EPOCHS).astype(np.float64)
    fresh = vectors[-FEW:]
    best_two = find_bmus(fresh, neurons, count=2)
    quantization = measure_quantization_error(measure_bmu_distances(fresh, neurons, best_two[:, 0]))
    topographic = measure_topographic_error(best_two, LATTICE)
    scaled = "" if timed == len(vectors) else f" (from {timed})"
    print(f"| {name} ({release}) | {seconds:.2f}{scaled} | {quantization:.4f} | {topographic:.4f} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=int, default=3_000_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    vectors = make_vectors(options.vectors, options.seed)
    print(f"{platform.machine()}, {os.cpu_count()} cores, {options.threads} threads, numpy {np.__version__}")
    print(f"\n{len(vectors)} x {FEATURES} vectors, 15x15 neurons, errors after {EPOCHS} epochs on {FEW} vectors\n")
    print("| package | one batch epoch [s] | quantization error | topographic error |\n|---|---|---|---|")
    with limit_threads(options.threads):
        report("skysieve, to 0.92 cells", partial(train_ours, end=0.92), vectors, timed=len(vectors))
        report("skysieve, to 0.38 cells", partial(train_ours, end=0.38), vectors, timed=len(vectors))
        report("xpysom", train_xpysom, vectors, timed=len(vectors))
        report("minisom", train_minisom, vectors, timed=min(FEW, len(vectors)))


if __name__ == "__main__":
    main()
