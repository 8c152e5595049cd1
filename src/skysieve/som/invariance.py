"""The definition of a rotation- and flip-invariant map of images: distances over all orientations, and one update.

Slow and exact, one image at a time; `skysieve.som.engine` gives the same answers fast.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from skysieve.som.regions import make_region
from skysieve.som.transforms import Geometry, transform_image


@dataclass(frozen=True)
class Mapping:
    """How well and in which orientation images match neurons.

    Attributes
    ----------
    distance
        Euclidean distance in the best orientation [unit of the images], float32.
    orientation
        That orientation, the first of equals; `transforms.measure_angles` gives its angle, and it is flipped from
        `rotations` on.
    """

    distance: Float[np.ndarray, "image neuron"]
    orientation: Int[np.ndarray, "image neuron"]

    @property
    def bmu(self) -> Int[np.ndarray, " image"]:
        """Best-matching unit of each image: the first neuron at the smallest distance."""
        return self.distance.argmin(axis=1)


def compare_image(
    image: Float[np.ndarray, "channel y x"],
    neurons: Float[np.ndarray, "neuron channel row column"],
    *,
    geometry: Geometry,
) -> tuple[Float[np.ndarray, "neuron"], Int[np.ndarray, "neuron"]]:
    """Measure the distance of one image to each neuron in its best orientation.

    Returns
    -------
    distances, orientations
        Euclidean distances over the region, and the orientations that reach them.

    Notes
    -----
    Differences are float32, their squares summed in float64, the sum rounded to float32; among equal sums the first
    orientation counts. So quarter turns of a symmetric image are equal, whatever the order of the sum.
    """
    region = make_region(geometry)
    drawn = transform_image(image, geometry)[:, :, region]
    squares = np.stack([_sum_squares(drawn - neuron[:, region]) for neuron in neurons])
    orientation = squares.argmin(axis=1)
    return np.sqrt(squares.min(axis=1)), orientation


def _sum_squares(difference: Float[np.ndarray, "orientation channel pixel"]) -> Float[np.ndarray, " orientation"]:
    """Sum squared differences in float64, rounded to float32."""
    wide = difference.astype(np.float64)
    return np.einsum("ocp,ocp->o", wide, wide).astype(np.float32)


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
        N - (N - X) w over the whole frame, X the image in the neuron's own best orientation [float32].
    """
    moved = neurons.astype(np.float32)
    for image in images:
        distances, orientations = compare_image(image, moved, geometry=geometry)
        drawn, weight = transform_image(image, geometry), weights[distances.argmin()].astype(np.float32)
        moved = moved - (moved - drawn[orientations]) * weight[:, None, None, None]
    return moved
