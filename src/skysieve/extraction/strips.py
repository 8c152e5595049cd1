"""Images larger than memory are read as strips of rows that overlap."""

from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
from jaxtyping import Shaped

from skysieve.io.exposures import InputRecipe
from skysieve.io.exposures.hdus import open_hdu
from skysieve.io.exposures.pixels import Blocks, read_stored, read_tiled
from skysieve.io.exposures.planes import make_bad, make_data, make_variance
from skysieve.io.exposures.roles import find_bad_bits
from skysieve.io.exposures.streams import DAMAGE, recognize_file
from skysieve.records import Band, BandAddress, Detector, DetectorAddress, PixelAddress

STRIP_PIXELS = 2**25
"""Pixels of a strip."""

Rows = Iterator[Shaped[np.ndarray, "row x"]]


def can_strip(address: DetectorAddress) -> bool:
    """Tell whether a detector can be read in strips: stored in FITS files, its bands on one grid beyond doubt."""
    grids = {(band.image.path, band.image.hdu) for band in address.bands}
    planes = [plane for band in address.bands for plane in (band.image, band.mask, band.weight) if plane is not None]
    return len(grids) == 1 and all(recognize_file(plane.path) == "fits" for plane in planes)


def read_strips(
    address: DetectorAddress, recipe: InputRecipe, *, overlap: int, rows: int | None = None
) -> Iterator[tuple[int, Detector]]:
    """Read a detector from its first row to its last, a strip in memory at a time.

    Parameters
    ----------
    address : DetectorAddress
        The image, for which ``can_strip`` holds.
    recipe : InputRecipe
        ``bad_bits`` counts here.
    overlap : int
        Rows of the strip before that each one begins with.
    rows : int, optional
        New rows of each strip; by default as many as make 2^25 pixels.

    Yields
    ------
    tuple of int and Detector
        The strip's first row, and its pixels as ``read_detector`` would give them.

    Raises
    ------
    OSError
        If the pixels cannot be read.
    """
    step = rows or max(overlap, STRIP_PIXELS // address.shape[1], 1)
    before: tuple[Band, ...] = ()
    first = 0
    with ExitStack() as stack:
        sources = [_open_band(band, recipe, step=step, stack=stack) for band in address.bands]
        try:
            for new in zip(*sources, strict=True):
                bands = tuple(_join(old, band) for old, band in zip(before, new, strict=True)) if before else new
                yield first, Detector(address.label, bands)
                kept = min(overlap, len(bands[0].data))
                first += len(bands[0].data) - kept
                before = tuple(_take(band, slice(len(band.data) - kept, None)) for band in bands)
        except DAMAGE as error:
            raise OSError(f"{address.label}: {error}; fetch the file again") from None


def _open_band(address: BandAddress, recipe: InputRecipe, *, step: int, stack: ExitStack) -> Iterator[Band]:
    """Give one band strip by strip."""
    image, _ = _open_plane(address.image, step, stack)
    mask, bits = (None, None) if address.mask is None else _open_plane(address.mask, step, stack)
    weight = None if address.weight is None else _open_plane(address.weight, step, stack)[0]
    bits = bits if recipe.bad_bits is None else recipe.bad_bits
    return _make_bands(address, image, mask, weight=weight, bits=bits)


def _make_bands(
    address: BandAddress, image: Rows, mask: Rows | None, *, weight: Rows | None, bits: int | None
) -> Iterator[Band]:
    for block in image:
        shape = (len(block), block.shape[1])
        data, bad = make_data(iter([(0, block)]), shape)
        if mask is not None:
            bad |= make_bad(iter([(0, next(mask))]), shape, bits=bits)
        variance = None
        if weight is not None:
            variance, weightless = make_variance(iter([(0, next(weight))]), shape, kind=address.weight_kind)
            bad |= weightless
            variance[bad] = 0
        data[bad] = 0
        yield Band(address.name, data, bad, variance)


def _open_plane(address: PixelAddress, step: int, stack: ExitStack) -> tuple[Rows, int | None]:
    """Open a plane of a FITS file as blocks of ``step`` rows, with the bits that mean bad if it is a mask."""
    stream, hdu, primary = stack.enter_context(open_hdu(address.path, address.hdu))
    tiled = hdu.tiled
    blocks = read_tiled(address.path, hdu, address.plane) if tiled else read_stored(stream, hdu, address.plane)
    headers = (hdu.header,) if address.hdu == 0 else (hdu.header, primary)
    return _cut_rows(blocks, step), find_bad_bits(headers)


def _cut_rows(blocks: Blocks, step: int) -> Rows:
    """Turn blocks of any height into blocks of ``step`` rows; the last one may be lower."""
    waiting: list[Shaped[np.ndarray, "row x"]] = []
    for _, block in blocks:
        waiting.append(block)
        while sum(map(len, waiting)) >= step:
            whole = np.concatenate(waiting)
            yield whole[:step]
            waiting = [whole[step:]]
    if rest := [block for block in waiting if len(block)]:
        yield np.concatenate(rest)


def _join(first: Band, second: Band) -> Band:
    """Put one band's rows below another's."""
    known = first.variance is not None and second.variance is not None
    variance = np.concatenate([first.variance, second.variance]) if known else None
    data, bad = (np.concatenate(pair) for pair in ((first.data, second.data), (first.bad, second.bad)))
    return Band(second.name, data, bad, variance)


def _take(band: Band, rows: slice) -> Band:
    variance = None if band.variance is None else band.variance[rows].copy()
    return Band(band.name, band.data[rows].copy(), band.bad[rows].copy(), variance)
