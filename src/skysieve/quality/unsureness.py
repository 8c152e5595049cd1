"""How unsure a model is of exposures, and which one a person had best look at next."""

import math
from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.quality.labels import CAUSES
from skysieve.records import Catalog


def measure_unsureness(
    probability: Float[np.ndarray, "exposure label"], ood: Bool[np.ndarray, " exposure"]
) -> Float[np.ndarray, " exposure"]:
    """Return how unsure a model is of exposures, between 0 and 1.

    Parameters
    ----------
    probability : ndarray, shape (exposure, label)
        Calibrated, a sum of one a row.
    ood : ndarray, shape (exposure,)
        Where the probabilities need not hold: there the model knows nothing, whatever it says.

    Returns
    -------
    ndarray, shape (exposure,)
        The entropy over its largest value, 1 where ``ood``; NaN where a probability is.

    Examples
    --------
    >>> measure_unsureness(np.array([[0.5, 0.5], [1.0, 0.0], [1.0, 0.0]]), np.array([False, False, True])).tolist()
    [1.0, 0.0, 1.0]
    """
    logs = np.log(np.where(probability > 0, probability, 1.0))
    entropy = -(probability * logs).sum(axis=1) / math.log(max(probability.shape[1], 2))
    return np.where(np.isfinite(entropy) & ood, 1.0, np.abs(entropy))


def order_exposures(
    probability: Float[np.ndarray, "exposure label"], ood: Bool[np.ndarray, " exposure"]
) -> Int[np.ndarray, " exposure"]:
    """Return exposures in the order in which labels help most: unlike the training first, then the least sure.

    Exposures without a probability (nobody could read them) come last; equal ones keep their order.
    """
    plain = measure_unsureness(probability, np.zeros(len(ood), bool))
    unknown = ~np.isfinite(plain)
    order: np.ndarray = np.lexsort((np.arange(len(ood)), -np.nan_to_num(plain), ~ood, unknown))
    return order


def find_chances(verdicts: Catalog, names: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    """Look exposures up in a table of verdicts; return their probabilities, NaN without a row, and ``ood``.

    Raises
    ------
    ValueError
        If the table has no verdicts of exposures in it.
    """
    chances = [name for name in verdicts.names if name in {f"p_{cause}" for cause in CAUSES}]
    if "exposure" not in verdicts.names or "ood" not in verdicts.names or not chances:
        raise ValueError("verdicts: the table has no exposure, ood and p_ columns; make it with quality assess --out")
    row_of = {str(name): row for row, name in enumerate(verdicts["exposure"])}
    rows = np.array([row_of.get(name, -1) for name in names], int)
    table = np.column_stack([*(verdicts[name] for name in chances), verdicts["ood"]]).astype(float)
    found = (
        np.where(rows[:, None] >= 0, table[rows], np.nan)
        if len(table)
        else np.full((len(rows), len(chances) + 1), np.nan)
    )
    return found[:, :-1], found[:, -1] == 1
