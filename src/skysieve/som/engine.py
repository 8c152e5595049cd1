"""Mapping images onto neurons, invariant to rotation and flip: fast, and with the answers of the definition.

float32 matrix products find for each image and neuron the orientations that may be nearest. Wherever rounding could
change the answer (several orientations or neurons within the rounding error, or a distance small against the norms)
the candidates are measured again in the direct form. Images with bad pixels take a way of their own, a few times
slower.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from skysieve.som.candidates import Matches, match_folded
from skysieve.som.drawing import Canvas, make_canvas
from skysieve.som.interpolation import Plan, make_plan
from skysieve.som.invariance import Mapping
from skysieve.som.masked import match_masked
from skysieve.som.products import FoldedNeurons, fold_images, fold_neurons
from skysieve.som.regions import make_region
from skysieve.som.transforms import Geometry


@dataclass(frozen=True)
class Models:
    """Neurons to compare images with: their pixels in the region, and their coefficients."""

    values: Float[torch.Tensor, "neuron channel pixel"]
    basis: FoldedNeurons


def make_models(values: Float[torch.Tensor, "neuron channel pixel"], plan: Plan) -> Models:
    """Fold neurons."""
    return Models(values, fold_neurons(values, plan))


def match_images(
    images: Float[torch.Tensor, "image channel y x"], models: Models, *, plan: Plan, canvas: Canvas
) -> Matches:
    """Find the best orientations of images, NaN where a pixel is bad; distances of one without good pixels are NaN."""
    bad = images.isnan().flatten(1).any(dim=1)
    if not bad.any():
        folded = (fold_images(images, block, plan) for block in plan.blocks)
        return match_folded(images, models.values, folded, plan=plan, canvas=canvas, basis=models.basis)
    masked = match_masked(images[bad], models.values, plan=plan, canvas=canvas)
    if bad.all():
        return masked
    clean = match_images(images[~bad], models, plan=plan, canvas=canvas)
    square = clean.square.new_empty((len(images), clean.square.shape[1]))
    orientation = torch.empty_like(square, dtype=torch.long)
    square[bad], square[~bad] = masked.square, clean.square
    orientation[bad], orientation[~bad] = masked.orientation, clean.orientation
    return Matches(square, orientation)


def map_batches(
    batches: Iterable[Float[np.ndarray, "_ channel y x"]],
    neurons: Float[np.ndarray, "neuron neuron_channel row column"],
    *,
    geometry: Geometry,
    device: str = "cpu",
    threads: int = 1,
) -> Iterator[Mapping]:
    """Map batch after batch of images onto neurons, holding one at a time.

    Parameters
    ----------
    batches
        Any number of images each; 32 are fast. NaN where a pixel is bad, which makes an image some times slower.
    neurons
        Square frames of side geometry.neuron_side, with as many channels as the images.
    device
        "cpu", "cuda" or any other device of PyTorch.
    threads
        Batches that are compared at once, on tables they share; more than one asks for `torch.set_num_threads(1)`.

    Yields
    ------
    Mapping
        Distances and orientations of each batch; distances of an image without any good pixel are NaN.

    Raises
    ------
    ValueError
        If sizes or channels do not fit, or an image holds infinite pixels.
    """
    plan = make_plan(geometry, device=torch.device(device))
    canvas = make_canvas(np.flatnonzero(make_region(geometry)), geometry, device=plan.device)
    check_sizes(np.zeros((0, neurons.shape[1], geometry.image_side, geometry.image_side)), neurons, geometry)
    known = torch.from_numpy(neurons[:, :, make_region(geometry)].astype(np.float32)).to(plan.device)
    models = make_models(known, plan)

    def map_one(batch: np.ndarray) -> Mapping:
        check_sizes(batch, neurons, geometry)
        if not len(batch):
            return Mapping(np.zeros((0, len(neurons)), np.float32), np.zeros((0, len(neurons)), np.int64))
        images = torch.from_numpy(batch.astype(np.float32)).to(plan.device)
        check_pixels(images)
        found = match_images(images, models, plan=plan, canvas=canvas)
        return Mapping(found.square.sqrt().cpu().numpy(), found.orientation.cpu().numpy())

    if threads == 1:
        yield from map(map_one, batches)
        return
    with ThreadPoolExecutor(threads) as pool:
        under_way: deque[Future[Mapping]] = deque()
        for batch in batches:
            under_way.append(pool.submit(map_one, batch))
            if len(under_way) > threads:
                yield under_way.popleft().result()
        yield from (one.result() for one in under_way)


def map_images(
    images: Float[np.ndarray, "image channel y x"],
    neurons: Float[np.ndarray, "neuron neuron_channel row column"],
    *,
    geometry: Geometry,
    device: str = "cpu",
    batch: int | None = None,
    threads: int = 1,
) -> Mapping:
    """Map images onto neurons: `map_batches` for images at hand.

    Parameters
    ----------
    batch
        Images compared together; by default 32, which fit into a processor's cache, and 256 on other devices.

    Returns
    -------
    Mapping
        Of all images; empty for no images.
    """
    size = batch or (32 if device == "cpu" else 256)
    parts = (images[start : start + size] for start in range(0, max(len(images), 1), size))
    found = list(map_batches(parts, neurons, geometry=geometry, device=device, threads=threads))
    return Mapping(
        np.concatenate([part.distance for part in found]), np.concatenate([part.orientation for part in found])
    )


def check_sizes(
    images: Float[np.ndarray, "image channel y x"],
    neurons: Float[np.ndarray, "neuron neuron_channel row column"],
    geometry: Geometry,
) -> None:
    """Refuse images and neurons that a geometry cannot compare.

    Raises
    ------
    ValueError
        If sizes or channels do not fit.
    """
    for name, array, side in (("images", images, geometry.image_side), ("neurons", neurons, geometry.neuron_side)):
        if array.shape[2:] != (side, side):
            found = "x".join(map(str, array.shape[2:]))
            raise ValueError(
                f"{name} of {found} pixels where {side}x{side} are wanted; cut them or change the geometry"
            )
    if images.shape[1] != neurons.shape[1]:
        raise ValueError(
            f"{images.shape[1]} channels in the images and {neurons.shape[1]} in the neurons; give as many"
        )


def check_pixels(images: Float[torch.Tensor, "image channel y x"]) -> None:
    """Refuse infinite pixels.

    Raises
    ------
    ValueError
        If there are any.
    """
    bad = images.isinf()
    if bad.any():
        count = bad.flatten(1).sum(dim=1)
        first = int((count > 0).int().argmax())
        raise ValueError(f"image {first} of the batch holds {count[first]} infinite pixel(s); make them NaN or drop it")
