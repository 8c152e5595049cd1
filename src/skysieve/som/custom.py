"""Maps made by hand: pictures of a wanted morphology as neurons, to search a survey for what resembles them."""

import numpy as np
from jaxtyping import Float

from skysieve.som.lattice import Lattice
from skysieve.som.maps import ImageMap
from skysieve.som.transforms import Geometry, make_geometry, rotate_image


def make_custom_map(
    pictures: Float[np.ndarray, "picture channel y x"],
    *,
    geometry: Geometry | None = None,
    lattice: Lattice | None = None,
    bands: tuple[str, ...] = (),
) -> ImageMap:
    """Make a map whose neurons are given pictures: prepared images, averages of some, or drawings.

    Images mapped onto it have their distance to each picture in the best orientation; the nearest ones
    (`inspection.find_best_matches`) resemble it most.

    Parameters
    ----------
    pictures
        In the unit of the prepared images. Of the images' side (they are put into the middle of the neurons' frame)
        or of the neurons' side.
    geometry
        How images are compared. Default: that of `make_geometry` for images of the pictures' side.
    lattice
        Default: one row of as many neurons.
    bands
        Names of the channels.

    Raises
    ------
    ValueError
        If there are no pictures, they hold pixels that are not finite, or are of neither side, or the lattice has
        another number of neurons.

    Examples
    --------
    >>> made = make_custom_map(np.eye(32)[None, None])
    >>> made.neurons.shape, made.lattice.shape
    ((1, 1, 46, 46), (1,))
    """
    if not len(pictures) or pictures.shape[-1] != pictures.shape[-2]:
        raise ValueError(f"pictures of shape {pictures.shape}: wanted is at least one, and square")
    if not np.isfinite(pictures).all():
        raise ValueError("pictures: some pixels are not finite; fill them, 0 stands for an empty sky")
    how = geometry or make_geometry(pictures.shape[-1])
    side = pictures.shape[-1]
    if side == how.image_side:
        neurons = np.stack([rotate_image(picture, 0, geometry=how) for picture in pictures])
    elif side == how.neuron_side:
        neurons = pictures.astype(np.float32)
    else:
        raise ValueError(
            f"pictures of {side} pixels a side: wanted are {how.image_side} as images or {how.neuron_side} as neurons"
        )
    return ImageMap(
        neurons, lattice or Lattice((len(pictures),)), how, bands=bands, provenance={"made": "from given pictures"}
    )
