"""Pictures and masks brought from an image onto a neuron's frame, and from a neuron onto an image."""

import math

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Shaped

from skysieve.som.spatial import locate_in_image, locate_in_neuron
from skysieve.som.transforms import Geometry, orient_image

TOLERANCE = 0.01
"""How far a stored angle may lie off the nearest step of rotation [step]; float32 keeps it far below."""


def project_image(
    image: Float[np.ndarray, "*channels y x"], *, angle: float, flip: bool, neuron_side: int
) -> Float[np.ndarray, "*channels row column"]:
    """Draw an image on the frame of the neuron that it was matched to, at any angle.

    Parameters
    ----------
    image
        Square. NaN spread to the pixels that they touch.
    angle, flip
        The image's transformation: clockwise with row 0 on top [radian], then up-down.
    neuron_side
        Side of the neuron's frame [pixel].

    Returns
    -------
    Float[np.ndarray, "*channels row column"]
        Bilinear, in the type of the image; 0 outside the image.

    Notes
    -----
    At the steps of a `Geometry` this is what the engine compares, up to rounding; `orient_images` is that to the bit.
    """
    x, y = _make_grid(neuron_side)
    found = locate_in_image(x, y, angle=angle, flip=flip, image_side=image.shape[-1], neuron_side=neuron_side)
    return _sample(image, *found)


def project_neuron(
    neuron: Float[np.ndarray, "*channels row column"], *, angle: float, flip: bool, image_side: int
) -> Float[np.ndarray, "*channels y x"]:
    """Draw a neuron on the frame of an image that was matched to it: the inverse of `project_image`.

    Parameters
    ----------
    neuron
        Square.
    angle, flip
        The image's transformation onto the neuron [radian].
    image_side
        Side of the image [pixel]; the neuron is cut to it.

    Examples
    --------
    >>> neuron = np.array([[0.0, 0.0], [0.0, 1.0]])
    >>> project_neuron(neuron, angle=np.pi / 2, flip=False, image_side=2)
    array([[0., 1.],
           [0., 0.]])
    """
    x, y = _make_grid(image_side)
    found = locate_in_neuron(x, y, angle=angle, flip=flip, image_side=image_side, neuron_side=neuron.shape[-1])
    return _sample(neuron, *found)


def project_mask(
    mask: Bool[np.ndarray, "*channels row column"], *, angle: float, flip: bool, image_side: int
) -> Bool[np.ndarray, "*channels y x"]:
    """Lay a mask that was drawn on a neuron over an image that was matched to it.

    Parameters
    ----------
    mask
        On the neuron's frame.
    angle, flip, image_side
        As in `project_neuron`.

    Returns
    -------
    Bool[np.ndarray, "*channels y x"]
        True where the nearest pixel of the mask is; False outside its frame.
    """
    side = mask.shape[-1]
    x, y = locate_in_neuron(*_make_grid(image_side), angle=angle, flip=flip, image_side=image_side, neuron_side=side)
    column, row = np.floor(x + 0.5).astype(np.int64), np.floor(y + 0.5).astype(np.int64)
    inside = (row >= 0) & (column >= 0) & (row < side) & (column < side)
    return mask[..., np.where(inside, row, 0), np.where(inside, column, 0)] & inside


def find_orientations(
    angles: Float[np.ndarray, "*cells"], flips: Shaped[np.ndarray, "*cells"], *, geometry: Geometry
) -> Int[np.ndarray, "*cells"]:
    """Return the orientations of the engine that stored angles [radian] and flips stand for.

    Raises
    ------
    ValueError
        If an angle is none of the geometry's: the mapping was made with another number of rotations.
    """
    steps = np.asarray(angles, np.float64) * geometry.rotations / (2 * math.pi)
    whole = np.rint(steps)
    if not (np.abs(steps - whole) < TOLERANCE).all():
        odd = float(np.degrees(np.asarray(angles)[~(np.abs(steps - whole) < TOLERANCE)].flat[0]))
        raise ValueError(
            f"angle of {odd:.6g} deg: none of {geometry.rotations} rotations; give the geometry of the mapping"
        )
    return (whole.astype(np.int64) % geometry.rotations) + geometry.rotations * np.asarray(flips).astype(np.int64)


def orient_images(
    images: Float[np.ndarray, "image channel y x"],
    *,
    angles: Float[np.ndarray, " image"],
    flips: Shaped[np.ndarray, " image"],
    geometry: Geometry,
) -> Float32[np.ndarray, "image channel row column"]:
    """Draw many images on the frames of the neurons that they were matched to, to the bit as the engine compared them.

    Parameters
    ----------
    images
        Of side geometry.image_side.
    angles, flips
        The transformation of each [radian].

    Raises
    ------
    ValueError
        If an angle is none of the geometry's.
    """
    orientations = find_orientations(angles, flips, geometry=geometry)
    drawn = np.zeros((*images.shape[:2], geometry.neuron_side, geometry.neuron_side), np.float32)
    for number, (image, orientation) in enumerate(zip(images, orientations.tolist(), strict=True)):
        drawn[number] = orient_image(image, orientation, geometry=geometry)
    return drawn


def trim_neuron(
    neuron: Shaped[np.ndarray, "*channels row column"],
) -> Shaped[np.ndarray, "*channels trimmed trimmed"]:
    """Cut a neuron to the central square that every rotation of its images covers, of side floor(D / sqrt 2).

    Examples
    --------
    >>> trim_neuron(np.zeros((91, 91))).shape
    (64, 64)
    """
    side = neuron.shape[-1]
    kept = max(int(side / math.sqrt(2)), 1)
    first = (side - kept) // 2
    return neuron[..., first : first + kept, first : first + kept]


def _make_grid(side: int) -> tuple[Float[np.ndarray, "side side"], Float[np.ndarray, "side side"]]:
    """Columns and rows of a frame."""
    y, x = np.indices((side, side)).astype(np.float64)
    return x, y


def _sample(
    picture: Float[np.ndarray, "*channels v u"], x: Float[np.ndarray, "row column"], y: Float[np.ndarray, "row column"]
) -> Float[np.ndarray, "*channels row column"]:
    """Interpolate between the four pixels around each point; 0 outside the picture."""
    height, width = picture.shape[-2:]
    inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    x, y = np.where(inside, x, 0), np.where(inside, y, 0)
    left, low = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, high = np.minimum(left + 1, width - 1), np.minimum(low + 1, height - 1)
    fx, fy = x - left, y - low
    total = np.zeros((*picture.shape[:-2], *x.shape))
    corners = ((low, left, (1 - fy) * (1 - fx)), (low, right, (1 - fy) * fx), (high, left, fy * (1 - fx)),
               (high, right, fy * fx))  # fmt: skip
    for row, column, weight in corners:
        total += np.where(weight > 0, picture[..., row, column] * weight, 0)
    return (total * inside).astype(picture.dtype)
