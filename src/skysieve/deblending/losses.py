"""What the network of fractions learns by."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from skysieve.deblending.batching import BlendBatch
from skysieve.deblending.network import LEVELS, Light, correlate

LIGHT_WEIGHT, FLUX_WEIGHT, HIDDEN_WEIGHT, BOND_WEIGHT = 0.4, 6.0, 0.15, 0.05
"""Of the parts of the loss, beside the share of misplaced light with weight one."""


def measure_loss(network: nn.Module, batch: BlendBatch) -> Mapping[str, Tensor]:
    """Return the parts of the loss, of which the sum is minimized.

    Notes
    -----
    ``share``: light given to the wrong source, relative to the source's flux. ``light``: mean difference of the
    light itself on a compressed scale. ``flux``: pinball loss of the quantiles of ln(flux). ``hidden``: cross-entropy
    of a source behind the source. ``bond``: negative log-likelihood of the correlation of neighbors' errors.
    """
    out: Light = network(*batch[:4])
    truth = batch.light
    seen = (truth > 0.2).float()
    off = (torch.log1p(3 * torch.exp(out.log_light)) - torch.log1p(3 * truth)).abs()
    off = (off * (seen + 0.05)).sum((1, 2)) / (seen.sum((1, 2)) + 20)
    surprise = batch.log_flux[:, None] - out.quantiles
    levels = surprise.new_tensor(LEVELS)
    pinball = torch.maximum(levels * surprise, (levels - 1) * surprise).mean(1)
    hidden = nn.functional.binary_cross_entropy_with_logits(out.hidden, batch.unlisted.float())
    return {
        "share": torch.log1p(measure_misplaced(out, batch)).mean(),
        "light": LIGHT_WEIGHT * off.mean(),
        "flux": FLUX_WEIGHT * pinball.clamp_max(2.0).mean(),
        "hidden": HIDDEN_WEIGHT * hidden,
        "bond": BOND_WEIGHT * measure_bond_loss(out, batch),
    }


def measure_errors(network: nn.Module, batch: BlendBatch) -> Mapping[str, Tensor]:
    """Return the loss and its parts, the mean absolute error of the flux in percent, and the misplaced light."""
    out: Light = network(*batch[:4])
    error = torch.exp(out.quantiles[:, LEVELS.index(0.5)] - batch.log_flux) - 1
    parts = measure_loss(network, batch)
    return {
        **parts,
        "loss": torch.stack(list(parts.values())).sum(),
        "mape": 100 * error.abs().clamp_max(10).mean(),
        "misplaced": measure_misplaced(out, batch).mean(),
    }


def measure_misplaced(out: Light, batch: BlendBatch) -> Tensor:
    """Return the light that is given to the wrong sources, in units of each source's flux, shape (source,)."""
    everyone = (
        batch.light.new_zeros(batch.images.shape).index_add(0, batch.blend, batch.light).index_select(0, batch.blend)
    )
    return (out.share * everyone - batch.light).abs().sum((1, 2)) / torch.exp(batch.log_flux)


def measure_bond_loss(out: Light, batch: BlendBatch) -> Tensor:
    """Return the mean negative log-likelihood of pairs of errors under the correlations that the network predicts."""
    low, middle, high = (out.quantiles[:, LEVELS.index(level)].detach() for level in (0.16, 0.5, 0.84))
    score = ((batch.log_flux - middle) / ((high - low) / 2 + 1e-3)).clamp(-3, 3)
    r = correlate(out.bond, batch.first, batch.second)
    a, b, rest = score[batch.first], score[batch.second], 1 - r**2
    loss = 0.5 * torch.log(rest) + (a**2 - 2 * r * a * b + b**2) / (2 * rest) - (a**2 + b**2) / 2
    return loss.sum() / max(1, len(loss))
