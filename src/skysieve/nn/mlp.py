"""Layers that see all of their input."""

from collections.abc import Sequence
from itertools import pairwise
from typing import final

from jaxtyping import Float
from torch import Tensor, nn


@final
class Mlp(nn.Module):
    """Linear layers with GELU between them.

    Parameters
    ----------
    widths : sequence of int
        Features of the input, of each hidden layer and of the output: at least two numbers.
    dropout : float
        Share of the hidden features that is set to zero while training.

    Examples
    --------
    >>> import torch
    >>> Mlp([3, 8, 2])(torch.zeros(5, 3)).shape
    torch.Size([5, 2])
    """

    def __init__(self, widths: Sequence[int], *, dropout: float = 0.0) -> None:
        super().__init__()
        if len(widths) < 2:
            raise ValueError(f"widths: {list(widths)}; features of the input and of the output are wanted")
        layers = (nn.Sequential(nn.Linear(a, b), nn.GELU(), nn.Dropout(dropout)) for a, b in pairwise(widths[:-1]))
        self.hidden = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-2], widths[-1])

    def embed(self, inputs: Float[Tensor, "batch feature"]) -> Float[Tensor, "batch hidden"]:
        """Return what the last layer is given; with no hidden layer the inputs themselves."""
        embedded: Tensor = self.hidden(inputs)
        return embedded

    def forward(self, inputs: Float[Tensor, "batch feature"]) -> Float[Tensor, "batch output"]:
        """Return the output, without a function at its end."""
        output: Tensor = self.head(self.embed(inputs))
        return output
