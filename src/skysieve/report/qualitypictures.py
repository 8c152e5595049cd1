"""Pictures of one detector: the whole of it made small, and a typical part of it in full size."""

import numpy as np
from jaxtyping import Bool, Float

from skysieve.records import Band
from skysieve.report.pictures import encode_jpeg, paint_bad
from skysieve.report.stretch import Limits, average_blocks, measure_limits, stretch_asinh

PARTS = 3
"""Parts along each side, of which the typical one is shown."""


def draw_whole(band: Band, *, side: int) -> bytes:
    """Draw a detector averaged to at most `side` pixels as JPEG, y upward; bad pixels are purple."""
    factor = max(1, -(-max(band.data.shape) // side))
    mean, bad = average_blocks(band.data, band.bad, factor)
    return _encode(mean, bad, measure_limits(mean[bad < 1]))


def draw_part(band: Band, *, side: int) -> tuple[bytes, tuple[int, int]]:
    """Draw a typical part of a detector in full size.

    Returns
    -------
    tuple of bytes and tuple of int
        JPEG of at most `side` pixels a side, and x and y of its lower left pixel. Of nine parts it is the one with the
        median number of pixels brighter than five times the noise.
    """
    step = max(1, max(band.data.shape) // 500)
    sample = (slice(None, None, step), slice(None, None, step))
    limits = measure_limits(band.data[sample][~band.bad[sample]])
    x, y = _choose_corner(band.data > limits.black + 3.5 * limits.softening, side)
    window = (slice(y, y + side), slice(x, x + side))
    return _encode(band.data[window].astype(np.float64), band.bad[window].astype(np.float64), limits), (x, y)


def _choose_corner(bright: Bool[np.ndarray, "y x"], side: int) -> tuple[int, int]:
    rows, columns = (np.linspace(0, max(length - side, 0), PARTS).astype(int) for length in bright.shape)
    corners = [(int(x), int(y)) for y in rows for x in columns]
    counts = [int(bright[y : y + side, x : x + side].sum()) for x, y in corners]
    return corners[int(np.argsort(counts, kind="stable")[len(counts) // 2])]


def _encode(data: Float[np.ndarray, "y x"], bad: Float[np.ndarray, "y x"], limits: Limits) -> bytes:
    gray = np.repeat(stretch_asinh(data, limits)[..., None], 3, axis=2)
    return encode_jpeg(paint_bad(gray, bad), quality=82)
