"""Where the detectors of an exposure lie on the focal plane, and all of them in one small picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from jaxtyping import Float, Float32

from skysieve.io.exposures import pixel_to_sky

GAP = 2
"""Between detectors that nobody knows the places of [pixel of the picture]."""

SPARSE = 6.0
"""Detectors that cover less than one part in so many of their field are laid out in a row instead."""


@dataclass(frozen=True)
class Tile:
    """A detector in the picture: its first pixel (x, y), and its rows and columns [pixel of the picture]."""

    x: int
    y: int
    rows: int
    columns: int


def choose_binning(shapes: Sequence[tuple[int, int]], *, side: int) -> int:
    """Return how many pixels of a detector make one of a picture of about so many pixels a side.

    Examples
    --------
    >>> choose_binning([(4000, 2000)] * 2, side=500), choose_binning([(100, 100)], side=500)
    (8, 1)
    """
    area = sum(rows * columns for rows, columns in shapes)
    return max(1, round(math.sqrt(area) / side))


def place_tiles(
    wcs: Sequence[WCS | None], shapes: Sequence[tuple[int, int]], sizes: Sequence[tuple[int, int]], *, binning: int
) -> tuple[Tile, ...]:
    """Place detectors in a picture.

    Parameters
    ----------
    wcs : sequence of WCS or None
        Their world coordinates.
    shapes, sizes : sequence of tuple of int
        Rows and columns of the detectors [pixel], and of their small pictures [pixel of the picture].
    binning : int
        Pixels of a detector in one of the picture.

    Returns
    -------
    tuple of Tile
        Where they lie on the sky as the first detector sees it, none turned. Where coordinates are missing, or put
        detectors onto each other or far apart: in rows, in their order, the first at the lower left.
    """
    found = _find_offsets(wcs, shapes)
    if found is None:
        return _place_in_rows(sizes)
    half = np.array([(columns / 2, rows / 2) for rows, columns in sizes])
    corner = np.round(found / binning - half).astype(int)
    corner -= corner.min(axis=0)
    extent = (corner + 2 * half).max(axis=0)
    covered = sum(rows * columns for rows, columns in sizes)
    tiles = tuple(Tile(int(x), int(y), *size) for (x, y), size in zip(corner, sizes, strict=True))
    return _place_in_rows(sizes) if _overlap(tiles) or extent.prod() > SPARSE * covered else tiles


def draw_mosaic(tiles: Sequence[Tile], pictures: Sequence[Float[np.ndarray, "y x"]]) -> Float32[np.ndarray, "v u"]:
    """Put small pictures of detectors in their places; NaN between them.

    Examples
    --------
    >>> draw_mosaic([Tile(0, 0, 1, 1), Tile(2, 0, 1, 1)], [np.ones((1, 1)), np.zeros((1, 1))])
    array([[ 1., nan,  0.]], dtype=float32)
    """
    rows = max((one.y + one.rows for one in tiles), default=1)
    columns = max((one.x + one.columns for one in tiles), default=1)
    mosaic = np.full((rows, columns), np.nan, np.float32)
    for one, picture in zip(tiles, pictures, strict=True):
        mosaic[one.y : one.y + one.rows, one.x : one.x + one.columns] = picture
    return mosaic


def find_tile(tiles: Sequence[Tile], x: float, y: float) -> int:
    """Return the number of the detector at a pixel of the picture, or of the nearest one; -1 without any."""
    away = [
        math.hypot(max(one.x - x, 0, x - one.x - one.columns), max(one.y - y, 0, y - one.y - one.rows))
        for one in tiles
    ]  # fmt: skip
    return int(np.argmin(away)) if away else -1


def _find_offsets(
    wcs: Sequence[WCS | None], shapes: Sequence[tuple[int, int]]
) -> Float[np.ndarray, "detector 2"] | None:
    """Return the centers of detectors (x, y) in pixels of the first; None where coordinates are missing."""
    known = [one for one in wcs if one is not None]
    if not known or len(known) < len(wcs):
        return None
    centers = []
    for one, (rows, columns) in zip(known, shapes, strict=True):
        ra, dec = pixel_to_sky(one, np.array([(columns - 1) / 2]), np.array([(rows - 1) / 2]))
        centers.append((float(ra[0]), float(dec[0])))
    if not np.isfinite(centers).all():
        return None
    sky = SkyCoord(centers, unit="deg")
    steps = sky[0].spherical_offsets_to(sky)
    # Distortions of one detector say nothing far outside of it, so only its scale and its turn count.
    inverse = np.linalg.inv(known[0].pixel_scale_matrix)
    return np.column_stack([step.deg for step in steps]) @ inverse.T


def _overlap(tiles: Sequence[Tile]) -> bool:
    """Say whether two detectors share more than a tenth of their sides."""
    for number, one in enumerate(tiles):
        for other in tiles[:number]:
            wide = min(one.x + one.columns, other.x + other.columns) - max(one.x, other.x)
            high = min(one.y + one.rows, other.y + other.rows) - max(one.y, other.y)
            if wide > 0.1 * one.columns and high > 0.1 * one.rows:
                return True
    return False


def _place_in_rows(sizes: Sequence[tuple[int, int]]) -> tuple[Tile, ...]:
    """Place detectors in rows of about equal length, as near to a square as they make."""
    if not sizes:
        return ()
    high, wide = (max(size[axis] for size in sizes) + GAP for axis in (0, 1))
    across = max(1, math.ceil(math.sqrt(len(sizes) * high / wide)))
    return tuple(Tile(number % across * wide, number // across * high, *size) for number, size in enumerate(sizes))
