"""How unlike its neuron an image is, against how unlike it is an empty one."""

import numpy as np
from jaxtyping import Float

from skysieve.som.image_data import ImageSource

ROWS_AT_ONCE = 512


def measure_unlikeness(distance: Float[np.ndarray, " image"], images: ImageSource) -> Float[np.ndarray, " image"]:
    """Divide distances to neurons by the distance to an empty neuron, which makes faint and bright images comparable.

    Parameters
    ----------
    distance
        Of each image to its best-matching unit.
    images
        The mapped images, prepared as they were mapped.

    Returns
    -------
    Float[np.ndarray, " image"]
        0 for an image that is its neuron, about 1 for one that no neuron resembles; infinite for an empty image, NaN
        where the distance is.

    Raises
    ------
    ValueError
        If there are not as many images as distances.

    Notes
    -----
    The distance to an empty neuron is the root of the summed squares of all channels within the largest disk of the
    image; bad pixels count nothing.
    """
    if images.length != len(distance):
        raise ValueError(f"{images.name}: {images.length} images for {len(distance)} rows of the mapping; "
                         "give the images that were mapped")  # fmt: skip
    offset = np.arange(images.side) - (images.side - 1) / 2
    disk = np.hypot(offset, offset[:, None]) <= images.side / 2
    unlike = np.full(len(distance), np.nan)
    for start in range(0, len(distance), ROWS_AT_ONCE):
        rows = np.arange(start, min(start + ROWS_AT_ONCE, len(distance)))
        square = np.nansum(images.read(rows)[..., disk].astype(np.float64) ** 2, axis=(1, 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            unlike[rows] = np.where(square > 0, distance[rows] / np.sqrt(square), np.inf)
    return np.where(np.isnan(distance), np.nan, unlike)
