"""Mappings in PINK's format: the distance of every image to every neuron."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from skysieve.io.pink.arrays import map_array, write_blocks
from skysieve.io.pink.headers import COUNTS, VERSION, check_kind, make_start, read_start, take_number
from skysieve.io.pink.layouts import PinkLayout, resolve_layout, take_layout

KIND = 2


@dataclass(frozen=True, eq=False)
class PinkMap:
    """Euclidean distances, in units of the pixels and not squared, of each image to each neuron in PINK's order."""

    distances: Float32[np.ndarray, "image neuron"]
    layout: PinkLayout
    comment: bytes = b""


def read_pink_map(path: Path) -> PinkMap:
    """Open a mapping of PINK 2, mapped into memory.

    Raises
    ------
    ValueError
        If the header is another, or the file is shorter or longer than the header says.
    """
    comment, numbers = read_start(path)
    fields = check_kind(path, numbers, KIND)
    take_number(path, fields, "data type", range(1))
    n_images = take_number(path, fields, "number of images", COUNTS)
    stated = take_layout(path, fields)
    start = len(comment) + 4 * (6 + len(stated[1]))
    layout = resolve_layout(path, stated, data_bytes=path.stat().st_size - start, neuron_bytes=4 * n_images)
    return PinkMap(map_array(path, "<f4", start=start, shape=(n_images, layout.n_neurons)), layout, comment)


def write_pink_map(
    path: Path, blocks: Iterable[Float[np.ndarray, "image neuron"]], *, layout: PinkLayout, comment: bytes = b""
) -> int:
    """Write the distances of images block by block in the format of PINK 2, whole or not at all.

    Returns
    -------
    int
        The number of images written.

    Raises
    ------
    ValueError
        If a block has another number of neurons than the layout.
    """
    sides = [layout.code, len(layout.shape), *layout.shape]
    return write_blocks(
        path,
        (block.astype("<f4", copy=False) for block in blocks),
        shape=(layout.n_neurons,),
        make_header=lambda n: make_start(comment, [VERSION, KIND, 0, n, *sides]),
    )
