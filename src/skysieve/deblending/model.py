"""Trained weights as they are applied: shares of the light, calibrated fluxes, hidden neighbors, distance."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from skysieve.config import parse_recipe
from skysieve.deblending.batching import list_pairs
from skysieve.deblending.calibration import Stretch
from skysieve.deblending.network import LEVELS, FractionNetwork, Light, correlate, fuse_network
from skysieve.deblending.recipe import TrainRecipe
from skysieve.io.shipped import find_weights
from skysieve.io.weights import ModelCard, read_weights
from skysieve.training import (
    DomainIndex,
    Temperature,
    calibrate,
    check_weights,
    is_outside,
    load_weights,
)

DOMAIN_FEATURES = slice(-9, None)
"""Of the features of a source those by which its distance to the training set is measured: sums over its light."""

MASK = 0.5
"""Light of a pixel, in units of its noise, from which it belongs to a source's mask."""


@final
class FluxNetwork(nn.Module):
    """The network of fractions, of which only the quantiles of ln(flux) are looked at."""

    def __init__(self, widths: tuple[int, int, int] = (32, 48, 64)) -> None:
        super().__init__()
        self.fractions = FractionNetwork(widths)

    def forward(self, images: Tensor, psf: Tensor, places: Tensor, blend: Tensor) -> Tensor:
        """Return the quantiles, shape (source, level)."""
        out: Light = self.fractions(images, psf, places, blend)
        return out.quantiles


@dataclass(frozen=True)
class Model:
    """Weights with their card, the calibration of intervals and of hidden neighbors, and the domain."""

    network: FractionNetwork
    card: ModelCard
    stretch: Stretch
    hidden: Temperature
    domain: DomainIndex


@dataclass(frozen=True)
class Windows:
    """Windows of one size on which sources are to be told apart, in units of the noise of a pixel.

    ``images`` [window, y, x] without background, finite; ``psf`` [window, 3]; ``places`` [source, 2] positions x, y
    on the windows; ``blend`` [source] the window of each, rising.
    """

    images: Float[np.ndarray, "window y x"]
    psf: Float[np.ndarray, "window 3"]
    places: Float[np.ndarray, "source 2"]
    blend: Int[np.ndarray, " source"]


@dataclass(frozen=True)
class Told:
    """What is said about sources, in units of the noise of a pixel.

    ``quantiles`` [source, level] of the flux at ``LEVELS``; ``total`` all light of the source's model; ``blendedness``
    as in ``measure_blendedness``; ``p_hidden`` the probability that another source hides behind; ``ood`` outside of
    the training domain; ``first``, ``second``, ``correlation`` of the errors of ln(flux) of each pair of a window.
    """

    quantiles: Float[np.ndarray, "source level"]
    total: Float[np.ndarray, " source"]
    blendedness: Float[np.ndarray, " source"]
    p_hidden: Float[np.ndarray, " source"]
    ood: Bool[np.ndarray, " source"]
    first: Int[np.ndarray, " pair"]
    second: Int[np.ndarray, " pair"]
    correlation: Float[np.ndarray, " pair"]


@dataclass(frozen=True)
class Raw:
    """What the network says before it is calibrated; see ``Told``. ``crowding`` is the share of light in the mask."""

    quantiles: Float[np.ndarray, "source level"]
    total: Float[np.ndarray, " source"]
    blendedness: Float[np.ndarray, " source"]
    hidden: Float[np.ndarray, " source"]
    features: Float[np.ndarray, "source feature"]
    bond: Float[np.ndarray, "source bond"]

    @property
    def crowding(self) -> Float[np.ndarray, " source"]:
        """Share of the light in a source's mask that is its own."""
        return self.features[:, DOMAIN_FEATURES][:, 5]


def read_model(name: str) -> Model:
    """Read weights that ship with the package, or a file.

    Raises
    ------
    ValueError
        If there are none of that name, or the file is not whole or of another architecture.
    """
    path = find_weights("deblending", name)
    tensors, card = read_weights(path)
    recipe = parse_recipe(TrainRecipe, card.recipe)
    module = FluxNetwork(recipe.widths)
    shipped = load_weights(path, module)
    if not isinstance(shipped.calibrator, Temperature) or shipped.domain is None:
        raise ValueError(f"{path.name}: has no calibration or no domain; train it again")
    stretch = Stretch(tensors["stretch.shift"].astype(float), tensors["stretch.factor"].astype(float))
    network = fuse_network(module.fractions).to(memory_format=torch.channels_last)
    return Model(network, card, stretch, shipped.calibrator, shipped.domain)


