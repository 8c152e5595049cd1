"""Distances of chosen images, neurons and orientations in the direct form, as exact as the definition."""

import torch
from jaxtyping import Float, Int

from skysieve.som.drawing import Canvas, draw_rotated, find_group
from skysieve.som.transforms import Geometry

AT_ONCE = {"cpu": 32, "cuda": 1024}
"""Cells in memory at once, by kind of device."""


def rescore(
    images: Float[torch.Tensor, "image channel pixel"],
    neurons: Float[torch.Tensor, "neuron channel wanted"],
    cells: Int[torch.Tensor, "3 cell"],
    *,
    canvas: Canvas,
    geometry: Geometry,
    masked: bool = False,
) -> Float[torch.Tensor, " cell"]:
    """Sum squared differences in float64, rounded to float32.

    Parameters
    ----------
    neurons
        Their values at the pixels that the canvas wants.
    cells
        Image, neuron and orientation.
    masked
        Whether pixels of the images may be NaN; sums over good pixels are then scaled to all of them.
    """
    if not cells.numel():
        return images.new_zeros(0)
    sums = [
        _rescore(images, neurons, part, canvas=canvas, geometry=geometry, masked=masked)
        for part in torch.split(cells, AT_ONCE.get(cells.device.type, 32), dim=1)
    ]
    return torch.cat(sums)


def _rescore(
    images: torch.Tensor, neurons: torch.Tensor, cells: torch.Tensor, *,
    canvas: Canvas, geometry: Geometry, masked: bool,
) -> torch.Tensor:  # fmt: skip
    image, neuron, orientation = cells
    steps = geometry.steps
    pictures, picture = torch.unique(image * steps + orientation % steps, return_inverse=True)
    drawn = draw_rotated(images[pictures // steps], pictures % steps, canvas=canvas, masked=masked)
    seen = canvas.seen[find_group(orientation, geometry)]
    shape = (len(image), neurons.shape[1], seen.shape[1])
    difference = (drawn[picture].gather(2, seen[:, None].expand(shape)) - neurons[neuron]).double()
    if not masked:
        return difference.square_().sum(dim=(1, 2)).float()
    good = (~difference.isnan()).sum(dim=(1, 2))
    return (difference.nan_to_num_(nan=0.0).square_().sum(dim=(1, 2)) * (shape[1] * shape[2] / good)).float()
