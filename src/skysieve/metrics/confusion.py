"""Which class is taken for which."""

import numpy as np
from jaxtyping import Bool, Int64, Integer

from skysieve.metrics.checks import require_labels, require_same_length


def measure_confusion(
    truth: Integer[np.ndarray, " object"] | Bool[np.ndarray, " object"],
    found: Integer[np.ndarray, " object"] | Bool[np.ndarray, " object"],
    *,
    classes: int = 2,
) -> Int64[np.ndarray, "truth found"]:
    """Count the objects of each true class by the class they were given.

    Parameters
    ----------
    truth, found : ndarray of int or bool, shape (object,)
        Labels 0 .. classes - 1.
    classes : int
        Number of classes; those without an object have rows and columns of zeros.

    Returns
    -------
    ndarray of int64, shape (classes, classes)
        Rows are true classes, columns found ones; all zero without objects.

    Raises
    ------
    ValueError
        When lengths differ or a label is out of range.

    Examples
    --------
    >>> measure_confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), classes=3)
    array([[1, 1, 0],
           [0, 1, 0],
           [1, 0, 0]])
    """
    require_same_length(truth=truth, found=found)
    require_labels("truth", truth, classes=classes)
    require_labels("found", found, classes=classes)
    cell = truth.astype(np.int64) * classes + found.astype(np.int64)
    return np.bincount(cell, minlength=classes**2).astype(np.int64).reshape(classes, classes)
