"""The network of fractions: whose light is it, pixel by pixel, and how much of it is there.

One pass over an image makes features on three scales. At each listed position they are read off and give the source a
profile (a soft elliptical one of free slope) and a direction in a space of per-pixel features that bends the profile
where the image asks for it. Their sum is the logarithm of the source's light, and its part of all sources' light in a
pixel is its share of that pixel. Sources are a flat list, so that a batch may hold blends of any number of sources.
"""

from itertools import pairwise
from typing import NamedTuple, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from skysieve.nn import Mlp

LEVELS = (0.025, 0.05, 0.16, 0.25, 0.5, 0.75, 0.84, 0.95, 0.975)
"""Levels of the quantiles of a flux."""

CELL = 4
"""Pixels of a cell, the finest scale of the features."""

STRIDE = 16
"""Sides of images are multiples of this."""

PROFILE, SUMS, BONDS = 8, 9, 8
"""Numbers of a profile, numbers summed over a source's light, and features of which correlations are made."""


class Light(NamedTuple):
    """What the network says about the sources of a batch, in units of the noise of a pixel.

    ``log_light`` [source, y, x] is the logarithm of each source's light and ``share`` the fraction of a pixel's light
    that is the source's; ``quantiles`` [source, level] those of ln(flux); ``hidden`` [source] the log-odds that
    another source hides behind this one; ``bond`` [source, feature] what correlations between neighbors' errors are
    made of; ``features`` [source, feature] what the source looks like, for its distance to the training set.
    """

    log_light: Tensor
    share: Tensor
    quantiles: Tensor
    hidden: Tensor
    bond: Tensor
    features: Tensor


