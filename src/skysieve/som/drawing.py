"""Images drawn in given orientations exactly as the definition draws them, many at once."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from skysieve.som.symmetry import permute_pixels
from skysieve.som.transforms import Geometry, locate_source


@dataclass(frozen=True)
class Canvas:
    """Frame pixels to draw, and where each rotation takes them from.

    Attributes
    ----------
    index, weight
        Image pixels and bilinear weights under the frame pixels, for each rotation inside a quarter turn.
    seen
        For each quarter turn and flip, which of those frame pixels is seen at each wanted pixel.
    pixels
        The wanted pixels, flat in the frame.
    """

    index: Int[torch.Tensor, "step 4 drawn"]
    weight: Float[torch.Tensor, "step 4 drawn"]
    seen: Int[torch.Tensor, "8 wanted"]
    pixels: Int[torch.Tensor, " wanted"]


def make_canvas(pixels: Int[np.ndarray, " wanted"], geometry: Geometry, *, device: torch.device) -> Canvas:
    """Tabulate the rotations of flat frame pixels."""
    drawn, seen = np.unique(permute_pixels(pixels, geometry.neuron_side), return_inverse=True)
    rows, columns = np.divmod(drawn, geometry.neuron_side)
    found = [locate_source(step, rows, columns, geometry=geometry) for step in range(geometry.steps)]
    index = np.stack([one[0].T for one in found])
    weight = np.stack([one[1].T for one in found])
    tables = (index, weight, seen.reshape(8, -1), pixels)
    return Canvas(*(torch.from_numpy(np.ascontiguousarray(table)).to(device) for table in tables))


def draw_rotated(
    images: Float[torch.Tensor, "picture channel pixel"],
    steps: Int[torch.Tensor, " picture"],
    *,
    canvas: Canvas,
    masked: bool = False,
) -> Float[torch.Tensor, "picture channel drawn"]:
    """Rotate each image by its own number of steps; float32, corner after corner, as `transforms.rotate_image` does.

    Parameters
    ----------
    masked
        Whether pixels of the images may be NaN; NaN is then drawn where any of them weighs something.
    """
    index, weight = canvas.index[steps], canvas.weight[steps]
    count, channels = images.shape[:2]
    taken = images.gather(2, index.view(count, 1, -1).expand(-1, channels, -1)).view(count, channels, 4, -1)
    taken *= weight[:, None]
    if masked:
        taken.masked_fill_(weight[:, None] == 0, 0)
    return taken[:, :, 0] + taken[:, :, 1] + taken[:, :, 2] + taken[:, :, 3]


def draw_oriented(
    image: Float[torch.Tensor, "channel y x"],
    orientation: Int[torch.Tensor, " picture"],
    *,
    canvas: Canvas,
    geometry: Geometry,
) -> Float[torch.Tensor, "picture channel wanted"]:
    """Draw one image, NaN where a pixel is bad, in several orientations."""
    steps, picture = torch.unique(orientation % geometry.steps, return_inverse=True)
    rotated = draw_rotated(image.flatten(1).expand(len(steps), -1, -1), steps, canvas=canvas, masked=True)
    seen = canvas.seen[find_group(orientation, geometry)][:, None].expand(-1, len(image), -1)
    return rotated[picture].gather(2, seen)


def find_group(orientation: Int[torch.Tensor, "*cells"], geometry: Geometry) -> Int[torch.Tensor, "*cells"]:
    """Find the quarter turn and flip of orientations, as 4 * flip + turn."""
    turn = orientation % geometry.rotations // geometry.steps
    return 4 * (orientation // geometry.rotations) + turn
