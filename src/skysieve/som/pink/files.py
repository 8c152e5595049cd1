"""The files of a run of PINK, checked before anything is computed."""

import math
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int

from skysieve.io.pink import PinkLayout, PinkSom, read_pink_images, read_pink_som, write_pink_som
from skysieve.som.initialization import make_directed_neurons, make_random_neurons
from skysieve.som.lattice import Lattice
from skysieve.som.maps import make_pink_layout
from skysieve.som.pink.orders import Order
from skysieve.som.transforms import Geometry, make_geometry

BYTES_AT_ONCE = 1 << 24
"""Images in memory at once."""


def open_images(path: Path) -> Float32[np.ndarray, "image ..."]:
    """Open images, [image, y, x] or [image, channel, y, x], mapped into memory.

    Raises
    ------
    ValueError
        If the file is none of images, or holds none.
    """
    images = read_pink_images(path).images
    if images.ndim == 2:
        raise ValueError(f"{path.name}: holds vectors, not images; give images, or use skysieve.som.SOM")
    if not len(images):
        raise ValueError(f"{path.name}: holds no image; give at least one")
    return images


def choose_geometry(order: Order, images: Float32[np.ndarray, "image ..."]) -> Geometry:
    """Choose the sizes that the order leaves open."""
    try:
        return make_geometry(
            images.shape[-1],
            rotations=order.rotations,
            flip=order.flip,
            shape=order.region,
            neuron_side=order.neuron_side,
            region_side=order.region_side,
        )
    except ValueError as problem:
        flags = "--neuron-dimension and --euclidean-distance-dimension"
        raise ValueError(f"{order.images.name}: {problem} (see {flags})") from None


def check_results(order: Order) -> None:
    """Refuse results that cannot be written, or would replace an input.

    Raises
    ------
    ValueError
        If a result is a folder or a device, its folder is closed to writing, or it is an input or another result.
    """
    results = [order.result, *([order.transforms] if order.transforms else [])]
    for path in results:
        if path.exists() and not path.is_file():
            raise ValueError(f"{path}: not a file; name the file to write")
        folder = next(some for some in path.absolute().parents if some.exists())
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise ValueError(f"{path}: its folder cannot be written to; choose another")
    inputs = [some for some in (order.images, order.som) if some is not None]
    places = [path.resolve() for path in (*results, *inputs)]
    for number, path in enumerate(results):
        if path.resolve() in places[number + 1 :]:
            raise ValueError(f"{path}: named twice, for a result and for another file; name another")


def start_neurons(
    order: Order, images: Float32[np.ndarray, "image ..."], geometry: Geometry
) -> tuple[Float32[np.ndarray, "neuron ..."], bytes]:
    """Return the neurons before training, and the comment in front of the file they come from."""
    shape = (*images.shape[1:-2], geometry.neuron_side, geometry.neuron_side)
    if order.start_file is not None:
        stored = read_neurons(order.start_file, lattice=order.lattice, shape=shape)
        return np.array(stored.neurons, np.float32), stored.comment
    count = order.lattice.n_neurons
    if order.start == "zero":
        return np.zeros((count, *shape), np.float32), b""
    make = make_random_neurons if order.start == "random" else make_directed_neurons
    return make(count, shape, seed=order.seed, compat="pink"), b""


def read_neurons(path: Path, *, lattice: Lattice, shape: tuple[int, ...]) -> PinkSom:
    """Read neurons that stand on a lattice and have a shape.

    Raises
    ------
    ValueError
        If they do not, or hold pixels that are not finite. PINK reads such files without a word.
    """
    stored = read_pink_som(path)
    if _describe(stored.layout) != _describe(make_pink_layout(lattice)):
        raise ValueError(
            f"{path.name}: its lattice is {_describe(stored.layout)}, the command line says "
            f"{_describe(make_pink_layout(lattice))}; pass --som-width, --som-height, --som-depth, --layout of it"
        )
    found = stored.neurons.shape[1:]
    if found != shape:
        raise ValueError(
            f"{path.name}: its neurons measure {_join(found)}, images and command line ask for {_join(shape)}; pass "
            f"--neuron-dimension {found[-1]}, or images with the same channels"
        )
    bad = ~np.isfinite(stored.neurons).all(axis=tuple(range(1, stored.neurons.ndim)))
    if bad.any():
        raise ValueError(f"{path.name}: neuron {bad.argmax()} holds pixels that are not finite; train it again")
    return stored


def _describe(layout: PinkLayout) -> str:
    """Name a lattice so that equal ones have equal names, with or without sides of 1."""
    sides = layout.shape if layout.hexagonal else [side for side in layout.shape if side > 1] or [1]
    return f"{'hexagonal' if layout.hexagonal else 'cartesian'} {_join(sides)}"


def _join(sides: Iterable[int]) -> str:
    return "x".join(map(str, sides))


def store_neurons(path: Path, neurons: Float32[np.ndarray, "neuron ..."], *, lattice: Lattice, comment: bytes) -> None:
    """Write neurons as PINK does: layout 0 for hexagonal ones too, the comment in front."""
    write_pink_som(path, PinkSom(neurons, make_pink_layout(lattice), comment))


def fetch_images(
    images: Float32[np.ndarray, "image ..."], wanted: Int[np.ndarray, " some"], *, name: str
) -> Float32[np.ndarray, "some channel y x"]:
    """Copy some images into memory, with an axis of channels.

    Raises
    ------
    ValueError
        If one holds pixels that are not finite.
    """
    some = np.asarray(images[wanted], np.float32)
    some = some.reshape(len(some), -1, *some.shape[-2:])
    bad = (~np.isfinite(some)).sum(axis=(1, 2, 3))
    if bad.any():
        first = bad.argmax()
        raise ValueError(f"{name}: image {wanted[first]} holds {bad[first]} pixel(s) not finite; fill or drop them")
    return some


def split_images(count: int, images: Float32[np.ndarray, "image ..."], stops: set[int]) -> Iterator[slice]:
    """Cut the numbers from 0 to ``count`` into stretches of images that fit into memory and end at all stops."""
    most = min(2048, max(1, BYTES_AT_ONCE // (4 * math.prod(images.shape[1:]))))
    start = 0
    for stop in sorted({*stops, count} - {0}):
        while start < stop:
            end = min(start + most, stop)
            yield slice(start, end)
            start = end
