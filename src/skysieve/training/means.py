"""Means over an epoch, kept so that a resumed epoch ends with the same bits."""

from collections.abc import Mapping
from typing import final

import torch


@final
class Means:
    """Sums of named quantities over samples; asking for the means is what waits for the device."""

    def __init__(self) -> None:
        self._sums: dict[str, torch.Tensor] = {}

    def add(self, values: Mapping[str, torch.Tensor], size: int) -> None:
        """Add means over ``size`` samples; nothing for 0."""
        for name, value in values.items():
            sums = self._sums.setdefault(name, torch.zeros(2, dtype=_choose_dtype(value), device=value.device))
            if size:
                sums += torch.stack([value.detach().to(sums.dtype) * size, sums.new_tensor(size)])

    def copy_sums(self) -> dict[str, torch.Tensor]:
        """Return sum and size of each quantity."""
        return {name: sums.clone() for name, sums in self._sums.items()}

    def replace_sums(self, sums: Mapping[str, torch.Tensor], device: torch.device) -> None:
        """Go on from sums that were copied."""
        self._sums = {name: value.to(device, copy=True) for name, value in sums.items()}


def measure_means(sums: Mapping[str, torch.Tensor]) -> dict[str, float]:
    """Return the means of sums and sizes, which may have a leading axis of devices."""
    totals = {name: value.reshape(-1, 2).sum(0).tolist() for name, value in sums.items()}
    return {name: total / size if size else float("nan") for name, (total, size) in totals.items()}


def _choose_dtype(value: torch.Tensor) -> torch.dtype:
    return torch.float32 if value.device.type == "mps" else torch.float64