def check_model(path: Path) -> float:
    """Run weights on the example in their file; return the largest difference from what they must give.

    Raises
    ------
    ValueError
        If the file is not whole, or the difference exceeds the card's tolerance.
    """
    _, card = read_weights(path)
    return check_weights(path, FluxNetwork(parse_recipe(TrainRecipe, card.recipe).widths))


def tell_apart(model: Model, windows: Windows, *, batch: int = 32) -> Told:
    """Tell the sources of windows apart.

    Parameters
    ----------
    model : Model
        The weights.
    windows : Windows
        No windows give nothing.
    batch : int, optional
        Windows that are looked at together; only memory depends on it.
    """
    parts = list(look(model.network, windows, batch=batch))
    raw = join_raw(parts)
    calibrated = model.stretch.apply(raw.quantiles, raw.crowding)
    number = np.bincount(windows.blend, minlength=len(windows.images))
    first, second = list_pairs(number.tolist()) if len(number) else (np.zeros(0, int),) * 2
    bond = torch.from_numpy(raw.bond)
    ties = correlate(bond, torch.from_numpy(first), torch.from_numpy(second)).numpy().astype(float)
    return Told(
        quantiles=np.exp(calibrated), total=raw.total, blendedness=raw.blendedness,
        p_hidden=calibrate(model.hidden, raw.hidden), ood=is_outside(model.domain, raw.features[:, DOMAIN_FEATURES]),
        first=first, second=second, correlation=ties,
    )  # fmt: skip


def look(network: FractionNetwork, windows: Windows, *, batch: int) -> Iterator[Raw]:
    """Apply the network to a few windows at a time."""
    start = np.searchsorted(windows.blend, np.arange(0, len(windows.images) + batch, batch))
    for place, (low, high) in enumerate(pairwise(start)):
        if low < high:
            rows = slice(place * batch, (place + 1) * batch)
            blend = windows.blend[low:high] - place * batch
            with torch.inference_mode():
                yield _look(network, windows.images[rows], windows.psf[rows], windows.places[low:high], blend)


def _look(network: FractionNetwork, images: np.ndarray, psf: np.ndarray, places: np.ndarray, blend: np.ndarray) -> Raw:
    inputs = (torch.from_numpy(np.ascontiguousarray(one, np.float32)) for one in (images, psf, places))
    rows = torch.from_numpy(np.ascontiguousarray(blend, np.int64))
    out: Light = network(*inputs, rows)
    light = torch.exp(out.log_light)
    return Raw(
        out.quantiles.numpy().astype(float), light.sum((1, 2)).numpy().astype(float),
        measure_blendedness(light, out.share).numpy().astype(float), out.hidden.numpy().astype(float),
        out.features.numpy().astype(float), out.bond.numpy(),
    )  # fmt: skip


def join_raw(parts: list[Raw]) -> Raw:
    """Return what was said about several batches, one after the other; of none, nothing."""
    if not parts:
        none = np.zeros(0)
        return Raw(np.zeros((0, len(LEVELS))), none, none, none, np.zeros((0, 9)), np.zeros((0, 8), np.float32))
    return Raw(*(np.concatenate([getattr(part, name) for part in parts]) for name in Raw.__dataclass_fields__))


def measure_blendedness(light: Tensor, share: Tensor) -> Tensor:
    """Return which part of the light at each source's place is not its own, within [0, 1], shape (source,).

    Parameters
    ----------
    light : Tensor, shape (source, y, x)
        Model of each source's light.
    share : Tensor, shape (source, y, x)
        Its share of all light.

    Notes
    -----
    1 - sum(w child) / sum(w parent), as Bosch et al. 2018 (PASJ 70, S5, section 4.9.11) define it, with a round
    Gaussian weight w of the child's second moments around its center of light; child and parent are the models
    without noise, so that it is never negative.
    """
    rows, columns = light.shape[1:]
    y, x = (torch.arange(side, dtype=light.dtype) for side in (rows, columns))
    total = light.sum((1, 2)) + 1e-6
    along_x, along_y = light.sum(1), light.sum(2)
    center_x, center_y = (along_x * x).sum(1) / total, (along_y * y).sum(1) / total
    across, down = (x - center_x[:, None]) ** 2, (y - center_y[:, None]) ** 2
    spread = ((along_x * across).sum(1) + (along_y * down).sum(1)) / (2 * total)
    scale = -0.5 / spread.clamp(0.5, 400)[:, None]
    weight = torch.exp(down * scale)[:, :, None] * torch.exp(across * scale)[:, None, :]
    child = (weight * light).sum((1, 2))
    parent = (weight * light / share.clamp_min(1e-6)).sum((1, 2))
    return (1 - child / parent.clamp_min(1e-6)).clamp(0, 1)
