"""Self-organizing maps in PINK's format."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from skysieve.io.atomic import write_whole
from skysieve.io.pink.arrays import map_array
from skysieve.io.pink.headers import VERSION, check_kind, make_start, read_start, take_axes, take_number
from skysieve.io.pink.layouts import PinkLayout, resolve_layout, take_layout

KIND = 1


@dataclass(frozen=True, eq=False)
class PinkSom:
    """Neurons of a map with their layout.

    ``neurons`` is [neuron, y, x], [neuron, channel, y, x] or [neuron, feature], in PINK's order: neuron i of a map
    (width, height) stands at (i // height, i % height), those of a map (width, height, depth) come as
    [depth][width][height], hexagonal maps go row by row. ``comment`` is the text in front of the header, usually empty.
    """

    neurons: Float32[np.ndarray, "neuron ..."]
    layout: PinkLayout
    comment: bytes = b""


def read_pink_som(path: Path) -> PinkSom:
    """Open a SOM file of PINK 2, its neurons mapped into memory.

    Raises
    ------
    ValueError
        If the header is another, or the file is shorter or longer than the header says. The files without their first
        four bytes that work around PINK's reading of channels are refused too.
    """
    comment, numbers = read_start(path)
    fields = check_kind(path, numbers, KIND)
    take_number(path, fields, "data type", range(1))
    stated = take_layout(path, fields)
    take_number(path, fields, "layout of the neurons", range(1))
    shape = take_axes(path, fields, "neuron")
    start = len(comment) + 4 * (7 + len(stated[1]) + len(shape))
    layout = resolve_layout(path, stated, data_bytes=path.stat().st_size - start, neuron_bytes=4 * math.prod(shape))
    return PinkSom(map_array(path, "<f4", start=start, shape=(layout.n_neurons, *shape)), layout, comment)


def write_pink_som(path: Path, som: PinkSom) -> None:
    """Write a SOM in the format of PINK 2, whole or not at all.

    Raises
    ------
    ValueError
        If the number of neurons is not that of the layout.
    """
    n_neurons, *shape = som.neurons.shape
    if n_neurons != som.layout.n_neurons:
        raise ValueError(f"{path.name}: {n_neurons} neurons; the layout wants {som.layout.n_neurons}")
    layout = [som.layout.code, len(som.layout.shape), *som.layout.shape]
    start = make_start(som.comment, [VERSION, KIND, 0, *layout, 0, len(shape), *shape])
    with write_whole(path) as temporary, temporary.open("wb") as file:
        file.write(start)
        file.write(np.ascontiguousarray(som.neurons, "<f4").data)
