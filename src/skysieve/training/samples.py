"""What a network can be trained on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, final, runtime_checkable

import numpy as np

Augment = Callable[[Any, np.random.Generator], Any]
"""Changes a sample by the dice of a generator of its own; no other dice may be thrown."""
Collate = Callable[[list[Any]], Any]
"""Makes a batch of samples; by default their arrays are stacked."""


@runtime_checkable
class Samples(Protocol):
    """Samples by row, as PyTorch's map-style data sets give them."""

    def __len__(self) -> int:
        """Return how many there are."""

    def __getitem__(self, row: int, /) -> Any:
        """Return one of them, the same each time."""


@final
@dataclass(frozen=True)
class ArraySamples:
    """Samples that lie in memory: row ``i`` of each of some arrays, inputs first, then what is to be learned.

    A batch of them is a tuple of tensors, cut out at once.

    Raises
    ------
    ValueError
        If the arrays are not of one length.
    """

    arrays: tuple[np.ndarray, ...]

    def __post_init__(self) -> None:
        lengths = [len(array) for array in self.arrays]
        if len(set(lengths)) != 1:
            raise ValueError(f"samples: the arrays have {lengths} rows; give at least one, all of one length")

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, row: int) -> tuple[Any, ...]:
        return tuple(array[row] for array in self.arrays)

    def take(self, rows: np.ndarray) -> "ArraySamples":
        """Return the samples of some rows (numbers or a mask)."""
        return ArraySamples(tuple(array[rows] for array in self.arrays))
