"""First weights by a seed."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def build_seeded(build: Callable[[], Network], seed: int) -> Network:
    """Build a network with first weights that depend on the seed alone; the dice of the process stay as they were.

    Examples
    --------
    >>> one, same = (build_seeded(lambda: nn.Linear(2, 2), 3) for _ in range(2))
    >>> torch.equal(one.weight, same.weight)
    True
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()
