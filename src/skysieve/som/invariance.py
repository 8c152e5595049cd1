"""The definition of a rotation- and flip-invariant map of images: distances over all orientations, and one update.

Slow and exact, one image at a time; `skysieve.som.engine` gives the same answers fast.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.som.regions import make_region
from skysieve.som.transforms import Geometry, transform_image


@dataclass(frozen=True)
class Mapping:
    """How well and in which orientation images match neurons.

    Attributes
    ----------
    distance
        Euclidean distance in the best orientation [unit of the images], float32; NaN for an image without any good
        pixel.
    orientation
        That orientation, the first of equals; `transforms.measure_angles` gives its angle, and it is flipped from
        `rotations` on.
    """

    distance: Float[np.ndarray, "image neuron"]
    orientation: Int[np.ndarray, "image neuron"]

    @property
    def bmu(self) -> Int[np.ndarray, " image"]:
        """Best-matching unit of each image: the first neuron at the smallest distance, -1 where it is NaN."""
        return np.where(np.isnan(self.distance).any(axis=1), -1, self.distance.argmin(axis=1))


def compare_image(
    image: Float[np.ndarray, "channel y x"],
    neurons: Float[np.ndarray, "neuron channel row column"],
    *,
    geometry: Geometry,
) -> tuple[Float[np.ndarray, "neuron"], Int[np.ndarray, "neuron"]]:
    """Measure the distance of one image to each neuron in its best orientation.

    Parameters
    ----------
    image
        NaN where a pixel is bad.

    Returns
    -------
    distances, orientations
        Euclidean distances over the region, and the orientations that reach them; NaN and 0 for an image that is bad
        throughout, or throughout the region in every orientation.

    Notes
    -----
    A pixel of the frame is bad where any bad pixel of the image weighs something in it (outside the image it is 0, and
    good). The sum of squares over good
    pixels is multiplied by the number of all pixels of the region (and channels) over the number of good ones, so that
    distances stay comparable. An orientation without any good pixel does not count.

    Differences are float32, their squares summed in float64, the sum rounded to float32; among equal sums the first
    orientation counts. So quarter turns of a symmetric image are equal, whatever the order of the sum.
    """
    region = make_region(geometry)
    drawn = transform_image(image, geometry)[:, :, region]
    bad = np.isnan(drawn)
    squares = np.stack([_sum_squares(drawn - neuron[:, region], bad) for neuron in neurons])
    orientation, least = squares.argmin(axis=1), squares.min(axis=1)
    unknown = np.isinf(least) | np.isnan(image).all()
    return np.sqrt(np.where(unknown, np.float32(np.nan), least)), np.where(unknown, 0, orientation)


def _sum_squares(
    difference: Float[np.ndarray, "orientation channel pixel"], bad: Bool[np.ndarray, "orientation channel pixel"]
) -> Float[np.ndarray, " orientation"]:
    """Sum squared differences in float64, scaled from good pixels to all, rounded to float32."""
    wide = difference.astype(np.float64)
    if not bad.any():
        return np.einsum("ocp,ocp->o", wide, wide).astype(np.float32)
    wide[bad] = 0
    good = (~bad).sum(axis=(1, 2))
    scaled = np.einsum("ocp,ocp->o", wide, wide) * (difference[0].size / np.maximum(good, 1))
    return np.where(good > 0, scaled, np.inf).astype(np.float32)


def train_directly(
    neurons: Float[np.ndarray, "neuron channel row column"],
    images: Float[np.ndarray, "image channel y x"],
    *,
    weights: Float[np.ndarray, "neuron neuron"],
    geometry: Geometry,
) -> Float[np.ndarray, "neuron channel row column"]:
    """Show the images to the neurons, one after the other.

    Parameters
    ----------
    weights
        Row b holds how far each neuron moves toward an image that matches neuron b best, from 0 to 1.

    Returns
    -------
    Float[np.ndarray, "neuron channel row column"]
        N - (N - X) w over the whole frame, X the image in the neuron's own best orientation [float32]. Bad pixels of X
        do not move N, and an image without distances moves nothing.
    """
    moved = neurons.astype(np.float32)
    for image in images:
        distances, orientations = compare_image(image, moved, geometry=geometry)
        if np.isnan(distances).any():
            continue
        drawn, weight = transform_image(image, geometry), weights[distances.argmin()].astype(np.float32)
        shift = (moved - drawn[orientations]) * weight[:, None, None, None]
        moved = moved - np.where(np.isnan(shift), 0, shift)
    return moved
