"""Blends of several kinds as the trainer takes them: made when they are wanted, new ones in every epoch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from skysieve.deblending.blending import Blend, make_blend
from skysieve.deblending.galaxies import Galaxies
from skysieve.deblending.populations import draw_galaxies
from skysieve.deblending.recipe import StreamRecipe
from skysieve.deblending.recipe_blends import BlendsRecipe

PARTS = {"train": 0, "validation": 1, "calibration": 2, "test": 3}
"""Parts of the split; each has galaxies of its own."""

SEEDS = 100_000
"""Between the seeds of the parts' galaxies."""


@dataclass(frozen=True)
class Stream:
    """Galaxies, the rule by which they are blended, and how many blends make the list."""

    galaxies: Galaxies
    blends: BlendsRecipe
    number: int


@dataclass(frozen=True)
class BlendSamples:
    """Blends of several streams, one stream after the other, by row; the same row is the same blend."""

    streams: tuple[Stream, ...]
    seed: int

    def __len__(self) -> int:
        return sum(stream.number for stream in self.streams)

    def __getitem__(self, row: int) -> Blend:
        return self.make(row, self.seed)

    def make(self, row: int, seed: int) -> Blend:
        """Make the blend of a row with another seed."""
        for stream in self.streams:
            if row < stream.number:
                return make_blend(stream.galaxies, stream.blends, seed=seed, index=row)
            row -= stream.number
        raise IndexError(row)


@dataclass(frozen=True)
class FreshBlends:
    """Rows that ``draw`` turns into blends, so that every epoch has new ones."""

    samples: BlendSamples

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, row: int) -> int:
        return row

    def draw(self, row: int, rng: np.random.Generator) -> Blend:
        """Make the blend of a row with the dice of its epoch."""
        return self.samples.make(row, int(rng.integers(2**62)))


def draw_streams(
    recipes: Sequence[StreamRecipe], part: str, *, share: float = 1.0, number: int | None = None
) -> tuple[Stream, ...]:
    """Draw the galaxies of a part of the split.

    Parameters
    ----------
    recipes : sequence of StreamRecipe
        The streams as the training has them.
    part : str
        Of ``PARTS``; galaxies of one part are in no other.
    share : float, optional
        Of the galaxies' number.
    number : int, optional
        Blends in each stream's list; by default as in an epoch of the training.
    """
    streams = []
    for recipe in recipes:
        galaxies = replace(
            recipe.galaxies, seed=recipe.galaxies.seed + SEEDS * PARTS[part],
            number=max(2, round(share * recipe.galaxies.number)),
        )  # fmt: skip
        streams.append(Stream(draw_galaxies(galaxies), recipe.blends, recipe.epoch if number is None else number))
    return tuple(streams)
