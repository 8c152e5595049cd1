"""Distances of chosen images, neurons and orientations in the direct form, as exact as the definition."""

import torch
from jaxtyping import Float, Int

from skysieve.som.drawing import Canvas, draw_rotated
from skysieve.som.transforms import Geometry

AT_ONCE = 32
"""Cells in memory at once."""


def rescore(
    images: Float[torch.Tensor, "image channel pixel"],
    neurons: Float[torch.Tensor, "neuron channel wanted"],
    cells: Int[torch.Tensor, "3 cell"],
    *,
    canvas: Canvas,
    geometry: Geometry,
) -> Float[torch.Tensor, " cell"]:
    """Sum squared differences in float64, rounded to float32.

    Parameters
    ----------
    neurons
        Their values at the pixels that the canvas wants.
    cells
        Image, neuron and orientation.
    """
    if not cells.numel():
        return images.new_zeros(0)
    sums = [_rescore(images, neurons, part, canvas, geometry) for part in torch.split(cells, AT_ONCE, dim=1)]
    return torch.cat(sums)


def _rescore(
    images: torch.Tensor, neurons: torch.Tensor, cells: torch.Tensor, canvas: Canvas, geometry: Geometry
) -> torch.Tensor:
    image, neuron, orientation = cells
    steps = geometry.steps
    pictures, picture = (image * steps + orientation % steps).unique(return_inverse=True)
    drawn = draw_rotated(images[pictures // steps], pictures % steps, canvas=canvas)
    seen = canvas.seen[find_group(orientation, geometry)]
    shape = (len(image), neurons.shape[1], seen.shape[1])
    difference = drawn[picture].gather(2, seen[:, None].expand(shape)) - neurons[neuron]
    return difference.double().square_().sum(dim=(1, 2)).float()


def find_group(orientation: Int[torch.Tensor, "*cells"], geometry: Geometry) -> Int[torch.Tensor, "*cells"]:
    """Find the quarter turn and flip of orientations, as 4 * flip + turn."""
    turn = orientation % geometry.rotations // geometry.steps
    return 4 * (orientation // geometry.rotations) + turn
