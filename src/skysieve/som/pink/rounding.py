"""Online training with the rounding of PINK 2: squared differences summed pixel after pixel in 32 bits.

Where several orientations or neurons are nearly as near, that rounding decides between them. A map that starts from
zeros owes its orientation to it, and thousands of such choices add up in one that is trained long. So the near ones,
found by a matrix product, are summed here as PINK sums them.
"""

import math
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Float, Float32, Int

from skysieve.som.invariance import Mapping
from skysieve.som.regions import make_region
from skysieve.som.transforms import Geometry, locate_source

NUMBERS_AT_ONCE = 1 << 22
"""Squared differences in memory at once."""


@dataclass(frozen=True)
class Tables:
    """Where the pixels of an image go.

    Attributes
    ----------
    source, weight
        The four image pixels under each frame pixel, and their bilinear weights, for every rotation inside a quarter
        turn.
    seen
        For each flip and quarter turn, which pixel of the frame is seen at each pixel.
    region
        Flat pixels of the frame that count in a distance, in the order in which they are summed.
    """

    source: Int[np.ndarray, "4 step pixel"]
    weight: Float32[np.ndarray, "4 step pixel"]
    seen: Int[np.ndarray, "group pixel"]
    region: Int[np.ndarray, " inside"]


@final
class Drawing:
    """One image in all rotations inside a quarter turn, on the frame of the neurons."""

    def __init__(self, image: Float32[np.ndarray, "channel y x"], tables: Tables, geometry: Geometry) -> None:
        flat = image.reshape(len(image), -1)
        self.geometry, self.tables = geometry, tables
        self.rotated = np.stack([_interpolate(channel, tables) for channel in flat], axis=1)

    def draw_region(self) -> Float32[np.ndarray, "orientation value"]:
        """Return the pixels of the region in all orientations, one channel behind the other."""
        pixels = self.tables.seen[:, self.tables.region]
        drawn = np.empty((len(pixels), *self.rotated.shape[:2], pixels.shape[1]), np.float32)
        for some, out in zip(pixels, drawn, strict=True):
            np.take(self.rotated, some, axis=2, out=out, mode="clip")
        return drawn.reshape(self.geometry.orientations, -1)

    def draw_frames(self, orientation: Int[np.ndarray, " neuron"]) -> Float32[np.ndarray, "neuron channel pixel"]:
        """Return whole frames in one orientation each."""
        frames = np.empty((len(orientation), *self.rotated.shape[1:]), np.float32)
        for turned, out in zip(orientation.tolist(), frames, strict=True):
            group, step = divmod(turned, self.geometry.steps)
            np.take(self.rotated[step], self.tables.seen[group], axis=1, out=out, mode="clip")
        return frames


def make_tables(geometry: Geometry) -> Tables:
    """Tabulate a geometry; 150 pixels and 360 rotations take 200 MB."""
    wide = geometry.neuron_side
    rows, columns = (grid.ravel() for grid in np.indices((wide, wide)))
    found = [locate_source(step, rows, columns, geometry=geometry) for step in range(geometry.steps)]
    frame = np.arange(wide * wide).reshape(wide, wide)
    turned = [np.rot90(frame, -turn) for turn in range(geometry.turns)]
    flipped = [one[::-1] for one in turned] if geometry.flip else []
    return Tables(
        np.stack([pixels.T for pixels, _ in found], axis=1),
        np.stack([weights.T for _, weights in found], axis=1),
        np.stack([one.ravel() for one in (*turned, *flipped)]),
        np.flatnonzero(make_region(geometry)),
    )


def _interpolate(channel: Float32[np.ndarray, " source"], tables: Tables) -> Float32[np.ndarray, "step pixel"]:
    """Add the weighted corners one after the other, without fused multiply-add."""
    total = np.zeros(tables.weight.shape[1:], np.float32)
    corner = np.empty_like(total)
    for source, weight in zip(tables.source, tables.weight, strict=True):
        np.take(channel, source, out=corner, mode="clip")
        corner *= weight
        total += corner
    return total


def show_image(
    neurons: Float32[np.ndarray, "neuron neuron_channel row column"],
    image: Float32[np.ndarray, "channel y x"],
    *,
    weights: Float32[np.ndarray, "neuron neuron"],
    tables: Tables,
    geometry: Geometry,
) -> int:
    """Show one image to the neurons, which move toward it.

    Parameters
    ----------
    neurons
        Changed in place to N - (N - X) w, X the image in the neuron's own best orientation, over the whole frame.
    weights
        Row b holds how far each neuron moves toward an image that matches neuron b best.
    tables
        From `make_tables`.

    Returns
    -------
    int
        The best-matching unit: the first of the nearest neurons.
    """
    drawing = Drawing(image, tables, geometry)
    drawn, inside = drawing.draw_region(), _take_region(neurons, tables)
    bmu, orientation = _match(drawn, inside)
    weight = weights[bmu]
    moving = np.flatnonzero(weight)
    frames = drawing.draw_frames(orientation[moving]).reshape(len(moving), *neurons.shape[1:])
    there = neurons[moving]
    np.subtract(there, frames, out=frames)
    frames *= weight[moving, None, None, None]
    neurons[moving] = there - frames
    return bmu


