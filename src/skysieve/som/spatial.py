"""Between an image and a neuron's frame: where points go, both ways.

The convention is that of the mapping files: an image is turned clockwise (row 0 on top) by the angle about the centers
of both frames, then its rows are reversed where it is flipped. Half pixels follow the engine: at whole quarter turns it
copies pixels with integer margins, so there frames that differ in parity lie half a pixel off their centers.
"""

import math

import numpy as np
from jaxtyping import Float, Shaped

Angle = Float[np.ndarray, "*#points"] | float | np.floating
"""One angle for all points, or one a point [radian]."""

Flip = Shaped[np.ndarray, "*#points"] | bool | np.bool_ | np.integer
"""One flip for all points, or one a point."""

SAME_TURN = 1e-5
"""Angles this close to whole quarter turns are whole quarter turns [radian]; a step of rotation is far wider."""


def locate_in_image(
    x: Float[np.ndarray, "*points"],
    y: Float[np.ndarray, "*points"],
    *,
    angle: Angle,
    flip: Flip,
    image_side: int,
    neuron_side: int,
) -> tuple[Float[np.ndarray, "*points"], Float[np.ndarray, "*points"]]:
    """Find where points of a neuron's frame lie in an image that was matched to it.

    Parameters
    ----------
    x, y
        Column and row in the neuron's frame [pixel, 0-based centers]; NaN stays NaN.
    angle, flip
        The image's transformation onto the neuron, as in `StoredMapping`: clockwise [radian], then up-down.
    image_side, neuron_side
        Sides of both frames [pixel].

    Returns
    -------
    x, y
        Column and row in the image [pixel]; outside its frame where the neuron reaches farther.

    Examples
    --------
    >>> x, y = locate_in_image(np.array(2.0), np.array(1.0), angle=np.pi / 2, flip=False, image_side=3, neuron_side=3)
    >>> float(x), float(y)
    (1.0, 0.0)
    """
    cos, sin, quarter = _measure_turn(angle)
    middle = (neuron_side - 1) / 2
    right, down = x - middle, np.where(flip, middle - y, y - middle)
    center = (image_side - 1) / 2 + quarter * _measure_slip(image_side, neuron_side)
    return np.asarray(center + right * cos + down * sin), np.asarray(center + down * cos - right * sin)


def locate_in_neuron(
    x: Float[np.ndarray, "*points"],
    y: Float[np.ndarray, "*points"],
    *,
    angle: Angle,
    flip: Flip,
    image_side: int,
    neuron_side: int,
) -> tuple[Float[np.ndarray, "*points"], Float[np.ndarray, "*points"]]:
    """Find where points of an image lie in the frame of a neuron: the inverse of `locate_in_image`.

    Parameters
    ----------
    x, y
        Column and row in the image [pixel, 0-based centers]; NaN stays NaN.
    angle, flip, image_side, neuron_side
        As in `locate_in_image`.

    Returns
    -------
    x, y
        Column and row in the neuron's frame [pixel].

    Examples
    --------
    >>> x, y = locate_in_neuron(np.array(1.0), np.array(0.0), angle=np.pi / 2, flip=False, image_side=3, neuron_side=3)
    >>> float(x), float(y)
    (2.0, 1.0)
    """
    cos, sin, quarter = _measure_turn(angle)
    center = (image_side - 1) / 2 + quarter * _measure_slip(image_side, neuron_side)
    right, down = (x - center) * cos - (y - center) * sin, (x - center) * sin + (y - center) * cos
    middle = (neuron_side - 1) / 2
    return np.asarray(middle + right), np.asarray(np.where(flip, middle - down, middle + down))


def _measure_turn(angle: Angle) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cosine and sine of an angle, exact at whole quarter turns, and where it is one."""
    turned = np.asarray(angle, np.float64)
    turn = np.rint(turned / (math.pi / 2))
    quarter = np.asarray(np.abs(turned - turn * math.pi / 2) < SAME_TURN)
    cos, sin = np.cos(turned), np.sin(turned)
    return np.where(quarter, np.rint(cos), cos), np.where(quarter, np.rint(sin), sin), quarter


def _measure_slip(image_side: int, neuron_side: int) -> float:
    """How far the engine's copy with integer margins lies off the centers, along both axes of the image [pixel]."""
    half = (neuron_side - image_side) % 2 / 2
    return half if neuron_side >= image_side else -half
