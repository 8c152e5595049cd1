"""Refusals that every metric shares: numbers that are missing, arrays that do not belong together."""

from typing import Any, get_args

import numpy as np
from jaxtyping import Bool, Num, Shaped


def require_finite(name: str, values: Num[np.ndarray, "..."]) -> None:
    """Refuse NaN and infinite numbers, so that none is averaged unseen."""
    bad = values.size - int(np.count_nonzero(np.isfinite(values)))
    if bad:
        raise ValueError(f"{name}: {bad} of {values.size} values are NaN or infinite; leave them out with "
                         "select_finite, and say how many they were")  # fmt: skip


def require_same_length(**arrays: Shaped[np.ndarray, "..."]) -> None:
    """Refuse arrays whose first axes differ."""
    lengths = {name: len(values) for name, values in arrays.items()}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"{found}; give one row an object in each")


def require_fraction(name: str, value: float) -> None:
    """Refuse a level that does not lie between 0 and 1, both excluded."""
    if not 0 < value < 1:
        raise ValueError(f"{name}={value}: a fraction between 0 and 1 is wanted, such as 0.68")


def require_choice(name: str, value: str, choices: Any) -> None:
    """Refuse a word that is none of a ``Literal``'s."""
    if value not in get_args(choices):
        raise ValueError(f"{name}={value!r}: one of {', '.join(get_args(choices))} is wanted")


def require_probability(name: str, values: Num[np.ndarray, "object *label"]) -> None:
    """Refuse numbers outside [0, 1], and rows of several classes that do not sum to one."""
    require_finite(name, values)
    outside = int(np.count_nonzero((values < 0) | (values > 1)))
    if outside:
        raise ValueError(f"{name}: {outside} of {values.size} values lie outside [0, 1]; turn scores into "
                         "probabilities first")  # fmt: skip
    if values.ndim > 1 and not np.allclose(values.sum(axis=-1), 1, atol=1e-3):
        raise ValueError(f"{name}: the classes of a row do not sum to one; give one softmax a row")


def require_labels(name: str, values: Shaped[np.ndarray, " object"], *, classes: int) -> None:
    """Refuse labels that are not one of 0 .. classes - 1."""
    outside = (values < 0) | (values >= classes)
    if outside.any():
        raise ValueError(f"{name}: the label {values[outside][0]} is none of the {classes} classes; "
                         f"labels run from 0 to {classes - 1}")  # fmt: skip


def select_finite(*columns: Num[np.ndarray, " object"]) -> Bool[np.ndarray, " object"]:
    """Tell which objects have a number in every column.

    No metric skips NaN by itself: use this mask on everything that belongs to the objects (groups too), and report
    how many it leaves out.

    Parameters
    ----------
    *columns : ndarray, shape (object,)
        One or more columns of the same objects.

    Returns
    -------
    ndarray of bool, shape (object,)
        True where all columns are finite.

    Raises
    ------
    ValueError
        Without a column, or when their lengths differ.

    Examples
    --------
    >>> select_finite(np.array([0.1, np.nan, 0.3]), np.array([1.0, 2.0, np.inf]))
    array([ True, False, False])
    """
    if not columns:
        raise ValueError("select_finite: no column given; give at least one")
    require_same_length(**{f"column {n}": column for n, column in enumerate(columns)})
    return np.logical_and.reduce([np.isfinite(column) for column in columns])
