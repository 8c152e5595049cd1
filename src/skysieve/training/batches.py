"""Batches for the trainer, prepared here or by other processes, the same either way."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, final

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, default_collate

from skysieve.training.samples import ArraySamples, Augment, Collate, Samples

Key = tuple[int, np.ndarray]


class Batch(NamedTuple):
    """What a network is given: the content that ``collate`` made, and how many samples count (0 in a filled-up one)."""

    content: Any
    size: int


@final
class Batches(Dataset[Batch]):
    """Batches by key: an epoch and the rows that belong together.

    Each sample is augmented with a generator of its own, made from seed, epoch and row.
    """

    def __init__(self, samples: Samples, *, collate: Collate | None, augment: Augment | None, seed: int) -> None:
        self._samples, self._collate, self._augment, self._seed = samples, collate, augment, seed

    def __getitem__(self, key: Key) -> Batch:
        epoch, rows = key
        counted = rows if len(rows) else np.arange(1)
        return Batch(self._make_content(epoch, counted), len(rows))

    def _make_content(self, epoch: int, rows: np.ndarray) -> Any:
        if isinstance(self._samples, ArraySamples) and self._augment is None and self._collate is None:
            return tuple(torch.from_numpy(np.ascontiguousarray(array[rows])) for array in self._samples.arrays)
        collate: Callable[[list[Any]], Any] = default_collate if self._collate is None else self._collate
        return collate([self._make_sample(epoch, int(row)) for row in rows])

    def _make_sample(self, epoch: int, row: int) -> Any:
        sample = self._samples[row]
        return sample if self._augment is None else self._augment(
            sample, np.random.default_rng([self._seed, epoch, row])
        )  # fmt: skip


@final
class Loader:
    """Gives the batches of the keys it holds at the moment; its processes live on from epoch to epoch."""

    def __init__(self, batches: Batches, *, workers: int, pin_memory: bool) -> None:
        self._keys: list[Key] = []
        self._loader = DataLoader(
            batches, batch_size=None, sampler=self._keys, num_workers=workers, persistent_workers=workers > 0,
            collate_fn=_keep, pin_memory=pin_memory,
        )  # fmt: skip

    def choose(self, epoch: int, rows: Sequence[np.ndarray]) -> None:
        """Let the next pass give these batches."""
        self._keys[:] = [(epoch, chosen) for chosen in rows]

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Batch]:
        # A generator: processes are asked for batches when the first is wanted, not each time a pass is prepared.
        yield from self._loader


def _keep(batch: Any) -> Any:
    return batch
