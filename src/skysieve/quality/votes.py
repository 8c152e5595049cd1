"""Labels of several people as numbers, and what is believed of people before they label anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float, Int
from pydantic import Field

from skysieve.config import STRICT
from skysieve.io.exposurelabels import ExposureLabel
from skysieve.quality.labeling import UNDECIDED
from skysieve.quality.labels import CAUSES

Share = Annotated[float, Field(gt=0, lt=1)]
Worth = Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True)
class RatersRecipe:
    """What is believed of raters before they label anything.

    Parameters
    ----------
    prior : float
        A rater's row of a class counts as so many labels that were seen already: a weak Dirichlet prior.
    right : float
        Share of these that were right; the others are spread evenly.
    sureness : tuple of float
        What a label is worth that is a guess, fairly sure, or certain, in units of a certain one.
    tolerance : float
        Fitting ends where no probability changes by more.
    rounds : int
        The most rounds.
    resamples : int
        Fits to exposures drawn anew, from which the errors follow.
    seed : int
        Of the draws.
    """

    __pydantic_config__ = STRICT

    prior: Annotated[float, Field(gt=0)] = 2.0
    right: Share = 0.8
    sureness: tuple[Worth, Worth, Worth] = field(default=(0.4, 0.7, 1.0))
    tolerance: Share = 1e-6
    rounds: Annotated[int, Field(ge=1)] = 500
    resamples: Annotated[int, Field(ge=2)] = 40
    seed: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True)
class Votes:
    """Labels as numbers: of each one the rows of its exposure, rater and class, and what it is worth."""

    exposures: tuple[str, ...]
    raters: tuple[str, ...]
    exposure: Int[np.ndarray, " vote"]
    rater: Int[np.ndarray, " vote"]
    label: Int[np.ndarray, " vote"]
    worth: Float[np.ndarray, " vote"]

    def __len__(self) -> int:
        return len(self.label)

    @property
    def shared(self) -> Bool[np.ndarray, " exposure"]:
        """Tell which exposures two raters or more labeled."""
        return np.bincount(self.exposure, minlength=len(self.exposures)) > 1


def count_votes(labels: Sequence[ExposureLabel], recipe: RatersRecipe) -> Votes:
    """Return labels as numbers; those of who is undecided say nothing and are left out.

    Raises
    ------
    ValueError
        If no label is left, or one is not a class.
    """
    said = [one for one in labels if one.label != UNDECIDED]
    unknown = sorted({one.label for one in said} - set(CAUSES))
    if unknown:
        raise ValueError(f"labels: {unknown[0]} is no class; there are {', '.join(CAUSES)} and {UNDECIDED}")
    if not said:
        raise ValueError("labels: nobody decided anything; label exposures first")
    exposures, exposure = np.unique([one.exposure for one in said], return_inverse=True)
    raters, rater = np.unique([one.rater for one in said], return_inverse=True)
    label = np.array([CAUSES.index(one.label) for one in said])
    worth = np.array([recipe.sureness[one.sureness - 1] for one in said])
    return Votes(tuple(exposures.tolist()), tuple(raters.tolist()), exposure, rater, label, worth)
