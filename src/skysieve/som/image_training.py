"""Training of maps of images, invariant to rotation and flip: one image after the other, or all at once."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np
import torch
from jaxtyping import Float, Int

from skysieve.som.candidates import Matches, match_scored
from skysieve.som.drawing import Canvas, draw_oriented, make_canvas
from skysieve.som.engine import check_pixels, check_sizes, make_models, match_images
from skysieve.som.interpolation import Plan, make_plan
from skysieve.som.masked import match_masked
from skysieve.som.moving import (
    Bench,
    Movers,
    Shown,
    draw_movers,
    fold_movers,
    fold_shown,
    make_bench,
    move,
    score_shown,
)
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
) -> Float[np.ndarray, "neuron neuron_channel row column"]:
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

    Returns
    -------
    Float[np.ndarray, "neuron neuron_channel row column"]
        The same as `invariance.train_directly`; the neurons as they are for no images.

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
        return frames.cpu().numpy()
    orientation, weight = _move_region(frames.flatten(2)[:, :, workshop.region.pixels], shown, table, workshop, batch)
    return _move_frames(frames, shown, orientation, weight, workshop).cpu().numpy()


def _move_region(
    values: torch.Tensor, images: torch.Tensor, table: torch.Tensor, workshop: Workshop, batch: int
) -> tuple[Int[torch.Tensor, "image neuron"], Float[torch.Tensor, "image neuron"]]:
    """Train the neurons in the region of distances; the orientation and the weight of each image for each neuron."""
    bench = make_bench(workshop.plan, images.shape[1])
    movers = fold_movers(values, bench)
    found = [
        _show_image(image, shown, table, movers, workshop=workshop, bench=bench)
        for image, shown in _fold_ahead(images, bench, batch, workshop.threads)
    ]
    return torch.stack([one[0] for one in found]), torch.stack([one[1] for one in found])


def _show_image(
    image: torch.Tensor, shown: Shown, table: torch.Tensor, movers: Movers, *, workshop: Workshop, bench: Bench
) -> tuple[torch.Tensor, torch.Tensor]:
    """Move the neurons toward one image; its orientation and weight for each."""
    plan = workshop.plan
    if image.isnan().any():
        return _show_masked(image, table, movers, workshop=workshop, bench=bench)
    found = match_scored(
        image[None], lambda asked: draw_movers(movers, asked, bench), [score_shown(shown, movers, plan)],
        plan=plan, canvas=workshop.region, norm=movers.measure_norm(),
    )  # fmt: skip
    orientation, weight = found.orientation[0], table[found.square[0].argmin()]
    move(movers, shown, orientation, weight=weight, plan=plan)
    return orientation, weight


def _show_masked(
    image: torch.Tensor, table: torch.Tensor, movers: Movers, *, workshop: Workshop, bench: Bench
) -> tuple[torch.Tensor, torch.Tensor]:
    """Move the neurons toward the good pixels of an image."""
    plan, canvas = workshop.plan, workshop.region
    values = draw_movers(movers, torch.arange(len(movers.single), device=image.device), bench)
    found = match_masked(image[None], values, plan=plan, canvas=canvas)
    orientation = found.orientation[0]
    if found.square.isnan().any():
        return orientation, torch.zeros_like(table[0])
    weight = table[found.square[0].argmin()]
    drawn = draw_oriented(image, orientation, canvas=canvas, geometry=plan.geometry)
    moved = fold_movers(values.lerp(torch.where(drawn.isnan(), values, drawn), weight[:, None, None]), bench)
    for old, new in ((movers.single, moved.single), (movers.pair, moved.pair), (movers.border, moved.border)):
        old.copy_(new)
    return orientation, weight


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


def _fold_ahead(images: torch.Tensor, bench: Bench, batch: int, threads: int) -> Iterator[tuple[torch.Tensor, Shown]]:
    """Give images with their coefficients; with two threads or more, those of the next batch are made meanwhile."""
    parts = torch.split(images, batch)
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(fold_shown, parts[0], bench) if threads > 1 else None
        for place, part in enumerate(parts):
            shown = following.result() if following else fold_shown(part, bench)
            ahead = following and place + 1 < len(parts)
            following = pool.submit(fold_shown, parts[place + 1], bench) if ahead else None
            yield from zip(part, shown, strict=True)


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
        Images, NaN where a pixel is bad; a few thousand in each batch are fast, one batch is in memory at a time.
    weights
        Row b holds the weight of an image that matches neuron b best in the mean of each neuron, 0 or more.
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
    for images in batches:
        check_sizes(images, neurons, workshop.plan.geometry)
        shown = torch.from_numpy(images.astype(np.float32)).to(device)
        check_pixels(shown)
        bmu, orientation = _match_all(shown, still, workshop, at_once)
        weight = table[bmu] * (bmu >= 0)[:, None]
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
