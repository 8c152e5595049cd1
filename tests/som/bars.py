"""Small pictures that differ in more than their orientation, as arrays and as files."""

from pathlib import Path

import numpy as np

from skysieve.io.cutouts import CutoutBatch, stream_batch, write_cutouts_store
from skysieve.io.pink import write_pink_images
from skysieve.records import Catalog, Column
from skysieve.som.lattice import Lattice
from skysieve.som.schedule import Schedule, Stage
from skysieve.som.training_recipe import GeometryRecipe, TrainSomRecipe

ONLINE = Stage(2, "online", sigma=1.0, rate=0.2, rotations=8)
BATCH = Stage(2, "batch", sigma=0.6, rotations=8)


def draw_bars(count: int, *, side: int = 10, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Bars, thick or thin, whole or double, at any angle."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    angle, width, gap = rng.uniform(0, 2 * np.pi, count), rng.choice([0.9, 2.0], count), rng.choice([0, 2.5], count)
    cos, sin = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    along, across = np.abs(x * cos + y * sin), y * cos - x * sin
    light = np.exp(-(((along - gap[:, None, None]) / 1.5) ** 2) - (across / width[:, None, None]) ** 2)
    return np.repeat(light[:, None], channels, axis=1).astype(np.float32)


def write_bars(path: Path, images: np.ndarray) -> Path:
    """Write images as a binary of PINK."""
    cubes = images if images.shape[1] > 1 else images[:, 0]
    write_pink_images(path, [cubes], shape=cubes.shape[1:])
    return path


def write_bars_store(path: Path, images: np.ndarray, *, ids: np.ndarray, bad: np.ndarray | None = None) -> Path:
    """Write images as a cutout store."""
    rows = Catalog((Column("id", "i8"), Column("ra", "f8", "deg")), {"id": ids, "ra": ids / 100})
    unusable = np.zeros((len(images), *images.shape[2:]), bool) if bad is None else bad
    bands = tuple("grizy"[: images.shape[1]])
    write_cutouts_store(path, stream_batch(CutoutBatch(images, unusable, None, rows), bands=bands))
    return path


def make_recipe(*stages: Stage, side: int = 2, **changes: object) -> TrainSomRecipe:
    """A recipe for a small map, trained fast."""
    return TrainSomRecipe(
        lattice=changes.pop("lattice", Lattice((side, side))),
        geometry=GeometryRecipe(rotations=8),
        schedule=Schedule(stages or (ONLINE, BATCH)),
        block=changes.pop("block", 16),
        sample=20,
        **changes,
    )
