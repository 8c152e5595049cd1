"""Kill trainings at random moments and compare what the resumed runs end with to the run that nobody killed.

A small convolutional network with dropout, batch normalization, augmentation, two stages (the head, then all layers),
plateaus and early stopping is trained in a process of its own, which SIGKILL ends within a random step, up to three
times a run, so that runs that were resumed are killed again. Prints a row a run: the steps at which it was killed,
those at which it went on, and whether SHA-256 of the best weights, the last weights and the log are those of the
unbroken run.

Run: python benchmarks/resume.py [--kills 20] [--workers 0 2] [--seed 1]
"""

import argparse
import csv
import hashlib
import multiprocessing
import os
import platform
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import skysieve.training.running  # noqa: F401 (so that the processes made below find Lightning imported)
from skysieve.nn import build_seeded
from skysieve.training import ArraySamples, Stage, TrainingRecipe, fit
from skysieve.training.checkpoints import LAST
from skysieve.training.reporting import LOG

RECIPE = TrainingRecipe(
    stages=(Stage(2, {"head": 3e-3}, warmup=5), Stage(8, {"head": 2e-3, "body": 1e-3}, schedule="plateau",
            plateau_patience=1)), batch=32, weight_decay=0.01, clip=1.0, patience=3, accelerator="cpu",
    checkpoint_every=4,
)  # fmt: skip
GROUPS = {"body": ["body"], "head": ["head"]}
MOST = 3


class Network(nn.Module):
    """Two convolutions, one hidden layer."""

    def __init__(self) -> None:
        super().__init__()
        conv = (nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3))
        self.body = nn.Sequential(*conv, nn.ReLU(), nn.Flatten())
        self.head = nn.Sequential(nn.Linear(16 * 4 * 4, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 2))

    def forward(self, images: Tensor) -> Tensor:
        """Return two logits an image."""
        return self.head(self.body(images))


def main() -> None:
    """Kill, resume, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="for each number of workers")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2], help="processes that prepare batches")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    given = parser.parse_args()
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "lightning", "numpy"))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}, {packages}")
    with tempfile.TemporaryDirectory() as scratch:
        same = [run_kills(Path(scratch, str(n)), given.kills, workers=n, seed=given.seed) for n in given.workers]
    sys.exit(0 if all(same) else 1)


def run_kills(folder: Path, kills: int, *, workers: int, seed: int) -> bool:
    """Print the table for one number of workers; return whether all runs ended with the same bytes."""
    dice, left = random.Random(seed), kills  # noqa: S311 (moments, no secrets)
    wanted, steps = run_unbroken(folder / "unbroken", workers)
    print(f"\n{workers} workers, unbroken: {steps} steps, best {wanted[0]}, last {wanted[1]}, log {wanted[2]}")
    print(f"{'run':>4} {'killed in step':>16} {'went on at step':>16}  same best, last, log")
    equal = []
    for run in count(1):
        if left <= 0:
            break
        killed, resumed = break_run(folder / str(run), min(left, dice.randint(1, MOST)), workers, steps, dice)
        left -= len(killed)
        found = measure_digests(folder / str(run))
        equal.append(found == wanted)
        texts = (" ".join(map(str, numbers)) for numbers in (killed, resumed))
        print("{:>4} {:>16} {:>16}  {}".format(run, *texts, "yes" if equal[-1] else f"NO: {found}"), flush=True)
    print(f"{kills} kills in {len(equal)} runs: {sum(equal)} of {len(equal)} end with the bytes of the unbroken run")
    return all(equal)


def run_unbroken(folder: Path, workers: int) -> tuple[list[str], int]:
    """Return the digests and the steps of a run that nobody kills."""
    if run_process(folder, workers, None):
        raise RuntimeError(f"{folder}: the unbroken run failed")
    return measure_digests(folder), count_logged_steps(folder)


def break_run(folder: Path, kills: int, workers: int, steps: int, dice: random.Random) -> tuple[list[int], list[int]]:
    """Kill a run so many times and let it end; return the steps of the kills and those at which it went on."""
    killed, resumed = [], []
    while len(killed) < kills:
        start = read_step(folder)
        moment = dice.randint(1, max(1, steps - start)), dice.uniform(0, 0.02)
        if run_process(folder, workers, moment) == 0:
            break  # the run ended before the blow fell, which then does not count
        killed.append(start + moment[0])
        resumed.append(read_step(folder))
    run_process(folder, workers, None)
    return killed, resumed


def run_process(folder: Path, workers: int, moment: tuple[int, float] | None) -> int:
    """Train in a process of its own and return its exit code."""
    process = multiprocessing.get_context("fork").Process(target=train, args=(folder, workers, moment))
    process.start()
    process.join()
    if process.exitcode not in {0, -signal.SIGKILL}:
        raise RuntimeError(f"{folder}: the training ended with code {process.exitcode}")
    return process.exitcode


def train(folder: Path, workers: int, moment: tuple[int, float] | None) -> None:
    """Train in a run folder; strike the process so many seconds after a training step has begun."""
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    with Path(folder, "messages.txt").open("a", encoding="utf-8") as sys.stderr:
        images, labels = make_images(420)
        train_set, valid_set = ArraySamples((images[:300], labels[:300])), ArraySamples((images[300:], labels[300:]))
        recipe = TrainingRecipe(**{**vars(RECIPE), "workers": workers})
        fit(
            build_seeded(Network, 3), make_loss(moment), train_set, validation=valid_set, recipe=recipe, out=folder,
            groups=GROUPS, augment=turn,
        )  # fmt: skip


def make_loss(moment: tuple[int, float] | None) -> Callable[[nn.Module, tuple[Tensor, Tensor]], Tensor]:
    """Return the loss, which counts the training steps and strikes when it is time."""
    steps = count(1)

    def loss(network: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        if network.training and moment is not None and next(steps) == moment[0]:
            threading.Thread(target=strike, args=(moment[1],), daemon=True).start()
        return nn.functional.cross_entropy(network(batch[0]), batch[1])

    return loss


def strike(delay: float) -> None:
    """End this process as a power cut would, within the step, its checkpoint or the validation after it."""
    time.sleep(delay)
    os.kill(os.getpid(), signal.SIGKILL)


def turn(sample: tuple[np.ndarray, np.ndarray], dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Turn an image and add noise."""
    image = np.rot90(sample[0], dice.integers(4), axes=(1, 2))
    return image + dice.normal(scale=0.3, size=image.shape).astype(np.float32), sample[1]


