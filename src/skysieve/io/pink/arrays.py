"""The data behind a header: mapped into memory on reading, written block by block."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from skysieve.io.atomic import write_whole


def map_array(path: Path, kind: np.dtype | str, *, start: int, shape: tuple[int, ...]) -> Shaped[np.ndarray, "..."]:
    """Map the data of a file into memory, read-only; an array without elements is made instead."""
    if 0 in shape:
        return np.empty(shape, kind)
    return np.memmap(path, kind, mode="r", offset=start, shape=shape)


def write_blocks(
    path: Path,
    blocks: Iterable[Shaped[np.ndarray, "image ..."]],
    *,
    shape: tuple[int, ...],
    make_header: Callable[[int], bytes],
) -> int:
    """Write a header and blocks of images behind it, whole or not at all.

    Parameters
    ----------
    path : Path
        The file; an older one is replaced.
    blocks : iterable of array [image, ...]
        Their kind of number is written as it is.
    shape : tuple of int
        What each image must measure.
    make_header : callable
        Gives the header for a number of images, always of the same length.

    Returns
    -------
    int
        The number of images written.

    Raises
    ------
    ValueError
        If a block has another shape, or there are 2**31 images or more.
    """
    n_images = 0
    with write_whole(path) as temporary, temporary.open("wb") as file:
        file.write(make_header(0))
        for block in blocks:
            if block.shape[1:] != shape:
                raise ValueError(f"{path.name}: a block has images of shape {block.shape[1:]}; wanted is {shape}")
            file.write(np.ascontiguousarray(block).data if block.size else b"")
            n_images += len(block)
        if n_images >= 2**31:
            raise ValueError(f"{path.name}: {n_images} images are too many for the format; write several files")
        file.seek(0)
        file.write(make_header(n_images))
    return n_images
