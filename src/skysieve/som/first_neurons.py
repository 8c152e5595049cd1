"""Neurons of images before training: noise, nothing, principal axes of upright images, or those of another map."""

import math
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from skysieve.som.initialization import Compat, make_directed_neurons, make_pca_neurons, make_random_neurons
from skysieve.som.lattice import Lattice
from skysieve.som.maps import read_image_map
from skysieve.som.transforms import Geometry, orient_image

NAMES = ("zero", "random", "random_with_preferred_direction", "pca")


def make_first_neurons(
    init: str,
    sample: Float[np.ndarray, "image channel y x"],
    *,
    lattice: Lattice,
    geometry: Geometry,
    seed: int,
    compat: Compat = "skysieve",
) -> Float32[np.ndarray, "neuron channel row column"]:
    """Make neurons to start from.

    Parameters
    ----------
    init
        One of `NAMES`, or the path of a map with as many neurons of the same size.
    sample
        Some images, for ``pca`` and for the number of channels.
    compat
        ``pink`` draws the random numbers of PINK 2.

    Raises
    ------
    ValueError
        If the name is unknown, or the map at the path does not fit.
    """
    side = geometry.neuron_side
    shape = (sample.shape[1], side, side)
    if init == "zero":
        return np.zeros((lattice.n_neurons, *shape), np.float32)
    if init == "random":
        return make_random_neurons(lattice.n_neurons, shape, seed=seed, compat=compat)
    if init == "random_with_preferred_direction":
        return make_directed_neurons(lattice.n_neurons, shape, seed=seed, compat=compat)
    if init == "pca":
        return spread_principal_images(sample, lattice, geometry=geometry)
    if not Path(init).exists():
        raise ValueError(f"init = {init}: neither one of {', '.join(NAMES)} nor the path of a trained map")
    return check_neurons(read_image_map(Path(init), geometry=geometry).neurons, (lattice.n_neurons, *shape))


def check_neurons(
    neurons: Float[np.ndarray, "neuron channel row column"], wanted: tuple[int, ...]
) -> Float32[np.ndarray, "neuron channel row column"]:
    """Return neurons to start from as float32.

    Raises
    ------
    ValueError
        If they have another shape, or are not finite.
    """
    if neurons.shape != wanted:
        raise ValueError(f"init: neurons of shape {neurons.shape} are given; the map wants {wanted}")
    if not np.isfinite(neurons).all():
        raise ValueError("init: some neurons are not finite; give others")
    return np.array(neurons, np.float32)


def spread_principal_images(
    sample: Float[np.ndarray, "image channel y x"], lattice: Lattice, *, geometry: Geometry
) -> Float32[np.ndarray, "neuron channel row column"]:
    """Spread neurons over the principal axes of upright images, see `turn_upright`.

    Parameters
    ----------
    sample
        Some hundreds are enough. Bad pixels count as 0.

    Returns
    -------
    array
        All neurons equal where the images are; 0 for no images.
    """
    side = geometry.neuron_side
    upright = [turn_upright(np.nan_to_num(image, nan=0.0), geometry).ravel() for image in sample]
    drawn = np.stack(upright).astype(np.float64) if upright else np.zeros((1, sample.shape[1] * side**2))
    mean = drawn.mean(axis=0)
    _, _, axes = np.linalg.svd(drawn - mean, full_matrices=False)
    axes = axes[: len(lattice.shape)]
    places = make_pca_neurons((drawn - mean) @ axes.T, lattice)
    neurons = mean + places @ axes
    return neurons.reshape(lattice.n_neurons, sample.shape[1], side, side).astype(np.float32)


def turn_upright(
    image: Float[np.ndarray, "channel y x"], geometry: Geometry
) -> Float32[np.ndarray, "channel row column"]:
    """Draw an image with its long axis along the rows, in the nearest orientation that the geometry knows.

    Notes
    -----
    The axis is that of the second moments of the light above 0, all channels together, about the image's center; the
    image is turned by less than a half turn to it. An image without light, or a round one, is drawn as it is.
    """
    light = np.clip(image, 0, None).sum(axis=0, dtype=np.float64)
    offset = np.arange(geometry.image_side) - (geometry.image_side - 1) / 2
    across = 2 * (light * offset[:, None] * offset).sum()
    along = (light * (offset**2 - offset[:, None] ** 2)).sum()
    angle = -math.atan2(across, along) / 2  # the turn clockwise that brings the axis along the rows
    orientation = round(angle / (2 * math.pi) * geometry.rotations) % geometry.rotations
    drawn = orient_image(image, orientation, geometry=geometry)
    return drawn.astype(np.float32)
