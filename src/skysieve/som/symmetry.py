"""The group of the square: quarter turns and flips permute pixels; in its basis all eight products come cheap.

For the pixel p of a square frame let turn(i, j) = (side - 1 - j, i) and flip(i, j) = (side - 1 - i, j). An image in
orientation (f, r) holds at p what the unturned image holds at turn^r flip^f p. The pixels that the group carries into
each other form an orbit, listed here as turn^s flip^e of its first pixel, e outermost: 8 entries, some of them equal on
the axes and diagonals. `FOLD` turns the 8 values of an orbit into coefficients A1, A2, B1, B2, c+, s-, c-, s+; inner
products of like coefficients, combined by `UNFOLD`, are the inner products of a neuron with all 8 orientations of an
image: 12 products of an eighth of the pixels in place of 64.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

_PLUS, _MINUS = np.array([1, 1]) / np.sqrt(2), np.array([1, -1]) / np.sqrt(2)
_EVEN, _ODD = np.array([1, 1, 1, 1]) / 2, np.array([1, -1, 1, -1]) / 2
_COSINE, _SINE = np.array([1, 0, -1, 0]) / np.sqrt(2), np.array([0, 1, 0, -1]) / np.sqrt(2)

FOLD = np.stack([
    np.kron(_PLUS, _EVEN), np.kron(_MINUS, _EVEN), np.kron(_PLUS, _ODD), np.kron(_MINUS, _ODD),
    np.kron(_PLUS, _COSINE), np.kron(_MINUS, _SINE), np.kron(_MINUS, _COSINE), np.kron(_PLUS, _SINE),
])  # fmt: skip
"""Orthonormal: coefficients (rows) of the 8 values of an orbit (columns)."""

UNFOLD = np.array([
    [1, 1, 1, 1, 1, 0, 1, 0],
    [1, 1, -1, -1, 0, 1, 0, 1],
    [1, 1, 1, 1, -1, 0, -1, 0],
    [1, 1, -1, -1, 0, -1, 0, -1],
    [1, -1, 1, -1, 1, 0, -1, 0],
    [1, -1, -1, 1, 0, -1, 0, 1],
    [1, -1, 1, -1, -1, 0, 1, 0],
    [1, -1, -1, 1, 0, 1, 0, -1],
])  # fmt: skip
"""Inner products with orientations (f, r), f outermost (rows), from the products A1, A2, B1, B2, P, V, Q, U (columns).

With x the image and n the neuron: P = c+ c+ + s- s-, V = s- c- - c+ s+, Q = c- c- + s+ s+, U = s+ c+ - c- s-,
each the coefficient of x times that of n.
"""


@dataclass(frozen=True)
class Orbits:
    """The pixels of a region, as orbits of the group and what is left over.

    Attributes
    ----------
    core
        Flat frame pixels of each orbit that lies wholly in the region, in the order of the module's text.
    scale
        1 / sqrt(how often each pixel of the orbit is listed).
    border
        Flat frame pixels of the region whose orbits leave it.
    """

    core: Int[np.ndarray, "8 orbit"]
    scale: Float[np.ndarray, " orbit"]
    border: Int[np.ndarray, " pixel"]


def permute_pixels(pixels: Int[np.ndarray, "*cells"], side: int) -> Int[np.ndarray, "8 *cells"]:
    """Carry flat pixels of a square frame by turn^s flip^e, e outermost."""
    row, column = np.divmod(pixels, side)
    carried = []
    for start in (row, side - 1 - row):
        i, j = start, column
        for _ in range(4):
            carried.append(i * side + j)
            i, j = side - 1 - j, i
    return np.stack(carried)


def find_orbits(region: Bool[np.ndarray, "side side"]) -> Orbits:
    """Split a region of a square frame into whole orbits and the rest.

    Examples
    --------
    >>> orbits = find_orbits(np.array([[True, False], [False, True]]))
    >>> orbits.core.shape, orbits.border.tolist()
    ((8, 0), [0, 3])
    """
    pixels = np.flatnonzero(region)
    carried = permute_pixels(pixels, len(region))
    whole = region.ravel()[carried].all(axis=0)
    first = whole & (carried.min(axis=0) == pixels)
    core = carried[:, first]
    return Orbits(core, 1 / np.sqrt((core == core[0]).sum(axis=0)), pixels[~whole])
