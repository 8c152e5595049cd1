"""Which rows of prepared images a map learns from, and how often each counts."""

import numpy as np
from jaxtyping import Float32

from skysieve.som.image_data import ImageSource, select_images

FLAGS, UNUSABLE = "preparation_flags", 3
"""Column of prepared images, and its bits for those with nothing in a channel: no pixels, empty."""
WEIGHT = "training_weight"
"""Column that says how often an image counts."""
ROWS_AT_ONCE = 65536


def choose_training_rows(images: ImageSource) -> tuple[ImageSource, Float32[np.ndarray, " image"] | None]:
    """Leave out images that are unusable by their column ``preparation_flags``, or of ``training_weight`` 0.

    Returns
    -------
    images, counts
        What is left, and their weights; None where there is no such column. Without the columns all images are left.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, or no image is left of some.
    """
    usable, weights = _read_columns(images)
    if not np.isfinite(weights).all() or (weights < 0).any():
        wrong = weights[~(np.isfinite(weights) & (weights >= 0))][0]
        raise ValueError(f"{images.name}: {WEIGHT} is {wrong:g} in some row; wanted is a number, 0 or above")
    rows = np.flatnonzero(usable & (weights != 0) if len(weights) else usable)
    if images.length and not len(rows):
        raise ValueError(f"{images.name}: all images are unusable or have {WEIGHT} 0; there is nothing to train on")
    chosen = images if len(rows) == images.length else select_images(images, rows)
    return chosen, weights[rows] if len(weights) else None


def _read_columns(images: ImageSource) -> tuple[np.ndarray, Float32[np.ndarray, " row"]]:
    """Return which rows are usable, and their weights; no weights where there is no such column."""
    usable, weights = [np.zeros(0, bool)], [np.zeros(0, np.float32)]
    for start in range(0, images.length, ROWS_AT_ONCE):
        numbers = np.arange(start, min(start + ROWS_AT_ONCE, images.length))
        rows = images.read_catalog(numbers)
        flagged = rows[FLAGS] & UNUSABLE if FLAGS in rows.names else np.zeros(len(rows), np.int64)
        usable.append(flagged == 0)
        weights.append(rows[WEIGHT].astype(np.float32) if WEIGHT in rows.names else np.zeros(0, np.float32))
    return np.concatenate(usable), np.concatenate(weights)
