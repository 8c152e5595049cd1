"""The network in PyTorch, as it is trained; ``model`` applies it with NumPy."""

from typing import final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from skysieve.nn import Mlp
from skysieve.stellarity.model import CLIP
from skysieve.stellarity.prior import Prior


@final
class StarNetwork(nn.Module):
    """Log-odds of a source being a star among those of the training fields.

    Parameters
    ----------
    features : ndarray, shape (source, feature)
        Of the training set, finite; their center and scale become part of the network.
    hidden : sequence of int
        Widths of the hidden layers.
    prior : Prior
        Of the training set; it travels with the weights, as does ``settling`` (gain and offset, set after training).
    """

    center: Tensor
    scale: Tensor
    settling: Tensor

    def __init__(self, features: Float[np.ndarray, "source feature"], *, hidden: tuple[int, ...], prior: Prior) -> None:
        super().__init__()
        scale = features.std(axis=0)
        self.register_buffer("center", torch.tensor(features.mean(axis=0), dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(np.where(scale > 0, scale, 1), dtype=torch.float32))
        self.register_buffer("prior_coefficients", torch.tensor(prior.coefficients, dtype=torch.float32))
        self.register_buffer("prior_covariance", torch.tensor(prior.covariance, dtype=torch.float32))
        self.register_buffer("settling", torch.tensor([1.0, 0.0]))
        self.mlp = Mlp([features.shape[1], *hidden, 1])

    def forward(self, features: Float[Tensor, "source feature"]) -> Float[Tensor, " source"]:
        """Return the log-odds."""
        placed = torch.clamp((features - self.center) / self.scale, -CLIP, CLIP)
        logits: Tensor = self.mlp(placed)[:, 0]
        return logits
