"""Training once a fold: each object is judged by a network that has not seen its group."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int

from skysieve.training.fitting import Fitted


def fit_folds(
    folds: Int[np.ndarray, " object"],
    fit_fold: Callable[[Int[np.ndarray, " seen"], Int[np.ndarray, " held"], Path], Fitted],
    *,
    out: Path,
) -> Sequence[Fitted]:
    """Train one network a fold, each in a run folder of its own, so that a killed one goes on.

    Parameters
    ----------
    folds : array
        The fold of each object, as ``split_folds`` gives it.
    fit_fold : callable
        Takes the rows to learn from, the rows of the fold that is held out, and the run folder; calls ``fit``.
    out : Path
        Holds the run folders ``fold-0``, ``fold-1``, ...

    Returns
    -------
    sequence of Fitted
        In the order of the folds.
    """
    return [
        fit_fold(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold), out / f"fold-{fold}")
        for fold in range(int(folds.max(initial=-1)) + 1)
    ]
