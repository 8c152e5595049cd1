"""PNG, JPEG and TIFF pictures as planes of numbers, 8 or 16 bits deep, the top row first."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Shaped
from PIL import Image, ImageFile, UnidentifiedImageError

from skysieve.io.exposures.headers import ignore_warnings

FORMATS = ("PNG", "JPEG", "TIFF")
GRAY_MODES = {"1": "L", "LA": "L", "La": "L", "PA": "RGB", "P": "RGB"}
SWAPPED = {f"{mode};16{order}": f"{mode};16{swap}" for mode in ("RGB", "RGBA") for order, swap in ("BL", "LB", "NB")}
"""Pillow keeps the high byte of 16-bit color; decoded in the other byte order it yields the low one."""


def inspect_picture(path: Path) -> tuple[int, ...]:
    """Return the shape of a picture from its header: (y, x), or (3, y, x) for color; an alpha channel is dropped.

    Raises
    ------
    ValueError
        If the picture cannot be opened or is too large; the message is a clause that completes "<label>: ".
    """
    with ignore_warnings():
        try:
            with Image.open(path, formats=FORMATS) as picture:
                mode = GRAY_MODES.get(picture.mode, picture.mode)
                shape = picture.height, picture.width
        except Image.DecompressionBombError:
            raise ValueError("is a picture of more than 178 million pixels; give it as FITS") from None
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            raise ValueError(f"is a damaged picture ({type(error).__name__}); export it again") from None
    return shape if mode == "L" or mode.startswith(("I", "F")) else (3, *shape)


def read_picture(path: Path, plane: int | None) -> Iterator[tuple[int, Shaped[np.ndarray, "y x"]]]:
    """Give one channel of a picture as a single block of rows.

    Parameters
    ----------
    path : Path
        A file for which ``inspect_picture`` gave a shape.
    plane : int or None
        0, 1, 2 for red, green, blue; None for a gray picture.

    Yields
    ------
    tuple of int and ndarray, shape (y, x)
        Row 0, and the pixels: row 0 is the picture's top row, as displayed. 16-bit values are kept whole.

    Raises
    ------
    OSError
        If the picture is cut off or damaged.
    """
    with ignore_warnings():
        try:
            yield 0, _decode(path, plane)
        except (ValueError, SyntaxError, EOFError) as error:
            raise OSError(f"the picture is damaged ({error})") from None


def find_depth(path: Path) -> float:
    """Largest value that a picture's pixels can take [image unit]; NaN for floating-point pictures."""
    with ignore_warnings(), Image.open(path, formats=FORMATS) as picture:
        if picture.mode == "F":
            return np.nan
        deep = picture.mode.startswith("I") or _find_rawmode(picture) in SWAPPED
        return 65535.0 if deep else 255.0


def _decode(path: Path, plane: int | None) -> Shaped[np.ndarray, "y x"]:
    with Image.open(path, formats=FORMATS) as picture:
        rawmode = _find_rawmode(picture)
        if plane is None:
            return np.asarray(picture.convert(GRAY_MODES.get(picture.mode, picture.mode)))
        channel = np.asarray(picture.convert("RGB").getchannel(plane))
    if rawmode not in SWAPPED:
        return channel
    stored = Image.open(path, formats=FORMATS)
    with stored:
        stored.tile = [tile._replace(args=_swap(tile.args)) for tile in stored.tile]
        low = np.asarray(stored.getchannel(plane))
    pixels: Shaped[np.ndarray, "y x"] = channel.astype(np.uint16) * np.uint16(256) + low
    return pixels


def _find_rawmode(picture: Image.Image) -> str:
    """Name by which Pillow's decoder calls the stored layout of the pixels."""
    tiles = picture.tile if isinstance(picture, ImageFile.ImageFile) else []
    arguments = tiles[0].args if tiles else ""
    return str(arguments[0] if isinstance(arguments, tuple) else arguments)


def _swap(arguments: tuple[object, ...] | str | None) -> tuple[object, ...] | str:
    """Exchange the byte order in the arguments of Pillow's decoder."""
    if isinstance(arguments, tuple):
        return (SWAPPED[str(arguments[0])], *arguments[1:])
    return SWAPPED[str(arguments)]
