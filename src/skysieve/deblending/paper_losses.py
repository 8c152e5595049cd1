"""What the published networks learn by: percents of the fluxes, and the masks' cross-entropy."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from skysieve.deblending.blending import Blend


class PairBatch(NamedTuple):
    """A batch of pairs, the central galaxy first.

    ``images`` [batch, y, x] and ``flux`` [batch, 2] in units of the noise; ``masks`` [batch, 3, y, x] of the overlap,
    the central galaxy and the companion.
    """

    images: Float[Tensor, "batch y x"]
    masks: Float[Tensor, "batch 3 y x"]
    flux: Float[Tensor, "batch 2"]


def collate_pairs(blends: Sequence[Blend]) -> PairBatch:
    """Put pairs into a batch.

    Raises
    ------
    ValueError
        If a blend does not list two galaxies.
    """
    wrong = [len(blend) for blend in blends if len(blend) != 2]
    if wrong:
        raise ValueError(f"pairs: a blend lists {wrong[0]} galaxies; the published networks know pairs alone")
    masks = np.stack([_stack_masks(blend.mask) for blend in blends])
    flux = np.stack([blend.flux for blend in blends]).astype(np.float32)
    images = np.stack([blend.image for blend in blends])
    return PairBatch(torch.from_numpy(images), torch.from_numpy(masks), torch.from_numpy(flux))


def measure_mape(flux: Float[Tensor, "batch galaxy"], truth: Float[Tensor, "batch galaxy"]) -> Float[Tensor, ""]:
    """Return the mean absolute error in percent of the true fluxes (equation 1).

    Examples
    --------
    >>> measure_mape(torch.tensor([[90.0, 50.0]]), torch.tensor([[100.0, 50.0]]))
    tensor(5.)
    """
    return 100 * ((truth - flux) / truth).abs().mean()


def measure_entropy(
    log_odds: Float[Tensor, "batch plane y x"], masks: Float[Tensor, "batch 3 y x"]
) -> Float[Tensor, ""]:
    """Return the binary cross-entropy over the planes that a network has: two masks, or their overlap before them."""
    return nn.functional.binary_cross_entropy_with_logits(log_odds, masks[:, -log_odds.shape[1] :])


def measure_flux_loss(network: nn.Module, batch: PairBatch) -> Mapping[str, Tensor]:
    """Return the loss of blend2flux."""
    return {"flux": measure_mape(network(batch.images), batch.flux)}


def measure_mask_loss(network: nn.Module, batch: PairBatch) -> Mapping[str, Tensor]:
    """Return the binary cross-entropy of a U-Net's masks."""
    return {"masks": measure_entropy(network(batch.images), batch.masks)}


def measure_joint_loss(
    network: nn.Module, batch: PairBatch, *, flux_weight: float = 1.0, mask_weight: float = 0.1
) -> Mapping[str, Tensor]:
    """Return both weighted losses of blend2mask2flux."""
    out = network(batch.images)
    return {
        "flux": flux_weight * measure_mape(out.flux, batch.flux),
        "masks": mask_weight * measure_entropy(out.log_odds, batch.masks),
    }


def measure_overlap(log_odds: Float[Tensor, "batch plane y x"], masks: Float[Tensor, "batch 3 y x"]) -> Tensor:
    """Return the mean intersection over union of both galaxies' masks, thresholded at one half; 1 where both are empty.

    Examples
    --------
    >>> masks = torch.zeros(1, 3, 1, 4)
    >>> masks[..., :2] = 1
    >>> measure_overlap(torch.tensor([[[[5.0, 5, 5, 5]], [[5, 5, -5, -5]]]]), masks)
    tensor(0.7500)
    """
    found, true = log_odds[:, -2:] > 0, masks[:, -2:] > 0.5
    both, either = ((one).sum((2, 3)) for one in (found & true, found | true))
    return torch.where(either > 0, both / either.clamp_min(1), 1.0).mean()


def _stack_masks(mask: Bool[np.ndarray, "2 y x"]) -> Float[np.ndarray, "3 y x"]:
    return np.concatenate([mask.all(axis=0, keepdims=True), mask]).astype(np.float32)
