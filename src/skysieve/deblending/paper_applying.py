"""Ask a published network about images."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import nn

from skysieve.deblending.paper_networks import MasksAndFlux


class PairAnswer(NamedTuple):
    """What a network says of pairs, the central galaxy first: ``flux`` [image, 2] and ``masks`` [image, 2, y, x].

    Masks are probabilities. A network that does not measure the one or the other leaves it empty, of no image.
    """

    flux: np.ndarray
    masks: np.ndarray


def measure_pairs(network: nn.Module, images: Float[np.ndarray, "image y x"], *, batch: int = 64) -> PairAnswer:
    """Measure images of two galaxies each.

    Parameters
    ----------
    network : Module
        A trained ``Blend2Flux``, ``UNet`` or ``Blend2Mask2Flux``; it is asked on the device where it is.
    images : ndarray, shape (image, y, x)
        Without background, finite, in units of the noise, of the side that the network was built for.
    batch : int, optional
        Images at once.

    Returns
    -------
    PairAnswer
        Fluxes in units of the noise.
    """
    network.eval()
    device = next(network.parameters()).device
    parts = []
    with torch.inference_mode():
        for start in range(0, len(images), batch):
            shown = torch.from_numpy(np.ascontiguousarray(images[start : start + batch], np.float32)).to(device)
            parts.append(_name(network(shown), images.shape[1:]))
    empty = np.zeros((0, 2), np.float32), np.zeros((0, 2, *images.shape[1:]), np.float32)
    return PairAnswer(*(np.concatenate([one[part] for one in parts] or [empty[part]]) for part in (0, 1)))


def _name(
    out: torch.Tensor | MasksAndFlux, sides: tuple[int, ...]
) -> tuple[Float32[np.ndarray, "flux 2"], Float32[np.ndarray, "mask 2 y x"]]:
    """Return fluxes and masks of a batch, none of those that the network does not give."""
    flux, log_odds = (out.flux, out.log_odds) if isinstance(out, MasksAndFlux) else _tell_apart(out, sides)
    return flux.cpu().numpy(), torch.sigmoid(log_odds[:, -2:]).cpu().numpy()


def _tell_apart(out: torch.Tensor, sides: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return fluxes and log-odds where a network gives one of them."""
    return (out, out.new_zeros(0, 2, *sides)) if out.ndim == 2 else (out.new_zeros(0, 2), out)
