"""Pixels of one FITS plane as physical values, a block of rows at a time."""

import math
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path

import numpy as np
from astropy.io import fits
from jaxtyping import Shaped

from skysieve.io.exposures.hdus import Hdu
from skysieve.io.exposures.headers import ignore_warnings, parse_number
from skysieve.io.exposures.streams import DAMAGE

BLOCK_PIXELS = 1 << 20
TYPES = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}

Blocks = Iterator[tuple[int, Shaped[np.ndarray, "row x"]]]


def read_stored(stream: BufferedIOBase, hdu: Hdu, plane: int | None) -> Blocks:
    """Give the rows of one plane of an image that is stored as such.

    Parameters
    ----------
    stream : file
        The (decompressed) file.
    hdu : Hdu
        The unit; its BSCALE, BZERO and BLANK are honored.
    plane : int or None
        Plane of a cube; None for a plain image.

    Yields
    ------
    tuple of int and ndarray, shape (row, x)
        First row, and physical values in native byte order: integers stay integers where BSCALE and BZERO leave them
        whole, undefined pixels (BLANK) are NaN. Row 0 of the file is row 0 here.

    Raises
    ------
    OSError
        If the file ends early or the compressed stream is damaged.
    """
    rows, columns = hdu.shape[-2:]
    stored = np.dtype(TYPES[int(hdu.header["BITPIX"])])
    step = max(1, BLOCK_PIXELS // columns)
    try:
        stream.seek(hdu.start + (plane or 0) * rows * columns * stored.itemsize)
        for first in range(0, rows, step):
            count = min(step, rows - first)
            raw = stream.read(count * columns * stored.itemsize)
            if len(raw) < count * columns * stored.itemsize:
                raise EOFError("the file ends before its pixels do")
            yield first, _scale(np.frombuffer(raw, stored).reshape(count, columns), hdu.header)
    except DAMAGE as error:
        raise OSError(f"the pixels cannot be read ({error})") from None


def read_tiled(path: Path, hdu: Hdu, plane: int | None) -> Blocks:
    """Give the rows of one plane of a tile-compressed image; only the tiles of those rows are decompressed.

    Parameters and yields are those of ``read_stored``.

    Raises
    ------
    OSError
        If the compressed tiles are damaged.
    """
    rows, columns = hdu.shape[-2:]
    with ignore_warnings():
        try:
            with fits.open(path, memmap=False) as units:
                unit = units[hdu.index]
                tile = max(1, int(getattr(unit, "tile_shape", (1, 1))[-2]))
                step = math.ceil(max(1, BLOCK_PIXELS // columns) / tile) * tile
                lead = (0,) * (len(unit.shape) - 2 - (plane is not None)) + (() if plane is None else (plane,))
                for first in range(0, rows, step):
                    block = np.asarray(unit.section[(*lead, slice(first, min(first + step, rows)), slice(None))])
                    yield first, block.astype(block.dtype.newbyteorder("="), copy=False)
        except Exception as error:  # noqa: BLE001 - astropy's decompressors share no exception class
            raise OSError(f"the compressed pixels cannot be read ({error})") from None


def find_top(hdu: Hdu) -> float:
    """Largest value that 8- and 16-bit pixels can take [image unit]; NaN for other types and odd scales."""
    bits = int(parse_number(hdu.header.get("BITPIX", 0)))
    scale, zero = _read_scale(hdu.header)
    if bits not in {8, 16} or scale != 1 or zero not in {0, 32768, -128}:
        return math.nan
    return float(np.iinfo(np.dtype(TYPES[bits])).max) + zero


def _read_scale(header: fits.Header) -> tuple[float, float]:
    """BSCALE and BZERO, 1 and 0 where they are missing or no numbers."""
    scale, zero = parse_number(header.get("BSCALE", 1)), parse_number(header.get("BZERO", 0))
    return (scale if math.isfinite(scale) and scale != 0 else 1.0), (zero if math.isfinite(zero) else 0.0)


def _scale(raw: Shaped[np.ndarray, "row x"], header: fits.Header) -> Shaped[np.ndarray, "row x"]:
    """Apply BSCALE, BZERO and BLANK (FITS standard 4.0, section 4.4.2.5)."""
    scale, zero = _read_scale(header)
    blank = parse_number(header.get("BLANK")) if raw.dtype.kind in "iu" else math.nan
    native = raw.astype(raw.dtype.newbyteorder("="), copy=False)
    if (scale, zero) == (1.0, 0.0) and math.isnan(blank):
        return native
    if scale == 1.0 and math.isnan(blank) and native.dtype.kind in "iu" and zero.is_integer():
        return _shift(native, int(zero))
    values = native.astype(np.float64)
    values *= scale
    values += zero
    if not math.isnan(blank):
        values[native == blank] = np.nan
    return values


def _shift(native: Shaped[np.ndarray, "row x"], zero: int) -> Shaped[np.ndarray, "row x"]:
    """Add a whole BZERO without losing digits; 64-bit unsigned integers are stored with BZERO 2**63."""
    if native.dtype.itemsize == 8 and zero == 2**63:
        return native.view(np.uint64) ^ np.uint64(2**63)
    if native.dtype.itemsize == 8 or abs(zero) > 2**62:
        return native.astype(np.float64) + zero
    return native.astype(np.int64) + zero
