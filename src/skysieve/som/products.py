"""Squared distances of images to neurons in all orientations, as matrix products in the square's symmetry."""

from dataclasses import dataclass

import torch
from jaxtyping import Float

from skysieve.som.interpolation import Block, Plan
from skysieve.som.symmetry import UNFOLD

ROUNDING = 6e-7
"""Largest error of a squared distance made of float32 products, as a share of the squared norms of image and neuron.

Measured: at most 4e-7, on images of 5 to 150 pixels, real structure, noise, and light of one sign.
"""


@dataclass(frozen=True)
class FoldedNeurons:
    """Neurons as coefficients of the basis.

    Attributes
    ----------
    core
        A1, A2, B1, B2, -s+, c-, s+, -s-, c+, s-, of all channels one after the other: any two neighbors of the last six
        are one matrix.
    border
        Pixels of the region that no orbit holds.
    norm
        Sum of squares over the region.
    """

    core: Float[torch.Tensor, "10 coefficient neuron"]
    border: Float[torch.Tensor, "pixel neuron"]
    norm: Float[torch.Tensor, " neuron"]


@dataclass(frozen=True)
class FoldedImages:
    """One block of rotations of some images; column = step * images + image.

    Attributes
    ----------
    core
        Coefficients, of all channels one after the other.
    border
        Border pixels of the 8 orientations.
    """

    core: Float[torch.Tensor, "8 coefficient column"]
    border: Float[torch.Tensor, "8 pixel column"]


def fold_neurons(neurons: Float[torch.Tensor, "neuron channel pixel"], plan: Plan) -> FoldedNeurons:
    """Expand neurons in the basis, from their pixels in the region."""
    count = len(neurons)
    pixels = neurons.permute(1, 2, 0).contiguous()
    core = _join([plan.basis.apply(channel).view(10, -1, count) for channel in pixels])
    return FoldedNeurons(core, pixels[:, plan.border].view(-1, count), neurons.square().sum(dim=(1, 2)))


def fold_images(images: Float[torch.Tensor, "image channel y x"], block: Block, plan: Plan) -> FoldedImages:
    """Rotate images by the steps of a block, straight into coefficients."""
    sources = [plan.folding.apply(channel.reshape(len(images), -1).T.contiguous()) for channel in images.unbind(1)]
    columns = block.steps * len(images)
    core = [block.core.apply(source).reshape(8, -1, columns) for source in sources]
    if not len(plan.border):
        return FoldedImages(_join(core), core[0].new_zeros((8, 0, columns)))
    return FoldedImages(_join(core), _join([block.border.apply(source).reshape(8, -1, columns) for source in sources]))


def _join(channels: list[torch.Tensor]) -> torch.Tensor:
    return channels[0] if len(channels) == 1 else torch.cat(channels, dim=1)


def score_block(
    images: FoldedImages, neurons: FoldedNeurons, *, group: list[int]
) -> tuple[Float[torch.Tensor, "orientation neuron column"], Float[torch.Tensor, " column"]]:
    """Squared distances less the neurons' own norms.

    Parameters
    ----------
    group
        Which quarter turns and flips to compare in, by row of `UNFOLD`.

    Returns
    -------
    scores, norms
        The scores, and the largest sum of squares of each rotated image over the region.

    Notes
    -----
    A1, the sums, and the norms are put together in float64: light of one sign would lose most of its digits there.
    """
    norm = images.core.square().sum(dim=1).sum(dim=0)
    scores = multiply_block(images.core, neurons, base=norm, scale=-2.0, group=group)
    if not len(neurons.border):
        return scores, norm
    edge = images.border[group]
    squares = edge.square().sum(dim=1)
    scores += torch.baddbmm(squares[:, None], neurons.border.T.expand(len(group), -1, -1), edge, alpha=-2)
    return scores, norm + squares.amax(dim=0)


def multiply_block(
    core: Float[torch.Tensor, "8 coefficient column"],
    neurons: FoldedNeurons,
    *,
    base: Float[torch.Tensor, " column"],
    scale: float,
    group: list[int],
) -> Float[torch.Tensor, "orientation neuron column"]:
    """Scaled inner products of oriented images with neurons but for the border, added to a number for each image."""
    count = len(neurons.norm)
    products = core.new_empty((8, count, core.shape[2]))
    single, pairs = neurons.core[:4].mT, neurons.core[4:]
    products[0] = torch.addmm(base.double(), single[0].double(), core[0].double(), beta=1 / scale)
    torch.bmm(single[1:], core[1:4], out=products[1:4])
    for row, partner, first in ((4, 4, 4), (5, 0, 4), (6, 1, 6), (7, 3, 6)):
        torch.mm(pairs[partner : partner + 2].flatten(0, 1).T, core[first : first + 2].flatten(0, 1), out=products[row])
    used = torch.from_numpy(scale * UNFOLD[group]).to(core)
    return torch.mm(used, products.view(8, -1)).view(len(used), count, -1)


def list_group(plan: Plan) -> list[int]:
    """List the rows of `UNFOLD` that a geometry allows: one rotation has no quarter turns."""
    turns = range(plan.geometry.turns)
    return [4 * half + turn for half in range(1 + plan.geometry.flip) for turn in turns]
