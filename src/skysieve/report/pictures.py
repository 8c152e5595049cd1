"""Arrays become small encoded pictures, the first row at the bottom."""

from io import BytesIO

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image

BAD_COLOR = (150, 60, 120)
"""Purple, found neither in gray pictures nor in the colors of stars and galaxies."""

CLEAN_COLOR = (86, 180, 233)
FLAGGED_COLOR = (230, 159, 0)
"""Outlines of unflagged and of flagged sources: sky blue and orange of Okabe & Ito's color-blind-safe palette."""

MAGNIFICATION_LIMIT = 8


def encode_jpeg(picture: UInt8[np.ndarray, "y x 3"], quality: int = 88) -> bytes:
    """Return a picture as JPEG, turned so that y runs upward."""
    out = BytesIO()
    Image.fromarray(np.ascontiguousarray(picture[::-1])).save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def encode_png(codes: UInt8[np.ndarray, "y x"], palette: UInt8[np.ndarray, "code 3"], *, clear: bool = False) -> bytes:
    """Return a picture of color codes as PNG, turned so that y runs upward; ``clear`` makes code 0 transparent."""
    picture = Image.fromarray(np.ascontiguousarray(codes[::-1])).convert("L")
    picture = Image.frombytes("P", picture.size, picture.tobytes())
    picture.putpalette(palette.tobytes())
    out = BytesIO()
    bits = 2 if len(palette) <= 4 else 8
    if clear:
        picture.save(out, "PNG", bits=bits, compress_level=9, transparency=0)
    else:
        picture.save(out, "PNG", bits=bits, compress_level=9)
    return out.getvalue()


def paint_bad(
    brightness: Float[np.ndarray, "y x 3"], bad_fraction: Float[np.ndarray, "y x"]
) -> UInt8[np.ndarray, "y x 3"]:
    """Return 8-bit colors, tinted with ``BAD_COLOR`` by the share of bad pixels."""
    share = bad_fraction[..., None]
    mixed = 255 * brightness * (1 - share) + np.array(BAD_COLOR) * share
    colors: np.ndarray = np.round(mixed).astype(np.uint8)
    return colors


def make_gray_palette() -> UInt8[np.ndarray, "253 3"]:
    """Return 250 grays followed by the colors for bad pixels, clean and flagged outlines (codes 250, 251, 252)."""
    grays = np.repeat(np.round(np.linspace(0, 255, 250))[:, None], 3, axis=1)
    return np.vstack([grays, [BAD_COLOR, CLEAN_COLOR, FLAGGED_COLOR]]).astype(np.uint8)


def find_edges(labels: Int[np.ndarray, "y x"]) -> np.ndarray:
    """Return True on the pixels of a source that touch another label or the sky across a side."""
    edges = np.zeros(labels.shape, dtype=bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    edges[:, 1:] |= across
    edges[:, :-1] |= across
    edges[1:] |= down
    edges[:-1] |= down
    return edges & (labels > 0)


def draw_outlines(
    labels: Int[np.ndarray, "y x"], flagged: Int[np.ndarray, " source"], size: int
) -> tuple[bytes, float]:
    """Draw the borders of a segmentation map as a transparent PNG.

    Parameters
    ----------
    labels : ndarray, shape (y, x)
        Segmentation map, 0 for the sky.
    flagged : ndarray, shape (source,)
        Labels to draw in the color of flagged sources.
    size : int
        Side of the screen [pixel]; maps of more than twice that are reduced, small ones magnified (at most 8 times).

    Returns
    -------
    picture : bytes
        PNG with three colors: transparent, clean, flagged.
    step : float
        Detector pixels per pixel of the picture.
    """
    longest = max(labels.shape)
    if longest > 2 * size:
        step = -(-longest // (2 * size))
        codes = _color_edges(labels, flagged)
        for axis, length in enumerate(codes.shape):
            codes = np.maximum.reduceat(codes, np.arange(0, length, step), axis=axis)
        return _encode_outlines(codes), float(step)
    times = min(max(size // longest, 1), MAGNIFICATION_LIMIT)
    large = labels.repeat(times, axis=0).repeat(times, axis=1)
    return _encode_outlines(_color_edges(large, flagged)), 1.0 / times


def _color_edges(labels: Int[np.ndarray, "y x"], flagged: Int[np.ndarray, " source"]) -> UInt8[np.ndarray, "y x"]:
    """Return 0 inside and outside, 1 on clean and 2 on flagged borders."""
    edges = find_edges(labels)
    codes = edges.astype(np.uint8)
    codes[edges] += np.isin(labels[edges], flagged).astype(np.uint8)
    return codes


def _encode_outlines(codes: UInt8[np.ndarray, "y x"]) -> bytes:
    palette = np.array([(0, 0, 0), CLEAN_COLOR, FLAGGED_COLOR], dtype=np.uint8)
    return encode_png(codes, palette, clear=True)
