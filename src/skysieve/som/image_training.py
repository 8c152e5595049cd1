"""Training of maps of images, invariant to rotation and flip: one image after the other, or all at once."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np
import torch
from jaxtyping import Float, Int

from skysieve.som.candidates import Matches
from skysieve.som.drawing import Canvas, draw_oriented, make_canvas
from skysieve.som.engine import check_pixels, check_sizes, make_models, match_images
from skysieve.som.image_showing import show_region
from skysieve.som.interpolation import Plan, make_plan
from skysieve.som.regions import make_region
from skysieve.som.summing import Frame, make_frame, sum_oriented
from skysieve.som.transforms import Geometry

NEGLIGIBLE = 1e-30
"""Weights below this move nothing in float32, but products with them are slow."""

FEW = 48
"""So many images in a row are as fast to draw one by one as summed first."""


@dataclass(frozen=True)
class Workshop:
    """Tables that training uses: of distances, of the region and of the whole frame."""

    plan: Plan
    region: Canvas
    frame: Frame
    threads: int

    @cached_property
    def canvas(self) -> Canvas:
        """Table that draws the whole frame of few images; made when it is asked for."""
        pixels = np.arange(self.plan.geometry.neuron_side**2)
        return make_canvas(pixels, self.plan.geometry, device=self.plan.device)


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
        make_frame(geometry, device=where),
        threads,
    )


def train_online(
    neurons: Float[np.ndarray, "neuron neuron_channel row column"],
    images: Float[np.ndarray, "image channel y x"],
    *,
    weights: Float[np.ndarray, "neuron neuron"],
    workshop: Workshop,
    batch: int = 16,
    counts: Float[np.ndarray, " image"] | None = None,
) -> tuple[Float[np.ndarray, "neuron neuron_channel row column"], Int[np.ndarray, " image"]]:
    """Show images to the neurons in their order; every image moves all neurons that its best one has a weight for.

    Parameters
    ----------
    images
        NaN where a pixel is bad; bad pixels move nothing. Some thousands at a time are fast: the neurons are drawn anew
        once, at the end.
    weights
        Row b holds how far each neuron moves toward an image that matches neuron b best, from 0 to 1.
    workshop
        From `make_workshop`.
    batch
        Images that are rotated together.
    counts
        How often each image counts, 0 or more, not only whole numbers: it moves a neuron 1 - (1 - w)^count of the way,
        as far as if it were shown so many times in a row. By default every image once.

    Returns
    -------
    neurons
        Those of `invariance.train_directly`; as they are for no images.
    bmus
        The best-matching unit of each image when it was shown, -1 for one without any good pixel.

    Raises
    ------
    ValueError
        If sizes or channels do not fit, or an image holds infinite pixels.
    """
    check_sizes(images, neurons, workshop.plan.geometry)
    device = workshop.plan.device
    frames = torch.from_numpy(neurons.astype(np.float32)).to(device)
    table = torch.from_numpy(np.where(np.abs(weights) < NEGLIGIBLE, 0, weights).astype(np.float32)).to(device)
    shown = torch.from_numpy(images.astype(np.float32)).to(device)
    check_pixels(shown)
    if not len(images):
        return frames.cpu().numpy(), np.zeros(0, np.int64)
    trace = show_region(
        frames.flatten(2)[:, :, workshop.region.pixels], shown, table,
        counts=[1.0] * len(images) if counts is None else counts.tolist(),
        plan=workshop.plan, canvas=workshop.region, batch=batch, threads=workshop.threads,
    )  # fmt: skip
    moved = _move_frames(frames, shown, trace.orientation, trace.weight, workshop)
    return moved.cpu().numpy(), trace.bmu.cpu().numpy()


def _move_frames(
    frames: torch.Tensor, images: torch.Tensor, orientation: torch.Tensor, weight: torch.Tensor, workshop: Workshop
) -> Float[torch.Tensor, "neuron channel row column"]:
    """Move whole neurons: by sums over many clean images in a row, and toward others one by one."""
    clean = (~images.isnan().flatten(1).any(dim=1)).tolist()
    start = 0
    for same, run in groupby(clean):
        stop = start + len(list(run))
        some = slice(start, stop)
        if same and stop - start >= FEW:
            frames = _move_together(frames, images[some], orientation[some], weight[some], workshop)
        else:
            for one in range(start, stop):
                frames = _move_once(frames, images[one], orientation[one], weight[one], workshop)
        start = stop
    return frames


def _move_together(
    frames: torch.Tensor, images: torch.Tensor, orientation: torch.Tensor, weight: torch.Tensor, workshop: Workshop
) -> torch.Tensor:
    kept = (1 - weight.double()).flip(0).cumprod(dim=0).flip(0)
    share = weight * torch.cat([kept[1:], torch.ones_like(kept[:1])])
    return frames * kept[0, :, None, None, None].float() + _sum(images, orientation, share.float(), workshop)


def _move_once(
    frames: torch.Tensor, image: torch.Tensor, orientation: torch.Tensor, weight: torch.Tensor, workshop: Workshop
) -> torch.Tensor:
    drawn = draw_oriented(image, orientation, canvas=workshop.canvas, geometry=workshop.plan.geometry)
    drawn = drawn.view(frames.shape)
    return frames.lerp_(torch.where(drawn.isnan(), frames, drawn), weight[:, None, None, None])


def train_batch(
    neurons: Float[np.ndarray, "neuron neuron_channel row column"],
    batches: Iterable[Float[np.ndarray, "_ channel y x"]],
    *,
    weights: Float[np.ndarray, "neuron neuron"],
    workshop: Workshop,
    counts: Iterable[Float[np.ndarray, " _"]] | None = None,
    at_once: int = 32,
) -> Float[np.ndarray, "neuron neuron_channel row column"]:
    """Show all images to the same neurons, then replace each neuron by its weighted mean of oriented images.

    Parameters
    ----------
    batches
        Images, NaN where a pixel is bad; a few thousand in each batch are fast, one batch is in memory at a time.
    weights
        Row b holds the weight of an image that matches neuron b best in the mean of each neuron, 0 or more.
    counts
        How often each image of each batch counts, 0 or more; by default every image once.
    at_once
        Images that are compared together.

    Returns
    -------
    Float[np.ndarray, "neuron neuron_channel row column"]
        sum(w X) / sum(w) over the good pixels, X each image in the neuron's own best orientation; a neuron, or a pixel,
        whose weights sum to 0 stays.

    Raises
    ------
    ValueError
        If a weight is negative, sizes or channels do not fit, or an image holds infinite pixels.
    """
    if (weights < 0).any():
        raise ValueError("weights: some are negative, of which no mean can be made; train online or choose a gaussian")
    device = workshop.plan.device
    still = torch.from_numpy(neurons.astype(np.float32)).to(device)
    table = torch.from_numpy(weights.astype(np.float32)).to(device)
    sums, shares = torch.zeros_like(still), torch.zeros_like(still)
    for images, times in ((one, None) for one in batches) if counts is None else zip(batches, counts, strict=True):
        check_sizes(images, neurons, workshop.plan.geometry)
        shown = torch.from_numpy(images.astype(np.float32)).to(device)
        check_pixels(shown)
        bmu, orientation = _match_all(shown, still, workshop, at_once)
        known = (bmu >= 0).to(table)
        weight = table[bmu] * (known if times is None else known * torch.from_numpy(times).to(table))[:, None]
        _add(sums, shares, shown, orientation=orientation, weight=weight, workshop=workshop)
    return torch.where(shares > 0, sums / shares.clamp(min=torch.finfo(sums.dtype).tiny), still).cpu().numpy()


def _match_all(
    images: torch.Tensor, neurons: torch.Tensor, workshop: Workshop, at_once: int
) -> tuple[Int[torch.Tensor, " image"], Int[torch.Tensor, "image neuron"]]:
    """Find best-matching units, -1 without any good pixel, and the best orientation for every neuron."""
    models = make_models(neurons.flatten(2)[:, :, workshop.region.pixels], workshop.plan)

    def match(part: torch.Tensor) -> Matches:
        return match_images(part, models, plan=workshop.plan, canvas=workshop.region)

    with ThreadPoolExecutor(workshop.threads) as pool:
        found = list(pool.map(match, torch.split(images, at_once) if len(images) else ()))
    empty = torch.zeros((0, len(neurons)), dtype=torch.long, device=images.device)
    unknown = [torch.where(one.square.isnan().any(dim=1), -1, one.square.argmin(dim=1)) for one in found]
    return torch.cat([empty[:, 0], *unknown]), torch.cat([empty, *(one.orientation for one in found)])


def _add(
    sums: torch.Tensor, shares: torch.Tensor, images: torch.Tensor, *,
    orientation: torch.Tensor, weight: torch.Tensor, workshop: Workshop,
) -> None:  # fmt: skip
    """Add weighted images to the sums of each neuron, and the weights of what is good to its shares."""
    clean = ~images.isnan().flatten(1).any(dim=1)
    sums += _sum(images[clean], orientation[clean], weight[clean], workshop)
    shares += weight[clean].sum(dim=0)[:, None, None, None]
    for image, turns, share in zip(images[~clean], orientation[~clean], weight[~clean], strict=True):
        drawn = draw_oriented(image, turns, canvas=workshop.canvas, geometry=workshop.plan.geometry).view(sums.shape)
        good, part = ~drawn.isnan(), share[:, None, None, None]
        sums += drawn.nan_to_num_(nan=0.0).mul_(part)
        shares += good * part


def _sum(
    images: torch.Tensor, orientation: torch.Tensor, weight: torch.Tensor, workshop: Workshop
) -> Float[torch.Tensor, "neuron channel row column"]:
    return sum_oriented(
        images, orientation, weight, frame=workshop.frame, geometry=workshop.plan.geometry, threads=workshop.threads
    )
