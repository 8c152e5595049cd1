"""Training of maps of images, invariant to rotation and flip: one image after the other, or all at once."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from skysieve.som.drawing import Canvas, draw_rotated, make_canvas
from skysieve.som.engine import Matches, check_sizes, match_folded
from skysieve.som.interpolation import Plan, make_plan
from skysieve.som.products import FoldedImages, fold_images, fold_neurons
from skysieve.som.regions import make_region
from skysieve.som.rescoring import find_group
from skysieve.som.transforms import Geometry

NEURONS_AT_ONCE = 8
"""Neurons whose sums of images are in memory at once."""


@dataclass(frozen=True)
class Workshop:
    """Tables that training uses: of distances, of the region and of the whole frame."""

    plan: Plan
    region: Canvas
    frame: Canvas
    threads: int


def make_workshop(geometry: Geometry, *, device: str = "cpu", threads: int = 1) -> Workshop:
    """Tabulate a geometry for training; 150 pixels and 360 rotations take 300 MB.

    Parameters
    ----------
    threads
        Threads that compare and sum whole parts; more than one asks for `torch.set_num_threads(1)`. The result is the
        same for any number.
    """
    where = torch.device(device)
    region = np.flatnonzero(make_region(geometry))
    return Workshop(
        make_plan(geometry, device=where),
        make_canvas(region, geometry, device=where),
        make_canvas(np.arange(geometry.neuron_side**2), geometry, device=where),
        threads,
    )


def train_online(
    neurons: Float[np.ndarray, "neuron neuron_channel row column"],
    images: Float[np.ndarray, "image channel y x"],
    *,
    weights: Float[np.ndarray, "neuron neuron"],
    workshop: Workshop,
    batch: int = 16,
) -> Float[np.ndarray, "neuron neuron_channel row column"]:
    """Show images to the neurons in their order; every image moves all neurons that its best one has a weight for.

    Parameters
    ----------
    images
        Some thousands at a time are fast: what lies outside the region of distances is drawn once, at the end.
    weights
        Row b holds how far each neuron moves toward an image that matches neuron b best, from 0 to 1.
    workshop
        From `make_workshop`.
    batch
        Images that are rotated together.

    Returns
    -------
    Float[np.ndarray, "neuron neuron_channel row column"]
        The same as `invariance.train_directly`; the neurons as they are for no images.

    Raises
    ------
    ValueError
        If sizes or channels do not fit, or an image holds pixels that are not finite.
    """
    check_sizes(images, neurons, workshop.plan.geometry)
    device, region = workshop.plan.device, workshop.region
    frames = torch.from_numpy(neurons.astype(np.float32)).to(device)
    table = torch.from_numpy(weights.astype(np.float32)).to(device)
    shown = torch.from_numpy(images.astype(np.float32)).to(device)
    moved, orientation, weight = _move_region(frames.flatten(2)[:, :, region.pixels], shown, table, workshop, batch)
    if not len(images):
        return neurons.astype(np.float32)
    kept = (1 - weight.double()).flip(0).cumprod(dim=0).flip(0)
    share = weight * torch.cat([kept[1:], torch.ones_like(kept[:1])])
    frames *= kept[0, :, None, None, None].float()
    frames += _sum_oriented(shown, orientation, share.float(), workshop)
    frames.flatten(2)[:, :, region.pixels] = moved
    return frames.cpu().numpy()


def _move_region(
    values: torch.Tensor, images: torch.Tensor, table: torch.Tensor, workshop: Workshop, batch: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Train the neurons' pixels in the region; also the orientation and the weight of each image for each neuron."""
    orientations, weights = [], []
    for shown in torch.split(images, batch) if len(images) else ():
        for image, folded in zip(torch.split(shown, 1), _fold_each(shown, workshop.plan), strict=True):
            basis = fold_neurons(values, workshop.plan)
            found = match_folded(image, values, [folded], plan=workshop.plan, canvas=workshop.region, basis=basis)
            orientations.append(found.orientation[0])
            weights.append(table[found.square[0].argmin()])
            drawn = _draw_in_region(image, orientations[-1], workshop)
            values = values - (values - drawn).mul_(weights[-1][:, None, None])
    empty = values.new_zeros((0, len(values)))
    return (
        values,
        torch.stack(orientations) if orientations else empty.long(),
        torch.stack(weights) if weights else empty,
    )


def _fold_each(images: torch.Tensor, plan: Plan) -> Iterator[FoldedImages]:
    """Fold images together, and give the coefficients of one after the other."""
    blocks = [fold_images(images, block, plan) for block in plan.blocks]
    cores = torch.cat([_separate(block.core, len(images)) for block in blocks], dim=3)
    edges = torch.cat([_separate(block.border, len(images)) for block in blocks], dim=3)
    yield from map(FoldedImages, cores.unbind(0), edges.unbind(0))


def _separate(columns: torch.Tensor, images: int) -> Float[torch.Tensor, "image 8 row step"]:
    rows, steps = columns.shape[1], columns.shape[2] // images
    return columns.view(8, rows, steps, images).permute(3, 0, 1, 2)


def _draw_in_region(
    image: torch.Tensor, orientation: Int[torch.Tensor, " neuron"], workshop: Workshop
) -> Float[torch.Tensor, "neuron channel pixel"]:
    """Draw one image in the orientation of each neuron, in the region of distances."""
    geometry, canvas = workshop.plan.geometry, workshop.region
    steps, picture = torch.unique(orientation % geometry.steps, return_inverse=True)
    rotated = draw_rotated(image.flatten(2).expand(len(steps), -1, -1), steps, canvas=canvas)
    seen = canvas.seen[find_group(orientation, geometry)][:, None].expand(-1, image.shape[1], -1)
    return rotated[picture].gather(2, seen)


