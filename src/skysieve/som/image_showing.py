"""Images shown one after the other to neurons, in the region where distances are summed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int

from skysieve.som.candidates import match_scored
from skysieve.som.drawing import Canvas, draw_oriented
from skysieve.som.interpolation import Plan
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


@dataclass(frozen=True)
class Trace:
    """What images did when they were shown: the best-matching unit of each, -1 unknown, and how it moved each neuron.

    Attributes
    ----------
    orientation
        The best one of the image for each neuron.
    weight
        Which part of the way the neuron moved.
    """

    bmu: Int[torch.Tensor, " image"]
    orientation: Int[torch.Tensor, "image neuron"]
    weight: Float[torch.Tensor, "image neuron"]


@dataclass(frozen=True)
class _Bank:
    """What serves to show any image."""

    table: torch.Tensor
    movers: Movers
    bench: Bench
    plan: Plan
    canvas: Canvas


def show_region(
    values: Float[torch.Tensor, "neuron channel pixel"],
    images: Float[torch.Tensor, "image channel y x"],
    table: Float[torch.Tensor, "neuron neuron"],
    *,
    counts: list[float],
    plan: Plan,
    canvas: Canvas,
    batch: int,
    threads: int,
) -> Trace:
    """Move neurons toward one image after the other.

    Parameters
    ----------
    values
        The neurons' pixels in the region; they stay as they are, copies move.
    images
        At least one, NaN where a pixel is bad.
    table
        Row b holds how far each neuron moves toward an image that matches neuron b best.
    counts
        How often each image counts.
    canvas
        Of the region.
    batch, threads
        Images that are rotated together; with two threads or more, those of the next batch are rotated meanwhile.
    """
    bench = make_bench(plan, images.shape[1])
    bank = _Bank(table, fold_movers(values, bench), bench, plan, canvas)
    ahead = _fold_ahead(images, bench, batch, threads)
    found = [_show_image(image, shown, count, bank) for (image, shown), count in zip(ahead, counts, strict=True)]
    bmu, orientation, weight = zip(*found, strict=True)
    return Trace(torch.stack(bmu), torch.stack(orientation), torch.stack(weight))


def _show_image(
    image: torch.Tensor, shown: Shown, count: float, bank: _Bank
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Move the neurons toward one image; its best-matching unit, and its orientation and weight for each."""
    if image.isnan().any():
        return _show_masked(image, count, bank)
    movers, plan = bank.movers, bank.plan
    found = match_scored(
        image[None], lambda asked: draw_movers(movers, asked, bank.bench), [score_shown(shown, movers, plan)],
        plan=plan, canvas=bank.canvas, norm=movers.measure_norm(),
    )  # fmt: skip
    bmu, orientation = found.square[0].argmin(), found.orientation[0]
    weight = _repeat(bank.table[bmu], count)
    move(movers, shown, orientation, weight=weight, plan=plan)
    return bmu, orientation, weight


def _show_masked(image: torch.Tensor, count: float, bank: _Bank) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Move the neurons toward the good pixels of an image."""
    movers, canvas = bank.movers, bank.canvas
    values = draw_movers(movers, torch.arange(len(movers.single), device=image.device), bank.bench)
    found = match_masked(image[None], values, plan=bank.plan, canvas=canvas)
    bmu, orientation = found.square[0].argmin(), found.orientation[0]
    if found.square.isnan().any():
        return torch.full_like(bmu, -1), orientation, torch.zeros_like(bank.table[0])
    weight = _repeat(bank.table[bmu], count)
    drawn = draw_oriented(image, orientation, canvas=canvas, geometry=bank.plan.geometry)
    moved = fold_movers(values.lerp(torch.where(drawn.isnan(), values, drawn), weight[:, None, None]), bank.bench)
    for old, new in ((movers.single, moved.single), (movers.pair, moved.pair), (movers.border, moved.border)):
        old.copy_(new)
    return bmu, orientation, weight


def _repeat(weight: torch.Tensor, count: float) -> torch.Tensor:
    """Return which part of the way so many steps lead together."""
    return weight if count == 1 else (1 - (1 - weight.double()).clamp(min=0) ** count).to(weight)


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
