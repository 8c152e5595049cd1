"""``--train``: neurons that images are shown to, one after the other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float32, Int

from skysieve.som.image_training import make_workshop, train_online
from skysieve.som.mersenne import shuffle_order
from skysieve.som.neighborhood import measure_influence
from skysieve.som.pink.files import (
    check_results,
    choose_geometry,
    fetch_images,
    open_images,
    split_images,
    start_neurons,
    store_neurons,
)
from skysieve.som.pink.orders import Order, list_stores, list_ticks, name_store
from skysieve.som.pink.rounding import make_tables, show_image
from skysieve.som.transforms import Geometry

Neurons = Float32[np.ndarray, "neuron channel row column"]
Show = Callable[[Neurons, Float32[np.ndarray, "image channel y x"]], tuple[Neurons, Int[np.ndarray, " neuron"]]]
"""Shows images to neurons; returns them with how often each was the best-matching unit."""


def train_file(order: Order, *, progress: Callable[[int, int], None]) -> Int[np.ndarray, " neuron"]:
    """Train neurons as an order says, and write them.

    Parameters
    ----------
    progress
        Told how many of how many images are done.

    Returns
    -------
    Int[np.ndarray, "neuron"]
        How often each neuron was the best-matching unit.

    Raises
    ------
    ValueError
        If files, sizes or pixels are not as they should be. Nothing is written then but what was stored on the way.
    """
    images = open_images(order.images)
    geometry = choose_geometry(order, images)
    check_results(order)
    neurons, comment = start_neurons(order, images, geometry)
    shape, wins = neurons.shape, np.zeros(len(neurons), np.int64)
    total = len(images) * order.passes
    ticks = list_ticks(total, order.prints)
    stores = list_stores(ticks, total) if order.store != "off" else []
    with use_threads(order.threads):
        show = _make_show(order, geometry)
        frames = neurons.reshape(len(neurons), -1, *shape[-2:])
        for done, shown in _take_images(order, images, {*ticks, *stores}):
            frames, counts = show(frames, shown)
            wins += counts
            if done in ticks:
                progress(done, total)
            if done in stores:
                path = name_store(order.result, stores.index(done)) if order.store == "keep" else order.result
                store_neurons(path, frames.reshape(shape), lattice=order.lattice, comment=comment)
    store_neurons(order.result, frames.reshape(shape), lattice=order.lattice, comment=comment)
    return wins


def choose_device(order: Order) -> str:
    """Return where to compute: on a GPU where there is one, unless the order says otherwise."""
    return "cpu" if order.on_cpu or not torch.cuda.is_available() else "cuda"


@contextmanager
def use_threads(threads: int | None) -> Iterator[None]:
    """Let PyTorch use a number of threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _take_images(
    order: Order, images: Float32[np.ndarray, "image ..."], stops: set[int]
) -> Iterator[tuple[int, Float32[np.ndarray, "some channel y x"]]]:
    """Give images in the order of training, with how many there were so far."""
    count = len(images)
    for number in range(order.passes):
        first = number * count
        sequence = shuffle_order(count, seed=order.seed, iteration=number) if order.shuffle else np.arange(count)
        here = {stop - first for stop in stops if first < stop <= first + count}
        for some in split_images(count, images, here):
            yield first + some.stop, fetch_images(images, sequence[some], name=order.images.name)


def _make_show(order: Order, geometry: Geometry) -> Show:
    distances = order.lattice.measure_distances()
    weights = measure_influence(
        distances, order.kind, sigma=order.sigma, rate=order.rate, max_distance=order.max_distance
    )
    device = choose_device(order)
    if order.rounding == "pink" or (order.rounding is None and device == "cpu"):
        return _show_rounded(weights, geometry)
    return _show_exactly(weights, geometry, device)


def _show_rounded(weights: Float32[np.ndarray, "neuron neuron"], geometry: Geometry) -> Show:
    tables = make_tables(geometry)

    def show(neurons: Neurons, images: np.ndarray) -> tuple[Neurons, Int[np.ndarray, " neuron"]]:
        found = [show_image(neurons, image, weights=weights, tables=tables, geometry=geometry) for image in images]
        return neurons, np.bincount(found, minlength=len(neurons))

    return show


def _show_exactly(weights: Float32[np.ndarray, "neuron neuron"], geometry: Geometry, device: str) -> Show:
    workshop = make_workshop(geometry, device=device)

    def show(neurons: Neurons, images: np.ndarray) -> tuple[Neurons, Int[np.ndarray, " neuron"]]:
        moved, bmus = train_online(neurons, images, weights=weights, workshop=workshop)
        return moved, np.bincount(bmus[bmus >= 0], minlength=len(neurons))

    return show