def train_batch(
    neurons: Float[np.ndarray, "neuron neuron_channel row column"],
    batches: Iterable[Float[np.ndarray, "_ channel y x"]],
    *,
    weights: Float[np.ndarray, "neuron neuron"],
    workshop: Workshop,
    at_once: int = 32,
) -> Float[np.ndarray, "neuron neuron_channel row column"]:
    """Show all images to the same neurons, then replace each neuron by its weighted mean of oriented images.

    Parameters
    ----------
    batches
        Images; a few thousand in each batch are fast, one batch is in memory at a time.
    weights
        Row b holds the weight of an image that matches neuron b best in the mean of each neuron, 0 or more.
    at_once
        Images that are compared together.

    Returns
    -------
    Float[np.ndarray, "neuron neuron_channel row column"]
        sum(w X) / sum(w), X each image in the neuron's own best orientation; a neuron whose weights sum to 0 stays.

    Raises
    ------
    ValueError
        If a weight is negative, sizes or channels do not fit, or an image holds pixels that are not finite.
    """
    if (weights < 0).any():
        raise ValueError("weights: some are negative, of which no mean can be made; train online or choose a gaussian")
    device = workshop.plan.device
    still = torch.from_numpy(neurons.astype(np.float32)).to(device)
    table = torch.from_numpy(weights.astype(np.float32)).to(device)
    sums, shares = torch.zeros_like(still), still.new_zeros(len(still))
    for images in batches:
        check_sizes(images, neurons, workshop.plan.geometry)
        shown = torch.from_numpy(images.astype(np.float32)).to(device)
        bmu, orientation = _match_all(shown, still, workshop, at_once)
        sums += _sum_oriented(shown, orientation, table[bmu], workshop)
        shares += table[bmu].sum(dim=0)
    known = shares[:, None, None, None]
    return torch.where(known > 0, sums / known.clamp(min=torch.finfo(sums.dtype).tiny), still).cpu().numpy()


def _match_all(
    images: torch.Tensor, neurons: torch.Tensor, workshop: Workshop, at_once: int
) -> tuple[Int[torch.Tensor, " image"], Int[torch.Tensor, "image neuron"]]:
    """Find best-matching units, and the best orientation for every neuron."""
    plan, values = workshop.plan, neurons.flatten(2)[:, :, workshop.region.pixels]
    basis = fold_neurons(values, plan)

    def match(part: torch.Tensor) -> Matches:
        folded = (fold_images(part, block, plan) for block in plan.blocks)
        return match_folded(part, values, folded, plan=plan, canvas=workshop.region, basis=basis)

    with ThreadPoolExecutor(workshop.threads) as pool:
        found = list(pool.map(match, torch.split(images, at_once) if len(images) else ()))
    empty = torch.zeros((0, len(neurons)), dtype=torch.long, device=images.device)
    bmu = torch.cat([empty[:, 0], *(one.square.argmin(dim=1) for one in found)])
    return bmu, torch.cat([empty, *(one.orientation for one in found)])


def _sum_oriented(
    images: torch.Tensor, orientation: torch.Tensor, weight: torch.Tensor, workshop: Workshop
) -> Float[torch.Tensor, "neuron channel row column"]:
    """Sum weighted images in the orientations of each neuron.

    Notes
    -----
    Drawing is linear, so the images of one orientation are summed before they are drawn.
    """
    side = workshop.plan.geometry.neuron_side
    channels = [channel.flatten(1).contiguous() for channel in images.unbind(1)]

    def add(some: torch.Tensor) -> torch.Tensor:
        sums = [_sum_some(channel, orientation[:, some], weight[:, some], workshop) for channel in channels]
        return torch.stack(sums, dim=1)

    with ThreadPoolExecutor(workshop.threads) as pool:
        groups = torch.split(torch.arange(weight.shape[1], device=weight.device), NEURONS_AT_ONCE)
        return torch.cat(list(pool.map(add, groups))).view(weight.shape[1], images.shape[1], side, side)


def _sum_some(
    images: torch.Tensor, orientation: torch.Tensor, weight: torch.Tensor, workshop: Workshop
) -> Float[torch.Tensor, "neuron pixel"]:
    """Sum one channel of weighted images for a few neurons: by orientation, then drawn."""
    geometry, frame, count = workshop.plan.geometry, workshop.frame, orientation.shape[1]
    neuron = torch.arange(count, device=images.device)
    bag = ((orientation % geometry.steps) * count + neuron) * 8 + find_group(orientation, geometry)
    order = bag.flatten().argsort(stable=True)
    sizes = torch.bincount(bag.flatten(), minlength=geometry.steps * count * 8)
    offsets = sizes.cumsum(0) - sizes
    summed = torch.nn.functional.embedding_bag(
        order // count, images, offsets, mode="sum", per_sample_weights=weight.flatten()[order]
    ).view(geometry.steps, count * 8, -1)
    total = images.new_zeros((geometry.neuron_side**2, count * 8))
    for index, share, source in zip(frame.index, frame.weight, summed, strict=True):
        total += torch.nn.functional.embedding_bag(
            index.T.contiguous(), source.T.contiguous(), mode="sum", per_sample_weights=share.T.contiguous()
        )
    drawn = total.T.reshape(count, 8, -1)
    return drawn.gather(2, frame.seen.expand(count, -1, -1)).sum(dim=1)
