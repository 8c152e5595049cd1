"""Squared distances of images to neurons in all orientations, as matrix products in the square's symmetry."""

from dataclasses import dataclass

import torch
from jaxtyping import Float

from skysieve.som.interpolation import Block, Plan
from skysieve.som.symmetry import UNFOLD

ROUNDING = 6e-7
"""Largest error of a squared distance made of float32 products, as a share of the squared norms of image and neuron."""


@dataclass(frozen=True)
class FoldedNeurons:
    """Neurons as coefficients of the basis, one matrix for each product.

    Attributes
    ----------
    single
        A1, A2, B1 and B2.
    cosine, sine
        The partners of image coefficients (c+, s-), for P then V, and of (s+, c-), for Q then U.
    border
        Pixels of the region that no orbit holds.
    norm
        Sum of squares over the region.
    total
        A1 in float64: sums of light of one sign would lose most digits when distances are made of products.
    """

    single: Float[torch.Tensor, "4 neuron coefficient"]
    cosine: Float[torch.Tensor, "twice_neuron twice_coefficient"]
    sine: Float[torch.Tensor, "twice_neuron twice_coefficient"]
    border: Float[torch.Tensor, "neuron pixel"]
    norm: Float[torch.Tensor, " neuron"]
    total: Float[torch.Tensor, "neuron coefficient"]


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


def fold_neurons(neurons: Float[torch.Tensor, "neuron channel row column"], plan: Plan) -> FoldedNeurons:
    """Expand neurons in the basis."""
    count, channels = neurons.shape[:2]
    flat = neurons.reshape(count, channels, -1)
    listed = flat[:, :, plan.core] * plan.scale
    a1, a2, b1, b2, c1, s2, s1, c2 = torch.einsum("ko,ncop->kncp", plan.fold, listed).reshape(8, count, -1)
    border = flat[:, :, plan.border].reshape(count, -1)
    return FoldedNeurons(
        torch.stack([a1, a2, b1, b2]),
        torch.cat([torch.cat([c1, s2], dim=1), torch.cat([-s1, c2], dim=1)]),
        torch.cat([torch.cat([s1, c2], dim=1), torch.cat([c1, -s2], dim=1)]),
        border,
        listed.square().sum(dim=(1, 2, 3)) + border.square().sum(dim=1),
        a1.double(),
    )


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
    """
    core, count = images.core, len(neurons.norm)
    norm = core.square().sum(dim=1).sum(dim=0)
    products = core.new_empty((8, count, core.shape[2]))
    torch.bmm(neurons.single[1:], core[1:4], out=products[1:4])
    products[0] = torch.addmm(norm.double(), neurons.total, core[0].double(), beta=-0.5)
    width = 2 * core.shape[1]
    torch.mm(neurons.cosine, core[4:6].reshape(width, -1), out=products[4:6].view(2 * count, -1))
    torch.mm(neurons.sine, core[6:].reshape(width, -1), out=products[6:].view(2 * count, -1))
    used = torch.from_numpy(-2.0 * UNFOLD[group]).to(core)
    scores = torch.mm(used, products.view(8, -1)).view(len(used), count, -1)
    if not neurons.border.shape[1]:
        return scores, norm
    edge = images.border[group]
    squares = edge.square().sum(dim=1)
    scores += torch.baddbmm(squares[:, None], neurons.border.expand(len(used), -1, -1), edge, alpha=-2)
    return scores, norm + squares.amax(dim=0)


def list_group(plan: Plan) -> list[int]:
    """List the rows of `UNFOLD` that a geometry allows: one rotation has no quarter turns."""
    turns = range(plan.geometry.turns)
    return [4 * half + turn for half in range(1 + plan.geometry.flip) for turn in turns]
