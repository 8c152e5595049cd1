"""Images in PINK's format: square, with or without channels; or plain vectors."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from skysieve.io.pink.arrays import map_array, write_blocks
from skysieve.io.pink.headers import COUNTS, VERSION, check_kind, make_start, read_start, take_axes, take_number

KIND = 0


@dataclass(frozen=True, eq=False)
class PinkImages:
    """The images of a file, mapped into memory.

    ``images`` is [image, y, x], [image, channel, y, x] or, for vectors, [image, feature]. NaN stands for a bad pixel;
    PINK itself knows none. ``comment`` is the text in front of the header as it stands in the file, usually empty.
    """

    images: Float32[np.ndarray, "image ..."]
    comment: bytes = b""


def read_pink_images(path: Path) -> PinkImages:
    """Open a file of images of PINK 2, or of PINK 1.

    Raises
    ------
    ValueError
        If the header is another, the images are not square, or the file is shorter or longer than the header says.
    """
    old_shape = _recognize_version_1(path)
    if old_shape is not None:
        return PinkImages(map_array(path, "<f4", start=16, shape=old_shape))
    comment, numbers = read_start(path)
    fields = check_kind(path, numbers, KIND)
    take_number(path, fields, "data type", range(1))
    n_images = take_number(path, fields, "number of images", COUNTS)
    take_number(path, fields, "layout of the images", range(1))
    shape = take_axes(path, fields, "image")
    _check_square(path.name, shape)
    start = len(comment) + 4 * (6 + len(shape))
    wanted, found = 4 * n_images * math.prod(shape), path.stat().st_size - start
    if found != wanted:
        raise ValueError(
            f"{path.name}: {found} bytes of data are found; its {n_images} images of {shape} want {wanted}; "
            "the file is cut or its header wrong, write it again"
        )
    return PinkImages(map_array(path, "<f4", start=start, shape=(n_images, *shape)), comment)


def write_pink_images(
    path: Path, blocks: Iterable[Float[np.ndarray, "image ..."]], *, shape: tuple[int, ...], comment: bytes = b""
) -> int:
    """Write images block by block in the format of PINK 2.

    Parameters
    ----------
    path : Path
        The file; it appears whole or not at all.
    blocks : iterable of array [image, ...]
        Written as 32-bit floats; NaN is kept, though PINK itself would spread it over its neurons.
    shape : tuple of int
        Of one image: (y, x) or (channel, y, x) with y = x, or (feature,).
    comment : bytes
        Lines that start with ``#``, written in front.

    Returns
    -------
    int
        The number of images written.

    Raises
    ------
    ValueError
        If an image has another shape or is not square.
    """
    _check_square(path.name, shape)
    return write_blocks(
        path,
        (block.astype("<f4", copy=False) for block in blocks),
        shape=shape,
        make_header=lambda n: make_start(comment, [VERSION, KIND, 0, n, 0, len(shape), *shape]),
    )


def _recognize_version_1(path: Path) -> tuple[int, ...] | None:
    """Return the shape of the images of PINK 1 (number, channels, width, height) if the file is exactly as long.

    A file of PINK 2 never passes: its second number, the kind of images, is 0.
    """
    if not path.is_file():
        return None
    numbers = np.fromfile(path, "<i4", 4)
    if len(numbers) < 4 or numbers.min() < 1:
        return None
    n_images, channels, width, height = (int(number) for number in numbers)
    if width != height or path.stat().st_size != 16 + 4 * n_images * channels * width * height:
        return None
    return (n_images, height, width) if channels == 1 else (n_images, channels, height, width)


def _check_square(name: str, shape: tuple[int, ...]) -> None:
    if not 1 <= len(shape) <= 3 or (len(shape) > 1 and shape[-1] != shape[-2]):
        raise ValueError(f"{name}: images of shape {shape}; wanted are square ones, (y, x) or (channel, y, x)")