@final
class FractionNetwork(nn.Module):
    """Shares, fluxes with their quantiles, and hidden neighbors, of any number of sources.

    Parameters
    ----------
    widths : tuple of int
        Channels on the scales of 4, 8 and 16 pixels.
    embedding : int
        Features of a pixel that bend profiles.
    query : int
        Features of a source.
    """

    def __init__(self, widths: tuple[int, int, int] = (32, 48, 64), *, embedding: int = 12, query: int = 128) -> None:
        super().__init__()
        first, second, third = widths
        self.stem = _Block(2 * CELL**2 + 3, first)
        self.down = nn.ModuleList([_Block(first, second), _Block(second, third)])
        self.up = nn.ModuleList(
            [_Block(third + second, second, single=True), _Block(second + first, first, single=True)]
        )
        self.pixels = nn.Conv2d(first, CELL**2 * embedding, 1)
        self.read = Mlp([first + second + third + 3, query, query])
        self.profile = nn.Linear(query, PROFILE + embedding)
        self.flux = Mlp([2 * query + SUMS, query, len(LEVELS)])
        self.doubt = Mlp([2 * query + SUMS, query // 2, 1 + BONDS])

    def forward(
        self,
        images: Float[Tensor, "batch y x"],
        psf: Float[Tensor, "batch 3"],
        places: Float[Tensor, "source 2"],
        blend: Int[Tensor, " source"],
    ) -> Light:
        """Say whose light it is.

        Parameters
        ----------
        images : Tensor
            Without background, finite, in units of the noise of a pixel; sides are multiples of 16.
        psf : Tensor
            FWHM [pixel], and ellipticity along x and along the diagonal.
        places : Tensor
            Positions x, y of the sources [pixel].
        blend : Tensor
            Row of the image that each source lies on.
        """
        told = psf * psf.new_tensor([0.2, 5.0, 5.0])
        scales = self._look(images, told, places, blend)
        query = nn.functional.gelu(self.read(_read_off(scales, told, places, blend)))
        shaped = self.profile(query)
        log_light = _draw_profiles(shaped[:, :PROFILE], places, psf[blend], shape=images.shape[1:])
        bent = nn.functional.pixel_shuffle(self.pixels(scales[0]).contiguous(), CELL).index_select(0, blend)
        log_light = log_light + torch.einsum("se,seyx->syx", shaped[:, PROFILE:], bent)
        log_light = log_light.clamp(-12, 14)
        light = torch.exp(log_light)
        everyone = _sum_blends(light, blend, len(images)).index_select(0, blend)
        share = light / everyone
        sums, base = _sum_light(images.index_select(0, blend), log_light, share, everyone, psf[blend])
        known = torch.cat([query, _mean_others(query, blend, len(images)), sums], 1)
        doubt = self.doubt(known)
        return Light(log_light, share, self._give_quantiles(known, base), doubt[:, 0], doubt[:, 1:], known)

    def _look(self, images: Tensor, told: Tensor, places: Tensor, blend: Tensor) -> list[Tensor]:
        """Return features on the scales of 4, 8 and 16 pixels."""
        rows, columns = images.shape[1:]
        planes = torch.stack([_compress(images), _draw_bumps(places, blend, images)], 1)
        everywhere = told[:, :, None, None].expand(-1, -1, rows // CELL, columns // CELL)
        inputs = torch.cat([nn.functional.pixel_unshuffle(planes, CELL), everywhere], 1)
        down = [self.stem(inputs.contiguous(memory_format=torch.channels_last))]
        for block in self.down:
            down.append(block(nn.functional.max_pool2d(down[-1], 2)))
        scales = [down[-1]]
        for block, beside in zip(self.up, down[-2::-1], strict=True):
            finer = nn.functional.interpolate(scales[0], scale_factor=2.0, mode="nearest")
            scales.insert(0, block(torch.cat([finer, beside], 1)))
        return scales

    def _give_quantiles(self, known: Tensor, base: Tensor) -> Tensor:
        """Return rising quantiles of ln(flux) around the logarithm of the light inside the mask."""
        steps = self.flux(known)
        middle = len(LEVELS) // 2
        rise = nn.functional.softplus(steps - 4)
        high = torch.cumsum(rise[:, middle + 1 :], 1)
        low = -torch.cumsum(rise[:, :middle].flip(1), 1).flip(1)
        around = torch.cat([low, torch.zeros_like(base)[:, None], high], 1)
        return base[:, None] + 0.3 * steps[:, middle, None] + around


@final
class _Block(nn.Module):
    """Two convolutions (or a single one), each with batch normalization."""

    def __init__(self, inputs: int, outputs: int, *, single: bool = False) -> None:
        super().__init__()
        widths = [inputs, outputs] if single else [inputs, outputs, outputs]
        self.layers = nn.Sequential(
            *(
                layer
                for one, other in pairwise(widths)
                for layer in (nn.Conv2d(one, other, 3, padding=1, bias=False), nn.BatchNorm2d(other), nn.ReLU())
            )
        )

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.layers(inputs)
        return outputs

    def fuse(self) -> None:
        """Put the normalizations into the convolutions, as they are when nothing more is learned."""
        steps, fused = list(self.layers), list[nn.Module]()
        for conv, norm in zip(steps[::3], steps[1::3], strict=True):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                fused += [fuse_conv_bn_eval(conv, norm), nn.ReLU()]
        self.layers = nn.Sequential(*fused)


def fuse_network(network: FractionNetwork) -> FractionNetwork:
    """Return a trained network that computes the same in fewer steps; it is changed in place and cannot be trained."""
    network.eval()
    for module in list(network.modules()):
        if isinstance(module, _Block):
            module.fuse()
    return network


def correlate(bond: Float[Tensor, "source feature"], first: Tensor, second: Tensor) -> Float[Tensor, " pair"]:
    """Return the correlation of the errors of pairs of sources, within (-0.95, 0.95)."""
    product = bond[first] * bond[second]
    half = BONDS // 2
    return 0.95 * torch.tanh(product[:, :half].sum(1) - product[:, half:].sum(1))


def _compress(images: Tensor) -> Tensor:
    """Return asinh of the images, faster than the function of that name."""
    size = images.abs()
    return torch.log(size + torch.sqrt(size * size + 1)).copysign(images)


def _sum_blends(values: Tensor, blend: Tensor, number: int) -> Tensor:
    """Sum over the sources of each blend."""
    return values.new_zeros(number, *values.shape[1:]).index_add(0, blend, values)


def _draw_bumps(places: Tensor, blend: Tensor, images: Tensor) -> Tensor:
    """Return a small round bump at every listed position, shape (batch, y, x)."""
    rows, columns = images.shape[1:]
    x, y = (torch.arange(side, dtype=places.dtype, device=places.device) for side in (columns, rows))
    across = torch.exp(-0.25 * (x - places[:, :1]) ** 2)
    down = torch.exp(-0.25 * (y - places[:, 1:]) ** 2)
    return _sum_blends(down[:, :, None] * across[:, None, :], blend, len(images))


def _read_off(scales: list[Tensor], told: Tensor, places: Tensor, blend: Tensor) -> Tensor:
    """Return the features at each source, between the cells by linear interpolation."""
    found = [_interpolate(scale, (places + 0.5) / (CELL * 2**level) - 0.5, blend) for level, scale in enumerate(scales)]
    return torch.cat([*found, told[blend]], 1)


def _interpolate(scale: Tensor, at: Tensor, blend: Tensor) -> Tensor:
    rows, columns = scale.shape[-2:]
    x = at[:, 0].clamp(0, columns - 1)
    y = at[:, 1].clamp(0, rows - 1)
    x0, y0 = (one.detach().floor().long() for one in (x, y))
    x1, y1 = (x0 + 1).clamp_max(columns - 1), (y0 + 1).clamp_max(rows - 1)
    fx, fy = (x - x0)[:, None], (y - y0)[:, None]
    low = scale[blend, :, y0, x0] * (1 - fx) + scale[blend, :, y0, x1] * fx
    high = scale[blend, :, y1, x0] * (1 - fx) + scale[blend, :, y1, x1] * fx
    return low * (1 - fy) + high * fy


def _draw_profiles(shaped: Tensor, places: Tensor, psf: Tensor, *, shape: tuple[int, ...]) -> Tensor:
    """Return the logarithm of soft elliptical profiles, ln L = a - c (r^2 + s^2)^g, shape (source, y, x).

    Radii are counted in the ellipse's own size; s keeps the middle round as the PSF does, and g is 1 / (2 n) of a
    Sersic profile of index n.
    """
    peak, size, along, diagonal, slope, soft, off_x, off_y = shaped.unbind(1)
    radius = 0.5 * psf[:, 0] * torch.exp(size.clamp(-3, 4))
    center_x, center_y = (places[:, axis] + 2 * torch.tanh(off) for axis, off in ((0, off_x), (1, off_y)))
    dx, dy = (
        torch.arange(side, dtype=places.dtype, device=places.device) - center[:, None]
        for side, center in ((shape[1], center_x), (shape[0], center_y))
    )
    norm = torch.exp(torch.sqrt(along**2 + diagonal**2 + 1e-6).clamp_max(4)) / radius**2
    a, b, c = norm * (1 - torch.tanh(along)), norm * (1 + torch.tanh(along)), -norm * torch.tanh(diagonal)
    squared = (a[:, None] * dx**2)[:, None, :] + (b[:, None] * dy**2)[:, :, None]
    squared = torch.baddbmm(squared, (2 * c[:, None] * dy)[:, :, None], dx[:, None, :])
    power = 0.12 + 0.9 * torch.sigmoid(slope - 0.5)
    radial = torch.log(squared.clamp_min(0) + (0.02 + nn.functional.softplus(soft))[:, None, None])
    return (3 * peak + 4)[:, None, None] - 3 * torch.exp(power[:, None, None] * radial)


def _sum_light(
    images: Tensor, log_light: Tensor, share: Tensor, everyone: Tensor, psf: Tensor
) -> tuple[Tensor, Tensor]:
    """Return numbers of each source, shape (source, number), and the logarithm of its light inside its soft mask."""
    inside = torch.sigmoid(3 * (log_light + 0.7))
    light = torch.exp(log_light)
    own, model, area, everyones, squares = (
        (inside * one).sum((1, 2)) for one in (share * images, light, torch.ones_like(light), everyone, share**2)
    )
    base = torch.log(torch.maximum(own, 0.1 * model) + 1)
    crowding = model / (everyones + 1)
    numbers = [
        base, torch.log(model + 1) - base, torch.log(light.sum((1, 2)) + 1) - base, torch.log(area + 1),
        torch.log(squares + 1) / 2 - base, crowding, torch.log(crowding + 1e-3),
        torch.log(light.amax((1, 2)) + 1) - base, torch.log(psf[:, 0]),
    ]  # fmt: skip
    return torch.stack(numbers, 1), base


def _mean_others(query: Tensor, blend: Tensor, number: int) -> Tensor:
    """Return the mean features of all other sources of the same blend; zero where there is none."""
    count = _sum_blends(torch.ones_like(query[:, :1]), blend, number)[blend]
    return (_sum_blends(query, blend, number)[blend] - query) / (count - 1).clamp_min(1)
