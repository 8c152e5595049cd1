"""Distances to neurons of images that come in classes, without images."""

from pathlib import Path

import numpy as np

from skysieve.io.catalogs import write_catalog
from skysieve.io.pink import PinkLayout, write_pink_map
from skysieve.records import Catalog, Column

CLASSES = ("bent", "double", "point")


def make_clouds(count: int, *, seed: int, neurons: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Return distances and labels: each class lies around a few of the neurons."""
    rng = np.random.default_rng(seed)
    places = np.random.default_rng(7).normal(size=(neurons, 4))
    labels = rng.integers(0, 3, count)
    images = places[3 * labels + rng.integers(0, 3, count)] + rng.normal(0, 0.4, (count, 4))
    return np.linalg.norm(images[:, None] - places, axis=2).astype(np.float32), labels


def write_clouds(folder: Path, *, count: int = 90, labeled: int = 60) -> tuple[Path, Path]:
    """Write a mapping of clouds with a catalog, and a table with the labels of the first images."""
    distance, labels = make_clouds(count, seed=0)
    write_pink_map(folder / "map.bin", [distance], layout=PinkLayout((3, 3)))
    ids, places = np.arange(count) + 100, np.random.default_rng(1).uniform(0, 9, (2, count))
    rows = Catalog(
        (Column("id", "i8"), Column("ra", "f8", "deg"), Column("dec", "f8", "deg")),
        {"id": ids, "ra": places[0], "dec": places[1]},
    )
    write_catalog(rows, folder / "mapping.parquet")
    names = np.array(CLASSES, dtype=object)[labels[:labeled]]
    table = Catalog((Column("id", "i8"), Column("label", "str")), {"id": ids[:labeled], "label": names})
    write_catalog(table, folder / "labels.csv")
    return folder, folder / "labels.csv"
