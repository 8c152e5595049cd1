"""Distances of images with bad pixels, over the good pixels of every orientation.

With M = 1 where an oriented image X is good and N the neuron, M (X - N)^2 sums like M X^2 - 2 M X N + M N^2: two
products in the symmetric basis, of the masked image with the neuron and of the mask with the neuron's square.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from skysieve.som.candidates import Matches, settle
from skysieve.som.drawing import Canvas
from skysieve.som.interpolation import Plan
from skysieve.som.products import (
    ROUNDING,
    FoldedImages,
    FoldedNeurons,
    fold_neurons,
    list_group,
    multiply_block,
    score_block,
)
from skysieve.som.regions import make_region
from skysieve.som.symmetry import FOLD, find_orbits

IMAGES_AT_ONCE, STEPS_AT_ONCE = 8, 10


@dataclass(frozen=True)
class _Lists:
    """Which drawn pixels of a canvas make the orbits and, 8 orientations outermost, the border."""

    core: Int[torch.Tensor, "8 orbit"]
    scale: Float[torch.Tensor, " orbit"]
    border: Int[torch.Tensor, "8 edge"]


@dataclass(frozen=True)
class _Drawn:
    """Oriented images, 0 where they are bad; 1 where they are good; and how many pixels are good."""

    values: FoldedImages
    masks: FoldedImages
    good: Float[torch.Tensor, "orientation column"]


def match_masked(
    images: Float[torch.Tensor, "image channel y x"],
    neurons: Float[torch.Tensor, "neuron channel pixel"],
    *,
    plan: Plan,
    canvas: Canvas,
) -> Matches:
    """Find the best orientations of images that are NaN where a pixel is bad.

    Returns
    -------
    Matches
        Sums of squares over good pixels, times all pixels of the region by the good ones; NaN and orientation 0 for an
        image that is bad throughout, or throughout the region in every orientation.
    """
    lists = _list_pixels(plan, canvas)
    folded = fold_neurons(neurons, plan), fold_neurons(neurons.square(), plan)
    parts = [
        _match(part, neurons, folded, lists, plan=plan, canvas=canvas) for part in torch.split(images, IMAGES_AT_ONCE)
    ]
    square, orientation = torch.cat([one.square for one in parts]), torch.cat([one.orientation for one in parts])
    unknown = images.isnan().flatten(1).all(dim=1)[:, None] | square.isinf()
    return Matches(square.masked_fill(unknown, torch.nan), orientation.masked_fill(unknown, 0))


def _list_pixels(plan: Plan, canvas: Canvas) -> _Lists:
    region = make_region(plan.geometry)
    orbits, pixels = find_orbits(region), np.flatnonzero(region)
    first = torch.from_numpy(np.searchsorted(pixels, orbits.core[0])).to(plan.device)
    scale = torch.from_numpy(orbits.scale).to(plan.basis.weight)
    return _Lists(canvas.seen[:, first], scale, canvas.seen[:, plan.border])


def _match(
    images: torch.Tensor, neurons: torch.Tensor, folded: tuple[FoldedNeurons, FoldedNeurons], lists: _Lists, *,
    plan: Plan, canvas: Canvas,
) -> Matches:  # fmt: skip
    starts = range(0, plan.geometry.steps, STEPS_AT_ONCE)
    drawn = (_draw(images, slice(start, start + STEPS_AT_ONCE), lists, plan, canvas) for start in starts)
    scored = [_score(block, folded, neurons[0].numel(), list_group(plan)) for block in drawn]
    count, known = len(neurons), len(images)
    square, slack = (
        torch.cat([one[kind].view(len(one[kind]), count, -1, known) for one in scored], dim=2) for kind in (0, 1)
    )
    limit = (square + slack).amin(dim=(0, 2))
    near = (square - slack <= limit[None, :, None]) & square.isfinite()
    group, neuron, step, image = near.nonzero().unbind(1)
    half, turn = group // plan.geometry.turns, group % plan.geometry.turns
    cells = torch.stack([image, neuron, half * plan.geometry.rotations + turn * plan.geometry.steps + step])
    best, at = square.transpose(1, 2).flatten(0, 1).min(dim=0)
    loose = slack.transpose(1, 2).flatten(0, 1).gather(0, at[None])[0]
    draw = neurons.__getitem__
    return settle(images, draw, cells, best.clamp(min=0), loose, plan=plan, canvas=canvas, masked=True)


def _draw(images: torch.Tensor, steps: slice, lists: _Lists, plan: Plan, canvas: Canvas) -> _Drawn:
    """Rotate images by some steps, and fold them and their masks."""
    index, weight = (table[steps].permute(2, 0, 1).flatten(0, 1) for table in (canvas.index, canvas.weight))
    index, weight, drawn = index.contiguous(), weight.contiguous(), len(canvas.index[0, 0])
    values, masks = [], []
    for channel in images.flatten(2).unbind(1):
        bad = channel.isnan().float()
        bags = ((channel.nan_to_num(nan=0.0), weight), (bad, (weight != 0).float()))
        value, hits = (
            torch.nn.functional.embedding_bag(index, one.T.contiguous(), mode="sum", per_sample_weights=share)
            for one, share in bags
        )
        values.append(value.masked_fill_(hits > 0, 0).view(drawn, -1))
        masks.append((hits == 0).float().view(drawn, -1))
    group = list_group(plan)
    seen = masks[0].new_zeros((len(group), masks[0].shape[1]))
    for mask in masks:
        edge = mask[lists.border[group]].sum(dim=1)
        seen += mask[canvas.seen[0]].sum(dim=0) - mask[lists.border[0]].sum(dim=0) + edge
    return _Drawn(_fold(values, lists), _fold(masks, lists), seen)


def _fold(drawn: list[torch.Tensor], lists: _Lists) -> FoldedImages:
    fold = torch.from_numpy(FOLD).to(lists.scale)
    core = [one[lists.core].mul_(lists.scale[:, None]) for one in drawn]
    folded = [torch.mm(fold, one.flatten(1)).view(one.shape) for one in core]
    return FoldedImages(torch.cat(folded, dim=1), torch.cat([one[lists.border] for one in drawn], dim=1))


def _score(
    drawn: _Drawn, folded: tuple[FoldedNeurons, FoldedNeurons], size: int, group: list[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Squared distances, infinite where nothing is good, and how far rounding may put them off."""
    neurons, squares = folded
    scores, norm = score_block(drawn.values, neurons, group=group)
    scores += multiply_block(drawn.masks.core, squares, base=torch.zeros_like(norm), scale=1.0, group=group)
    if len(squares.border):
        scores += torch.matmul(squares.border.T, drawn.masks.border[group])
    ratio = size / drawn.good.clamp(min=1)
    slack = ROUNDING * (neurons.norm[:, None] + norm) * ratio[:, None]
    empty = (drawn.good == 0)[:, None]
    return (scores * ratio[:, None]).masked_fill(empty, torch.inf), slack