def make_images(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw round and long blobs in noise."""
    dice = np.random.default_rng(0)
    labels, angle = dice.integers(2, size=number), dice.uniform(0, np.pi, number)
    y, x = np.mgrid[-5.5:6.5, -5.5:6.5]
    along = x * np.cos(angle)[:, None, None] + y * np.sin(angle)[:, None, None]
    across = y * np.cos(angle)[:, None, None] - x * np.sin(angle)[:, None, None]
    blobs = np.exp(-0.5 * ((along / (1.5 + labels[:, None, None])) ** 2 + (across / 1.5) ** 2))
    return (blobs[:, None] + dice.normal(scale=0.2, size=(number, 1, 12, 12))).astype(np.float32), labels


def measure_digests(folder: Path) -> list[str]:
    """Return the beginnings of SHA-256 of the best weights, the last weights and the log."""
    return [hash_weights(folder / "best.ckpt"), hash_weights(folder / LAST), hash_bytes((folder / LOG).read_bytes())]


def hash_weights(path: Path) -> str:
    """Return the digest of all tensors of the network in a checkpoint."""
    state = torch.load(path, weights_only=True)["module"]
    return hash_bytes(b"".join(name.encode() + value.numpy().tobytes() for name, value in sorted(state.items())))


def hash_bytes(content: bytes) -> str:
    """Return the beginning of SHA-256."""
    return hashlib.sha256(content).hexdigest()[:12]


def read_step(folder: Path) -> int:
    """Return the step at which a run goes on, 0 where it has to start anew."""
    path = folder / LAST
    return torch.load(path, weights_only=True)["progress"]["updates"] if path.exists() else 0


def count_logged_steps(folder: Path) -> int:
    """Return the steps of a run by its log."""
    with (folder / LOG).open(encoding="utf-8") as file:
        return int(list(csv.DictReader(file))[-1]["step"])


if __name__ == "__main__":
    main()
