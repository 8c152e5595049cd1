"""Transformations in PINK's format: how each image is turned to match each neuron best."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float32, Int8, Shaped

from skysieve.io.pink.arrays import map_array, write_blocks
from skysieve.io.pink.headers import COUNTS, VERSION, check_kind, make_start, read_start, take_number
from skysieve.io.pink.layouts import PinkLayout, resolve_layout, take_layout

KIND = 3
RECORD = np.dtype([("flip", "i1"), ("angle", "<f4")])


@dataclass(frozen=True, eq=False)
class PinkTransforms:
    """Best transformation of each image for each neuron in PINK's order.

    ``angle`` [rad] turns the image clockwise with row 0 on top; where ``flip`` is 1 its rows are reversed after that.
    """

    flip: Int8[np.ndarray, "image neuron"]
    angle: Float32[np.ndarray, "image neuron"]
    layout: PinkLayout
    comment: bytes = b""


def read_pink_transforms(path: Path) -> PinkTransforms:
    """Open a file of transformations of PINK 2, mapped into memory.

    Raises
    ------
    ValueError
        If the header is another, or the file is shorter or longer than the header says.
    """
    comment, numbers = read_start(path)
    fields = check_kind(path, numbers, KIND)
    n_images = take_number(path, fields, "number of images", COUNTS)
    stated = take_layout(path, fields)
    start = len(comment) + 4 * (5 + len(stated[1]))
    size = path.stat().st_size - start
    layout = resolve_layout(path, stated, data_bytes=size, neuron_bytes=RECORD.itemsize * n_images)
    records = map_array(path, RECORD, start=start, shape=(n_images, layout.n_neurons))
    return PinkTransforms(records["flip"], records["angle"], layout, comment)


def write_pink_transforms(
    path: Path,
    blocks: Iterable[
        tuple[Int8[np.ndarray, "image neuron"] | Bool[np.ndarray, "image neuron"], Float[np.ndarray, "image neuron"]]
    ],
    *,
    layout: PinkLayout,
    comment: bytes = b"",
) -> int:
    """Write flips and angles of images block by block in the format of PINK 2, whole or not at all.

    Parameters
    ----------
    path : Path
        The file; an older one is replaced.
    blocks : iterable of (flip, angle)
        Flips are 0 or 1, angles in [rad].
    layout : PinkLayout
        Of the neurons.
    comment : bytes
        Lines that start with ``#``, written in front.

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
        _pack(blocks),
        shape=(layout.n_neurons,),
        make_header=lambda n: make_start(comment, [VERSION, KIND, n, *sides]),
    )


def _pack(blocks: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[Shaped[np.ndarray, "image neuron"]]:
    for flip, angle in blocks:
        records = np.empty(angle.shape, RECORD)
        records["flip"], records["angle"] = flip, angle
        yield records
