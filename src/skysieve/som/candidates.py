"""The best of all orientations: candidates by fast scores, and what rounding leaves open measured directly."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int

from skysieve.som.drawing import Canvas
from skysieve.som.interpolation import Plan
from skysieve.som.products import ROUNDING, FoldedImages, FoldedNeurons, list_group, score_block
from skysieve.som.rescoring import rescore
from skysieve.som.transforms import Geometry

PRECISION = 2e-5
"""Squared distances whose relative rounding error may exceed this are measured again."""


@dataclass(frozen=True)
class Matches:
    """Squared distances of images to neurons in the best orientations; a `Mapping` before the root, on the device."""

    square: Float[torch.Tensor, "image neuron"]
    orientation: Int[torch.Tensor, "image neuron"]


def match_folded(
    images: Float[torch.Tensor, "image channel y x"],
    neurons: Float[torch.Tensor, "neuron channel pixel"],
    folded: Iterable[FoldedImages],
    *,
    plan: Plan,
    canvas: Canvas,
    basis: FoldedNeurons,
) -> Matches:
    """Find the best orientations of images and neurons (by their pixels in the region) whose coefficients are known."""
    group = list_group(plan)
    scored = (score_block(block, basis, group=group) for block in folded)
    return match_scored(images, neurons.__getitem__, scored, plan=plan, canvas=canvas, norm=basis.norm)


def match_scored(
    images: Float[torch.Tensor, "image channel y x"],
    draw: Callable[[torch.Tensor], torch.Tensor],
    scored: Iterable[tuple[torch.Tensor, torch.Tensor]],
    *,
    plan: Plan,
    canvas: Canvas,
    norm: Float[torch.Tensor, " neuron"],
) -> Matches:
    """Find the best orientations by scores.

    Parameters
    ----------
    draw
        Gives the pixels in the region of the neurons that it is asked for.
    scored
        Blocks of scores and largest norms, as of `score_block`.
    norm
        Sums of squares of the neurons.
    """
    count, blocks, largest = len(images), [], norm.new_zeros(len(images))
    for scores, norms in scored:
        blocks.append(scores.view(len(scores), len(norm), -1, count))
        largest = torch.maximum(largest, norms.view(-1, count).amax(dim=0))
    nearest = [block.amin(dim=0) for block in blocks]
    best = torch.stack([block.amin(dim=1) for block in nearest]).amin(dim=0)
    slack = ROUNDING * (norm[:, None] + largest)
    cells = _find_candidates(blocks, nearest, best + 2 * slack, plan.geometry)
    return settle(images, draw, cells, (best + norm[:, None]).clamp(min=0), slack, plan=plan, canvas=canvas)


def _find_candidates(
    blocks: list[torch.Tensor], nearest: list[torch.Tensor], limit: torch.Tensor, geometry: Geometry
) -> torch.Tensor:
    """Image, neuron and orientation of each score up to the limit of its cell."""
    found, start = [], 0
    for block, near in zip(blocks, nearest, strict=True):
        neuron, step, image = (near <= limit[:, None]).nonzero().unbind(1)
        group, hit = (block[:, neuron, step, image] <= limit[neuron, image]).nonzero().unbind(1)
        half, turn = group // geometry.turns, group % geometry.turns
        orientation = half * geometry.rotations + turn * geometry.steps + start + step[hit]
        found.append(torch.stack([image[hit], neuron[hit], orientation]))
        start += block.shape[2]
    return torch.cat(found, dim=1)


def settle(
    images: Float[torch.Tensor, "image channel y x"],
    draw: Callable[[torch.Tensor], torch.Tensor],
    cells: Int[torch.Tensor, "3 cell"],
    square: Float[torch.Tensor, "neuron image"],
    slack: Float[torch.Tensor, "neuron image"],
    *,
    plan: Plan,
    canvas: Canvas,
    masked: bool = False,
) -> Matches:
    """Measure doubtful cells directly, and keep the first of the nearest orientations.

    Parameters
    ----------
    cells
        Image, neuron and orientation of every candidate.
    square, slack
        The smallest squared distances, and how far they may be off.
    masked
        Whether pixels of the images may be NaN, which are bad.
    """
    count = square.shape[1]
    place = cells[1] * count + cells[0]
    several = torch.bincount(place, minlength=square.numel()).view_as(square) > 1
    rivals = square - slack <= (square + slack).amin(dim=0)
    doubtful = several | (slack > PRECISION * square) | (rivals & (rivals.sum(dim=0) > 1))
    square, orientation = square.flatten(), cells.new_zeros(square.numel())
    orientation[place] = cells[2]
    again = doubtful.flatten()[place]
    cells, place = cells[:, again], place[again]
    if not len(place):
        return Matches(square.view(-1, count).T, orientation.view(-1, count).T)
    asked, neuron = torch.unique(cells[1], return_inverse=True)
    known = torch.stack([cells[0], neuron, cells[2]])
    exact = rescore(images.flatten(2), draw(asked), known, canvas=canvas, geometry=plan.geometry, masked=masked)
    square[place] = torch.inf
    square.scatter_reduce_(0, place, exact, "amin")
    first = exact == square[place]
    orientation[place] = plan.geometry.orientations
    orientation.scatter_reduce_(0, place[first], cells[2, first], "amin")
    return Matches(square.view(-1, count).T, orientation.view(-1, count).T)
