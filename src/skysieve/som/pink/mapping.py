"""``--map``: how well and how turned every image matches every neuron."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import numpy as np
from jaxtyping import Float32, Int

from skysieve.io.pink import write_pink_map, write_pink_transforms
from skysieve.som.engine import map_batches
from skysieve.som.invariance import Mapping
from skysieve.som.maps import make_pink_layout
from skysieve.som.pink.files import (
    check_results,
    choose_geometry,
    fetch_images,
    open_images,
    read_neurons,
    split_images,
)
from skysieve.som.pink.orders import Order, Rounding, list_ticks
from skysieve.som.pink.rounding import make_tables, map_image
from skysieve.som.pink.training import choose_device, use_threads
from skysieve.som.transforms import Geometry, measure_angles

BATCH = 32
"""Images that are compared together."""


@dataclass(frozen=True)
class _Job:
    """What a mapping reads."""

    name: str
    images: Float32[np.ndarray, "image ..."]
    neurons: Float32[np.ndarray, "neuron channel row column"]
    geometry: Geometry
    device: str
    rounding: Rounding


def map_files(order: Order, *, progress: Callable[[int, int], None]) -> Int[np.ndarray, " neuron"]:
    """Map images onto the neurons of a file as an order says; write distances, and transformations where wanted.

    Parameters
    ----------
    progress
        Told how many of how many images are done.

    Returns
    -------
    Int[np.ndarray, "neuron"]
        How often each neuron is the best-matching unit.

    Raises
    ------
    ValueError
        If files, sizes or pixels are not as they should be. Nothing is written then.
    """
    if order.som is None:
        raise ValueError("som: a mapping needs the file of trained neurons")
    images = open_images(order.images)
    geometry = choose_geometry(order, images)
    shape = (*images.shape[1:-2], geometry.neuron_side, geometry.neuron_side)
    neurons = np.asarray(read_neurons(order.som, lattice=order.lattice, shape=shape).neurons)
    check_results(order)
    frames = neurons.reshape(len(neurons), -1, *shape[-2:])
    job = _Job(order.images.name, images, frames, geometry, choose_device(order), order.rounding or "exact")
    layout, wins = make_pink_layout(order.lattice), np.zeros(len(neurons), np.int64)
    with use_threads(order.threads), _open_spool(order.transforms) as spool:
        blocks = _map_blocks(job, set(list_ticks(len(images), order.prints)), progress)
        write_pink_map(order.result, _note(blocks, wins, spool), layout=layout)
        if order.transforms is not None and spool is not None:
            spool.seek(0)
            write_pink_transforms(order.transforms, _read_turns(spool, len(neurons), geometry), layout=layout)
    return wins


@contextmanager
def _open_spool(transforms: Path | None) -> Iterator[IO[bytes] | None]:
    """Open a file without a name beside the transformations, where orientations wait while distances are written."""
    if transforms is None:
        yield None
        return
    transforms.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=transforms.parent) as spool:
        yield spool


def _map_blocks(job: _Job, ticks: set[int], progress: Callable[[int, int], None]) -> Iterator[Mapping]:
    total, done = len(job.images), 0
    for found in _map_rounded(job) if job.rounding == "pink" else _map_exactly(job):
        yield found
        for passed in range(done + 1, done + len(found.distance) + 1):
            if passed in ticks:
                progress(passed, total)
        done += len(found.distance)


def _map_exactly(job: _Job) -> Iterator[Mapping]:
    yield from map_batches(_read_batches(job), job.neurons, geometry=job.geometry, device=job.device)


def _map_rounded(job: _Job) -> Iterator[Mapping]:
    tables = make_tables(job.geometry)
    for images in _read_batches(job):
        yield from (map_image(job.neurons, image, tables=tables, geometry=job.geometry) for image in images)


def _read_batches(job: _Job) -> Iterator[Float32[np.ndarray, "some channel y x"]]:
    for some in split_images(len(job.images), job.images, set()):
        fetched = fetch_images(job.images, np.arange(some.start, some.stop), name=job.name)
        yield from (fetched[start : start + BATCH] for start in range(0, len(fetched), BATCH))


def _note(
    blocks: Iterator[Mapping], wins: Int[np.ndarray, " neuron"], spool: IO[bytes] | None
) -> Iterator[Float32[np.ndarray, "image neuron"]]:
    """Pass the distances on; count the best-matching units and put the orientations aside."""
    for found in blocks:
        wins += np.bincount(found.bmu, minlength=len(wins))
        if spool is not None:
            spool.write(found.orientation.astype(np.int32).tobytes())
        yield found.distance


def _read_turns(
    spool: IO[bytes], n_neurons: int, geometry: Geometry
) -> Iterator[tuple[np.ndarray, Float32[np.ndarray, "image neuron"]]]:
    """Read flips and angles back."""
    while block := spool.read(4 * n_neurons * 4096):
        orientation = np.frombuffer(block, np.int32).reshape(-1, n_neurons)
        yield (orientation >= geometry.rotations).astype(np.int8), measure_angles(orientation, geometry)