def map_image(
    neurons: Float32[np.ndarray, "neuron neuron_channel row column"],
    image: Float32[np.ndarray, "channel y x"],
    *,
    tables: Tables,
    geometry: Geometry,
) -> Mapping:
    """Map one image onto neurons; distances and orientations are those of PINK to the last bit."""
    drawn, inside = Drawing(image, tables, geometry).draw_region(), _take_region(neurons, tables)
    orientation = _match(drawn, inside)[1]
    square = sum_in_order(drawn, inside, orientation=orientation, neuron=np.arange(len(neurons)))
    return Mapping(np.sqrt(square)[None], orientation[None])


def _take_region(
    neurons: Float32[np.ndarray, "neuron channel row column"], tables: Tables
) -> Float32[np.ndarray, "neuron value"]:
    return np.take(neurons.reshape(*neurons.shape[:2], -1), tables.region, axis=2).reshape(len(neurons), -1)


def _match(
    drawn: Float32[np.ndarray, "orientation value"], inside: Float32[np.ndarray, "neuron value"]
) -> tuple[int, Int[np.ndarray, " neuron"]]:
    """Find the best-matching unit of an image, and its best orientation for each neuron."""
    square, slack = _estimate_squares(drawn, inside)
    best = square.min(axis=1)
    near = square <= (best + 2 * slack)[:, None]
    rivals = best - slack <= (best + slack).min()
    doubtful = np.flatnonzero((near.sum(axis=1) > 1) | (rivals & (rivals.sum() > 1)))
    orientation = near.argmax(axis=1)
    if len(doubtful):
        neuron, turned = near[doubtful].nonzero()
        sums = np.full((len(doubtful), len(drawn)), np.inf, np.float32)
        sums[neuron, turned] = sum_in_order(drawn, inside, orientation=turned, neuron=doubtful[neuron])
        orientation[doubtful], best[doubtful] = sums.argmin(axis=1), sums.min(axis=1)
    return int(best.argmin()), orientation


def _estimate_squares(
    drawn: Float32[np.ndarray, "orientation value"], inside: Float32[np.ndarray, "neuron value"]
) -> tuple[Float[np.ndarray, "neuron orientation"], Float[np.ndarray, " neuron"]]:
    """Return squared distances by a matrix product, and how far those and PINK's may be off for the best of a neuron.

    Rounding errors of n terms grow as sqrt(n) half units in the last place; four times that is allowed.
    """
    inner = torch.mm(torch.from_numpy(inside), torch.from_numpy(drawn).T).numpy()
    lengths, norms = (np.einsum("ij,ij->i", some, some, dtype=np.float64) for some in (drawn, inside))
    square = np.maximum(norms[:, None] - 2.0 * inner + lengths, 0)
    rounding = 4 * math.sqrt(drawn.shape[1]) * 2.0**-24
    return square, rounding * (square.min(axis=1) + np.sqrt(norms * lengths.max()))


def sum_in_order(
    drawn: Float32[np.ndarray, "orientation value"],
    inside: Float32[np.ndarray, "neuron value"],
    *,
    orientation: Int[np.ndarray, " cell"],
    neuron: Int[np.ndarray, " cell"],
) -> Float32[np.ndarray, " cell"]:
    """Sum squared differences one value after the other, each square exact, each sum rounded to 32 bits.

    Examples
    --------
    >>> image, neuron = np.array([[4096.0, 1.0, 1.0]], np.float32), np.zeros((1, 3), np.float32)
    >>> zero = np.array([0])
    >>> sum_in_order(image, neuron, orientation=zero, neuron=zero).tolist()  # 2**24 + 1 rounds to 2**24
    [16777216.0]
    """
    total, rounded = np.zeros(len(neuron)), np.zeros(len(neuron), np.float32)
    rows = max(1, NUMBERS_AT_ONCE // max(1, len(neuron)))
    for start in range(0, drawn.shape[1], rows):
        some = slice(start, start + rows)
        wide = (drawn[:, some][orientation] - inside[:, some][neuron]).T.astype(np.float64, order="C")
        wide *= wide
        for squares in wide:
            np.add(total, squares, out=total)
            rounded[...] = total
            total[...] = rounded
    return rounded
