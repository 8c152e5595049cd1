"""Mapping images onto neurons, invariant to rotation and flip: fast, and with the answers of the definition.

float32 matrix products find for each image and neuron the orientations that may be nearest. Wherever rounding could
change the answer (several orientations or neurons within the rounding error, or a distance small against the norms)
the candidates are measured again in the direct form.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from skysieve.som.drawing import Canvas, make_canvas
from skysieve.som.interpolation import Plan, make_plan
from skysieve.som.invariance import Mapping
from skysieve.som.products import (
    ROUNDING,
    FoldedImages,
    FoldedNeurons,
    fold_images,
    fold_neurons,
    list_group,
    score_block,
)
from skysieve.som.regions import make_region
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
    scored = [score_block(block, basis, group=group) for block in folded]
    count = len(images)
    norm = torch.stack([norms.view(-1, count).amax(dim=0) for _, norms in scored]).amax(dim=0)
    blocks = [scores.view(len(group), len(neurons), -1, count) for scores, _ in scored]
    nearest = [block.amin(dim=0) for block in blocks]
    best = torch.stack([block.amin(dim=1) for block in nearest]).amin(dim=0)
    slack = ROUNDING * (basis.norm[:, None] + norm)
    cells = _find_candidates(blocks, nearest, best + 2 * slack, plan.geometry)
    return _settle(images, neurons, cells, (best + basis.norm[:, None]).clamp(min=0), slack, plan=plan, canvas=canvas)


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


def _settle(
    images: torch.Tensor, neurons: torch.Tensor, cells: torch.Tensor, square: torch.Tensor, slack: torch.Tensor, *,
    plan: Plan, canvas: Canvas,
) -> Matches:  # fmt: skip
    """Measure doubtful cells directly, and keep the first of the nearest orientations."""
    count = square.shape[1]
    place = cells[1] * count + cells[0]
    several = torch.bincount(place, minlength=square.numel()).view_as(square) > 1
    rivals = square - slack <= (square + slack).amin(dim=0)
    doubtful = several | (slack > PRECISION * square) | (rivals & (rivals.sum(dim=0) > 1))
    square, orientation = square.flatten(), torch.zeros_like(place[:1]).expand(square.numel()).clone()
    orientation[place] = cells[2]
    again = doubtful.flatten()[place]
    cells, place = cells[:, again], place[again]
    exact = rescore(images.flatten(2), neurons, cells, canvas=canvas, geometry=plan.geometry)
    square[place] = torch.inf
    square.scatter_reduce_(0, place, exact, "amin")
    first = exact == square[place]
    orientation[place] = plan.geometry.orientations
    orientation.scatter_reduce_(0, place[first], cells[2, first], "amin")
    return Matches(square.view(-1, count).T, orientation.view(-1, count).T)


def map_batches(
    batches: Iterable[Float[np.ndarray, "_ channel y x"]],
    neurons: Float[np.ndarray, "neuron neuron_channel row column"],
    *,
    geometry: Geometry,
    device: str = "cpu",
) -> Iterator[Mapping]:
    """Map batch after batch of images onto neurons, holding one at a time.

    Parameters
    ----------
    batches
        Any number of images each; 32 are fast.
    neurons
        Square frames of side geometry.neuron_side, with as many channels as the images.
    device
        "cpu", "cuda" or any other device of PyTorch.

    Yields
    ------
    Mapping
        Distances and orientations of each batch.

    Raises
    ------
    ValueError
        If sizes or channels do not fit, or an image holds pixels that are not finite.
    """
    plan = make_plan(geometry, device=torch.device(device))
    canvas = make_canvas(np.flatnonzero(make_region(geometry)), geometry, device=plan.device)
    check_sizes(np.zeros((0, neurons.shape[1], geometry.image_side, geometry.image_side)), neurons, geometry)
    known = torch.from_numpy(neurons[:, :, make_region(geometry)].astype(np.float32)).to(plan.device)
    basis = fold_neurons(known, plan)
    for batch in batches:
        check_sizes(batch, neurons, geometry)
        images = torch.from_numpy(batch.astype(np.float32)).to(plan.device)
        if not len(images):
            yield Mapping(np.zeros((0, len(neurons)), np.float32), np.zeros((0, len(neurons)), np.int64))
            continue
        folded = (fold_images(images, block, plan) for block in plan.blocks)
        found = match_folded(images, known, folded, plan=plan, canvas=canvas, basis=basis)
        yield Mapping(found.square.sqrt().cpu().numpy(), found.orientation.cpu().numpy())


def map_images(
    images: Float[np.ndarray, "image channel y x"],
    neurons: Float[np.ndarray, "neuron neuron_channel row column"],
    *,
    geometry: Geometry,
    device: str = "cpu",
    batch: int = 32,
) -> Mapping:
    """Map images onto neurons: `map_batches` for images at hand.

    Returns
    -------
    Mapping
        Of all images; empty for no images.
    """
    parts = (images[start : start + batch] for start in range(0, max(len(images), 1), batch))
    found = list(map_batches(parts, neurons, geometry=geometry, device=device))
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
        If sizes or channels do not fit, or an image holds pixels that are not finite.
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
    bad = (~np.isfinite(images)).sum(axis=(1, 2, 3))
    if bad.any():
        first = bad.argmax()
        raise ValueError(f"image {first} of the batch holds {bad[first]} pixel(s) that are not finite; fill or drop it")
