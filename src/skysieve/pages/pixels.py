"""Pixels as text that a page can unpack: images in 16 bits, masks in one, miniatures in eight."""

import base64
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image


def pack_image(image: Float[np.ndarray, "row column"]) -> dict[str, Any]:
    """Pack an image into 16 bits a pixel between its extremes; what is not finite counts as the lowest value.

    Returns
    -------
    dict
        ``low`` and ``high`` [image unit], ``side`` (rows, columns), and the pixels in base64, little endian.

    Examples
    --------
    >>> packed = pack_image(np.array([[0.0, 2.0]]))
    >>> packed["high"], np.frombuffer(base64.b64decode(packed["data"]), "<u2")
    (2.0, array([    0, 65535], dtype=uint16))
    """
    finite = image[np.isfinite(image)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    scaled = (np.nan_to_num(image.astype(np.float64), nan=low, posinf=low, neginf=low) - low) / ((high - low) or 1.0)
    data = base64.b64encode((scaled * 65535).round().astype("<u2").tobytes()).decode("ascii")
    return {"low": low, "high": high, "side": list(image.shape), "data": data}


def pack_mask(mask: Bool[np.ndarray, "row column"]) -> str:
    """Pack a mask into bits, row after row, the first pixel in the highest bit."""
    return base64.b64encode(np.packbits(mask).tobytes()).decode("ascii")


def pack_miniatures(images: Float[np.ndarray, "image row column"], side: int) -> str:
    """Shrink images to squares of bytes, each from its own minimum to its maximum on a square-root scale."""
    small = [np.asarray(Image.fromarray(image.astype(np.float32)).resize((side, side))) for image in images]
    return base64.b64encode(b"".join(_stretch(image).tobytes() for image in small)).decode("ascii")


def _stretch(image: Float[np.ndarray, "row column"]) -> np.ndarray:
    known = np.nan_to_num(image, nan=0.0, posinf=0.0, neginf=0.0)
    span = float(np.ptp(known)) or 1.0
    return (255 * np.sqrt((known - known.min()) / span)).round().astype(np.uint8)
