"""Mappings on disk in PINK's formats: ``map.bin`` and ``transforms.bin``, with ``mapping.parquet`` a row an image."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int, Int8

from skysieve.config import parse_recipe
from skysieve.io.pink import PinkLayout, read_pink_map, read_pink_transforms
from skysieve.som.lattice import Lattice

ROWS_AT_ONCE = 65536


@dataclass(frozen=True, eq=False)
class StoredMapping:
    """How well and how turned each image matches each neuron; the arrays are mapped into memory.

    Attributes
    ----------
    distance
        Euclidean distance in the best orientation, NaN for an image that could not be compared.
    flip, angle
        That orientation: the image is turned clockwise by the angle [rad], then its rows are reversed where flip is 1.
    lattice
        Where the neurons stand.
    """

    distance: Float32[np.ndarray, "image neuron"]
    flip: Int8[np.ndarray, "image neuron"]
    angle: Float32[np.ndarray, "image neuron"]
    lattice: Lattice

    def __len__(self) -> int:
        return len(self.distance)

    def rank(self, count: int = 1) -> Int[np.ndarray, "image {count}"]:
        """Return the nearest neurons of each image, the best first; -1 where the distances are not known.

        Equal distances go to the lower neuron.
        """
        parts = [_rank_rows(rows, count) for rows in self._blocks()]
        return np.concatenate([np.zeros((0, count), np.int64), *parts])

    def _blocks(self) -> Iterator[Float32[np.ndarray, "image neuron"]]:
        yield from (self.distance[start : start + ROWS_AT_ONCE] for start in range(0, len(self), ROWS_AT_ONCE))


def _rank_rows(rows: Float32[np.ndarray, "image neuron"], count: int) -> Int[np.ndarray, "image {count}"]:
    order = np.argmin(rows, axis=1)[:, None] if count == 1 else rows.argsort(axis=1, kind="stable")[:, :count]
    return np.where(np.isfinite(rows).all(axis=1, keepdims=True), order, -1)


def read_mapping(path: Path, *, transforms: Path | None = None, lattice: Lattice | None = None) -> StoredMapping:
    """Open a mapping: a folder with ``map.bin`` and ``transforms.bin``, or such files of PINK's.

    Parameters
    ----------
    path
        The folder, or the file of distances.
    transforms
        The file of transformations, when the distances are given as a file.
    lattice
        Of the trained map; by default see `choose_lattice`.

    Raises
    ------
    ValueError
        If files are missing, damaged, or do not belong together.
    """
    distances = path / "map.bin" if path.is_dir() else path
    turns = path / "transforms.bin" if path.is_dir() else transforms
    if turns is None:
        raise ValueError(f"{path}: a file of distances alone; give the file of transformations too")
    for file in (distances, turns):
        if not file.is_file():
            raise ValueError(
                f"{file}: there is no such file; map images with --store-rot-flip, or with skysieve som map"
            )
    found, turned = read_pink_map(distances), read_pink_transforms(turns)
    if found.distances.shape != turned.angle.shape:
        raise ValueError(
            f"{distances.name} has {found.distances.shape} images and neurons, {turns.name} {turned.angle.shape}; "
            "give files of the same mapping"
        )
    return StoredMapping(
        found.distances, turned.flip, turned.angle, choose_lattice(distances, found.layout, given=lattice)
    )


def choose_lattice(distances: Path, layout: PinkLayout, *, given: Lattice | None = None) -> Lattice:
    """Return the lattice of a mapping.

    Parameters
    ----------
    distances
        The file of distances; ``mapping.json`` beside it tells a periodic lattice from an open one.
    layout
        What the file itself says, which knows no periodic ones.
    given
        The lattice of the trained map, where it is known.

    Raises
    ------
    ValueError
        If the lattice has another number of neurons than the file.
    """
    stated = Lattice(layout.shape, hexagonal=layout.hexagonal)
    card = distances.with_name("mapping.json")
    told = json.loads(card.read_text(encoding="utf-8")).get("lattice") if card.is_file() else None
    lattice = given or (stated if told is None else parse_recipe(Lattice, told))
    if lattice.n_neurons != stated.n_neurons:
        raise ValueError(f"{distances.name}: {stated.n_neurons} neurons; the map has {lattice.n_neurons}")
    return lattice
