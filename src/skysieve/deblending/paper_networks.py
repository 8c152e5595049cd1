"""The published networks: fluxes of two galaxies straight from the image, or by way of their masks.

Boucaud et al. 2020, MNRAS 491, 2481, section 3. What the text leaves open is as in Keras, in which the networks were
published: first weights after Glorot, biases zero. Galaxies come in the order central, companion.
"""

from itertools import pairwise
from typing import Literal, NamedTuple, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

PLANES = {"pair": 2, "overlap": 3}
"""Planes that a U-Net gives: the masks of the central galaxy and of the companion, or that of their overlap before."""


@final
class Blend2Flux(nn.Module):
    """Convolutions with pooling between them, then dense layers that end in the fluxes of two galaxies.

    Parameters
    ----------
    filters : int
        Of the first convolution; they double at every other one. The published networks have 64, 256 and 512.
    side : int
        Side of an image [pixel], a multiple of 2 ** (depth - 1).
    planes : int
        Of the input: the image alone, or the image and masks.
    depth : int
        Convolutions.
    dense : int, optional
        Width of the dense layers; by default that of the first convolution, which gives the numbers of weights in the
        paper's Table 2.
    hidden : int
        Dense layers before the last one.
    image_unit, flux_unit : float
        What the network counts pixels and fluxes in [noise of a pixel]. They are no weights, and only make numbers of
        the size of one.
    """

    def __init__(
        self,
        filters: int = 256,
        side: int = 128,
        *,
        planes: int = 1,
        depth: int = 5,
        dense: int | None = None,
        hidden: int = 2,
        image_unit: float = 1.0,
        flux_unit: float = 1.0,
    ) -> None:
        super().__init__()
        if side % 2 ** (depth - 1):
            raise ValueError(
                f"blend2flux: a side of {side} pixels; {depth} layers want a multiple of {2 ** (depth - 1)}"
            )
        self.image_unit, self.flux_unit = image_unit, flux_unit
        widths = [planes, *(filters * 2 ** (number // 2) for number in range(depth))]
        layers: list[nn.Module] = []
        for one, other in pairwise(widths):
            layers += [nn.MaxPool2d(2)] * bool(layers) + [nn.Conv2d(one, other, 3, padding=1), nn.ReLU()]
        self.convolutions = nn.Sequential(*layers, nn.Flatten())
        within = dense or filters
        flat = widths[-1] * (side // 2 ** (depth - 1)) ** 2
        steps = [layer for one, other in pairwise([flat, *[within] * hidden])
                 for layer in (nn.Linear(one, other), nn.SELU())]  # fmt: skip
        self.dense = nn.Sequential(*steps, nn.Linear(within, 2))
        self.apply(_start)

    def forward(self, images: Float[Tensor, "batch y x"]) -> Float[Tensor, "batch 2"]:
        """Return the fluxes of images without background [noise of a pixel, in and out]."""
        return self.look(images[:, None] / self.image_unit)

    def look(self, planes: Float[Tensor, "batch plane y x"]) -> Float[Tensor, "batch 2"]:
        """Return the fluxes [noise of a pixel] of planes in the network's unit."""
        flux: Tensor = self.dense(self.convolutions(planes))
        return flux * self.flux_unit


@final
class UNet(nn.Module):
    """Masks of two galaxies, each pixel as log-odds.

    Parameters
    ----------
    depth : int
        Levels, each with two convolutions on the way down; all but the last have two on the way up as well.
    filters : int
        Of the first level; they double at each.
    masks : {"pair", "overlap"}
        Which planes come out, see ``PLANES``; a galaxy's mask holds its overlap with the other one in both.
    up : {2, 3}
        Side of the kernels that double the resolution: 2 as in Ronneberger et al. 2015, whom the text follows, or 3.
    dropout : float
        After each convolution; the text has none.
    image_unit : float
        What the network counts pixels in [noise of a pixel].
    """

    def __init__(
        self,
        depth: int = 5,
        filters: int = 32,
        *,
        masks: Literal["pair", "overlap"] = "pair",
        up: Literal[2, 3] = 2,
        dropout: float = 0.0,
        image_unit: float = 1.0,
    ) -> None:
        super().__init__()
        self.image_unit, self.shrinkage = image_unit, 2 ** (depth - 1)
        widths = [filters * 2**level for level in range(depth)]
        margin = (up - 2) % 2
        self.down = nn.ModuleList(_make_block(one, other, dropout) for one, other in pairwise([1, *widths]))
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(deep, flat, up, stride=2, padding=margin, output_padding=margin)
            for flat, deep in pairwise(widths)
        )
        self.up = nn.ModuleList(_make_block(2 * width, width, dropout) for width in widths[:-1])
        self.head = nn.Conv2d(filters, PLANES[masks], 1)
        self.apply(_start)

    def forward(self, images: Float[Tensor, "batch y x"]) -> Float[Tensor, "batch plane y x"]:
        """Return the log-odds of images whose sides are multiples of ``shrinkage``."""
        features = images[:, None] / self.image_unit
        beside: list[Tensor] = []
        for level, block in enumerate(self.down):
            features = block(features if level == 0 else nn.functional.max_pool2d(features, 2))
            beside.append(features)
        for level in range(len(self.up) - 1, -1, -1):
            features = self.up[level](torch.cat([beside[level], self.grow[level](features)], 1))
        log_odds: Tensor = self.head(features)
        return log_odds


class MasksAndFlux(NamedTuple):
    """Log-odds of the masks [batch, plane, y, x], and the fluxes of both galaxies [batch, 2] in units of the noise."""

    log_odds: Tensor
    flux: Tensor


@final
class Blend2Mask2Flux(nn.Module):
    """A U-Net, and a reduced blend2flux that looks at the image and at the masks of the two galaxies.

    Parameters
    ----------
    unet : UNet
        Makes the masks.
    flux : Blend2Flux
        Of three planes; it says in which units the network counts.
    masks : {"probabilistic", "thresholded"}
        What the second network is shown: probabilities, or zeros and ones. The gradient of thresholded masks is taken
        for that of the probabilities, so that both parts learn together.

    Notes
    -----
    The paper gives 18.5 million weights and says of the second part only that it is like blend2flux with fewer. With
    the U-Net's 7.76 million, 128 filters and three dense layers of 256 before the last give 18.50 million. That
    is a choice made here; the text speaks of a three-layer network that finally yields two numbers.
    """

    def __init__(
        self, unet: UNet, flux: Blend2Flux, *, masks: Literal["probabilistic", "thresholded"] = "probabilistic"
    ) -> None:
        super().__init__()
        self.unet, self.flux, self.masks = unet, flux, masks

    def forward(self, images: Float[Tensor, "batch y x"]) -> MasksAndFlux:
        """Return masks and fluxes of images without background [noise of a pixel, in and out]."""
        log_odds = self.unet(images)
        shown = torch.sigmoid(log_odds[:, -2:])
        if self.masks == "thresholded":
            shown = shown + ((shown > 0.5).to(shown) - shown).detach()
        planes = torch.cat([images[:, None] / self.flux.image_unit, shown], 1)
        return MasksAndFlux(log_odds, self.flux.look(planes))


def count_weights(network: nn.Module) -> int:
    """Return how many numbers a network learns.

    Examples
    --------
    >>> count_weights(nn.Linear(3, 2))
    8
    """
    return sum(parameter.numel() for parameter in network.parameters())


def _make_block(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    """Return two convolutions."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.Dropout(dropout),
        nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU(), nn.Dropout(dropout),
    )  # fmt: skip


def _start(layer: nn.Module) -> None:
    """Give a layer its first weights."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
