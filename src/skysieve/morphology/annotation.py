"""What is drawn on a neuron: fills, lassos and erasures, from which the regions of each label and channel follow."""

import base64
import zlib
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Bool, Shaped
from pydantic import ConfigDict
from scipy import ndimage

from skysieve.config import STRICT
from skysieve.records.annotations import NeuronAnnotation, Region

StrokeKind = Literal["fill", "lasso", "erase", "remove", "given"]
"""Fill from a seed, outline, erase inside an outline, remove the piece under a point, a mask drawn elsewhere."""

_TOUCHING = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Stroke:
    """One thing that was drawn, as plain values; strokes act in their order.

    Attributes
    ----------
    kind
        What it does.
    labels
        Whose regions it changes. Without any, it draws the region that has no label, and erases from all regions.
    channel
        Counted from 0.
    points
        Positions (x, y) [pixel]: the seed, the corners of an outline, or the point of the piece to remove.
    sigma
        For a fill: threshold in units of the standard deviation of all the channel's pixels.
    bits
        For a given mask: its packed pixels.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    kind: StrokeKind
    labels: tuple[str, ...] = ()
    channel: int = 0
    points: tuple[tuple[float, float], ...] = ()
    sigma: float = 0.0
    bits: str = ""


@dataclass(frozen=True)
class Drawing:
    """Labels of a neuron as a whole, and what was drawn on it."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    labels: tuple[str, ...] = ()
    strokes: tuple[Stroke, ...] = ()


Masks = dict[tuple[str, int], np.ndarray]


def draw_regions(strokes: tuple[Stroke, ...], pixels: Shaped[np.ndarray, "channel row column"]) -> tuple[Region, ...]:
    """Return the regions that remain of the strokes, in the order in which they were begun; none is empty.

    Examples
    --------
    >>> pixels = np.zeros((1, 5, 5)); pixels[0, 1:4, 2] = 1
    >>> fill = Stroke("fill", ("core",), points=((2.0, 2.0),), sigma=2.0)
    >>> [(region.label, region.mask.sum().item()) for region in draw_regions((fill,), pixels)]
    [('core', 3)]
    """
    masks: Masks = {}
    for stroke in strokes:
        _apply_stroke(stroke, masks, pixels[stroke.channel])
    return tuple(Region(label, channel, mask) for (label, channel), mask in masks.items() if mask.any())


def fill_island(
    image: Shaped[np.ndarray, "row column"], seed: tuple[float, float], *, sigma: float
) -> Bool[np.ndarray, "row column"]:
    """Select the pixels connected to a seed, by side or corner, that reach a threshold.

    Parameters
    ----------
    image
        One channel of a neuron; NaN is never selected.
    seed
        Position (x, y) [pixel].
    sigma
        Threshold in units of the standard deviation of all pixels.

    Returns
    -------
    ndarray
        All False where the seed does not reach the threshold, or all pixels are the same.
    """
    spread = float(np.nanstd(image, dtype=np.float64)) if np.isfinite(image).any() else 0.0
    above = (image >= sigma * spread) & (spread > 0)
    return _take_piece(above, seed)


def fill_outline(shape: tuple[int, int], points: tuple[tuple[float, float], ...]) -> Bool[np.ndarray, "row column"]:
    """Select the pixels whose centers an outline goes around, also where it crosses itself.

    Parameters
    ----------
    shape
        Rows and columns.
    points
        Corners (x, y) [pixel]; the last is joined with the first.

    Examples
    --------
    >>> fill_outline((3, 4), ((0.5, 0.5), (2.5, 0.5), (2.5, 9.0), (0.5, 9.0))).astype(int)
    array([[0, 0, 0, 0],
           [0, 1, 1, 0],
           [0, 1, 1, 0]])
    """
    start, rows = np.array(points, np.float64), np.arange(shape[0])
    sides = np.stack([start, np.roll(start, -1, axis=0)], axis=1)
    down = sides[:, 0, 1] < sides[:, 1, 1]
    (x0, y0), (x1, y1) = (np.where(down[:, None], sides[:, one], sides[:, 1 - one]).T for one in (0, 1))
    side, row = np.nonzero((y0[:, None] <= rows) & (rows < y1[:, None]))
    crossing = x0[side] + (row - y0[side]) * (x1 - x0)[side] / (y1 - y0)[side]
    turns = np.zeros((shape[0], shape[1] + 1), np.int64)
    np.add.at(turns, (row, np.ceil(crossing).clip(0, shape[1]).astype(np.int64)), 2 * down[side] - 1)
    return turns[:, ::-1].cumsum(axis=1)[:, -2::-1] != 0


def make_given(region: Region) -> Stroke:
    """Return the stroke that puts a region as it is."""
    packed = zlib.compress(np.packbits(region.mask).tobytes())
    return Stroke("given", (region.label,), region.channel, bits=base64.b64encode(packed).decode("ascii"))


def annotate_neuron(
    neuron: int, drawing: Drawing, pixels: Shaped[np.ndarray, "channel row column"]
) -> NeuronAnnotation:
    """Return the annotation that a drawing amounts to."""
    return NeuronAnnotation(neuron, drawing.labels, draw_regions(drawing.strokes, pixels))


def _apply_stroke(stroke: Stroke, masks: Masks, image: Shaped[np.ndarray, "row column"]) -> None:
    if stroke.kind in {"erase", "remove"}:
        reached = [key for key in masks if key[1] == stroke.channel and (not stroke.labels or key[0] in stroke.labels)]
        for key in reached:
            masks[key] = masks[key] & ~_select(stroke, masks[key])
        return
    drawn = _select(stroke, image)
    for label in stroke.labels or ("",):
        key = (label, stroke.channel)
        masks[key] = masks[key] | drawn if key in masks else drawn


def _select(stroke: Stroke, image: Shaped[np.ndarray, "row column"]) -> Bool[np.ndarray, "row column"]:
    """Select the pixels that a stroke is about: of an image, or of the mask that it is to change."""
    if stroke.kind == "fill":
        return fill_island(image, stroke.points[0], sigma=stroke.sigma)
    if stroke.kind == "remove":
        return _take_piece(image.astype(bool), stroke.points[0])
    if stroke.kind == "given":
        packed = np.frombuffer(zlib.decompress(base64.b64decode(stroke.bits)), np.uint8)
        return np.unpackbits(packed, count=image.size).reshape(image.shape).astype(bool)
    return fill_outline(image.shape, stroke.points)


def _take_piece(mask: Bool[np.ndarray, "row column"], point: tuple[float, float]) -> Bool[np.ndarray, "row column"]:
    column, row = (round(value) for value in point)
    if not (0 <= row < mask.shape[0] and 0 <= column < mask.shape[1] and mask[row, column]):
        return np.zeros_like(mask)
    pieces, _ = ndimage.label(mask, structure=_TOUCHING)
    return pieces == pieces[row, column]
