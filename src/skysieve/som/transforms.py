"""The orientations of a square image on a neuron's frame: bilinear rotations, quarter turns and the flip.

Orientation t is (flip * 4 + turn) * q + k: the image is rotated clockwise by k steps of 2 pi / rotations (k < q =
rotations / 4), turned clockwise by quarter turns, then flipped up-down. k = 0 copies pixels into the frame with integer
margins; the others are interpolated about the exact centers, half a pixel off where the sides differ in parity.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from skysieve.som.sines import measure_sines

RegionShape = Literal["quadratic", "circular"]
"""Where distances are summed: a square, or a disk."""


@dataclass(frozen=True)
class Geometry:
    """Sizes and orientations that one map of images uses; made by `make_geometry`.

    Attributes
    ----------
    image_side, neuron_side, region_side
        Sides of the images, of the neurons' frames and of the region where distances are summed [pixel].
    shape
        Shape of that region.
    rotations
        Rotations in a full circle, 1 or a multiple of 4.
    flip
        Whether the mirror images count as well.
    """

    image_side: int
    neuron_side: int
    region_side: int
    shape: RegionShape
    rotations: int
    flip: bool

    @property
    def steps(self) -> int:
        """Rotations inside a quarter turn, the unrotated image included."""
        return max(self.rotations // 4, 1)

    @property
    def turns(self) -> int:
        """Quarter turns: 4, or 1 where nothing is rotated."""
        return min(self.rotations, 4)

    @property
    def orientations(self) -> int:
        """Orientations in which an image is compared with a neuron."""
        return self.rotations * (2 if self.flip else 1)


def make_geometry(
    image_side: int,
    *,
    rotations: int = 360,
    flip: bool = True,
    shape: RegionShape = "quadratic",
    neuron_side: int | None = None,
    region_side: int | None = None,
) -> Geometry:
    """Choose the sizes that are not given.

    Parameters
    ----------
    image_side
        Side of the square images [pixel].
    rotations
        1, or a multiple of 4.
    neuron_side
        Default: the diagonal of the image, so that no rotation loses a corner; the image's side for one rotation.
    region_side
        Default: for a square the largest that every rotation fills, for a disk the image's side.

    Raises
    ------
    ValueError
        If the number of rotations is neither 1 nor a multiple of 4, or the sides do not fit.

    Examples
    --------
    >>> geometry = make_geometry(64)
    >>> geometry.neuron_side, geometry.region_side, geometry.orientations
    (91, 45, 720)
    """
    if rotations != 1 and (rotations < 4 or rotations % 4):
        raise ValueError(f"rotations: {rotations} is neither 1 nor a positive multiple of 4; choose e.g. 360")
    if image_side < 2:
        raise ValueError(f"image_side: {image_side} pixels; images of at least 2x2 pixels are needed")
    still = rotations == 1
    neuron = neuron_side or (image_side if still else int(2 * image_side / math.sqrt(2) + 1))
    region = region_side or (image_side if still or shape == "circular" else int(image_side * math.sqrt(2) / 2))
    if not 0 < region <= neuron:
        raise ValueError(f"region_side: {region} pixels do not fit into a neuron of {neuron}; choose at most {neuron}")
    return Geometry(image_side, neuron, region, shape, rotations, flip)


def measure_angles(orientations: Int[np.ndarray, "*cells"], geometry: Geometry) -> Float[np.ndarray, "*cells"]:
    """Clockwise angle of each orientation [radian, float32]; an orientation not below `rotations` is also flipped.

    Examples
    --------
    >>> measure_angles(np.array([0, 1, 5]), make_geometry(8, rotations=4)).round(3)
    array([0.   , 1.571, 1.571], dtype=float32)
    """
    step = np.float32(2 * np.pi) / np.float32(geometry.rotations)
    return (orientations % geometry.rotations).astype(np.float32) * step


def locate_source(
    step: int, rows: Int[np.ndarray, " pixel"], columns: Int[np.ndarray, " pixel"], *, geometry: Geometry
) -> tuple[Int[np.ndarray, "pixel 4"], Float[np.ndarray, "pixel 4"]]:
    """Find the four image pixels under each frame pixel of a rotated image, with their bilinear weights.

    Parameters
    ----------
    step
        Rotation k, 0 <= k < geometry.steps.
    rows, columns
        Pixels of the frame.

    Returns
    -------
    pixels, weights
        Flat indices into the image, and float32 weights; all weights are 0 outside the image.

    Notes
    -----
    PINK's pixels and weights to the last bit.
    """
    if step == 0:
        return _locate_unrotated(rows, columns, geometry=geometry)
    side, half = geometry.image_side, np.float32(0.5)
    sin, cos = measure_sines(measure_angles(np.array([step]), geometry))
    center, middle = np.float32(side - 1) * half, np.float32(geometry.neuron_side - 1) * half
    u, v = rows.astype(np.float32) - middle, columns.astype(np.float32) - middle
    y, x = u * cos - v * sin + center, u * sin + v * cos + center
    inside = (y >= 0) & (x >= 0) & (y <= side - 1) & (x <= side - 1)
    y, x = np.where(inside, y, 0), np.where(inside, x, 0)
    y0, x0 = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    fy, fx = (y - y0).astype(np.float32), (x - x0).astype(np.float32)
    y1, x1 = np.minimum(y0 + 1, side - 1), np.minimum(x0 + 1, side - 1)
    pixels = np.stack([y0 * side + x0, y0 * side + x1, y1 * side + x0, y1 * side + x1], axis=-1)
    weights = np.stack([(1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx], axis=-1)
    return pixels, weights * inside[:, None].astype(np.float32)


def _locate_unrotated(
    rows: Int[np.ndarray, " pixel"], columns: Int[np.ndarray, " pixel"], *, geometry: Geometry
) -> tuple[Int[np.ndarray, "pixel 4"], Float[np.ndarray, "pixel 4"]]:
    """Find the image pixel at each frame pixel with integer margins: zeros around a small image."""
    side, wide = geometry.image_side, geometry.neuron_side
    shift = (wide - side) // 2 if wide >= side else -((side - wide) // 2)
    y, x = rows - shift, columns - shift
    inside = (y >= 0) & (x >= 0) & (y < side) & (x < side)
    pixels = np.where(inside, y * side + x, 0)
    weights = np.zeros((len(pixels), 4), np.float32)
    weights[:, 0] = inside
    return np.repeat(pixels[:, None], 4, axis=1), weights


def transform_image(
    image: Float[np.ndarray, "channel y x"], geometry: Geometry
) -> Float[np.ndarray, "orientation channel row column"]:
    """Draw an image in every orientation on the neurons' frame, in order of orientation [float32].

    This is the definition, slow and plain; the engine gives the same answers.
    """
    base = np.stack([rotate_image(image, step, geometry=geometry) for step in range(geometry.steps)])
    turned = np.concatenate([np.rot90(base, -turn, axes=(2, 3)) for turn in range(geometry.turns)])
    return np.concatenate([turned, turned[:, :, ::-1]]) if geometry.flip else turned


def rotate_image(
    image: Float[np.ndarray, "channel y x"], step: int, *, geometry: Geometry
) -> Float[np.ndarray, "channel row column"]:
    """Rotate an image by `step` steps clockwise onto the neurons' frame; NaN where any NaN weighs something.

    Notes
    -----
    float32 throughout, the four terms added in row order without fused multiply-add, as the PINK program does.
    """
    wide = geometry.neuron_side
    rows, columns = (grid.ravel() for grid in np.indices((wide, wide)))
    pixels, weights = locate_source(step, rows, columns, geometry=geometry)
    flat = image.reshape(len(image), -1).astype(np.float32)
    value = np.zeros((len(image), wide * wide), np.float32)
    for corner in range(4):
        weight = weights[:, corner]
        value += np.where(weight == 0, 0, weight * flat[:, pixels[:, corner]])
    return value.reshape(len(image), wide, wide)


def orient_image(
    image: Float[np.ndarray, "channel y x"], orientation: int, *, geometry: Geometry
) -> Float[np.ndarray, "channel row column"]:
    """Draw an image in one orientation on the neurons' frame."""
    step, turn = orientation % geometry.steps, orientation % geometry.rotations // geometry.steps
    turned = np.rot90(rotate_image(image, step, geometry=geometry), -turn, axes=(1, 2))
    return turned[:, ::-1] if orientation >= geometry.rotations else turned
