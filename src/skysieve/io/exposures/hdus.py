"""The header-data units of a FITS file, walked one at a time: plain, gzipped, bzipped or tile-compressed."""

import functools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BufferedIOBase
from pathlib import Path

from astropy.io.fits import Header

from skysieve.io.exposures.headers import CARD, KEPT, parse_header, parse_number, unwrap_tiles
from skysieve.io.exposures.streams import DAMAGE, open_stream, reach

BLOCK = 2880
DEPTHS = (8, 16, 32, 64, -32, -64)


@dataclass(frozen=True)
class Hdu:
    """One header-data unit and where its data lie in the (decompressed) file.

    ``shape`` is that of the image, slowest axis first, without leading axes of length one; () for tables, for no
    data and where the header ends before it says. ``start`` and ``size`` are in bytes. ``complete`` is False where
    the file ends before the data do. ``broken`` names the cards that were repaired or skipped; ``problem`` says why the
    unit's size cannot be told from its header, and with it where the next unit begins.
    """

    index: int
    header: Header
    shape: tuple[int, ...]
    start: int
    size: int
    tiled: bool = False
    complete: bool = True
    broken: tuple[str, ...] = ()
    problem: str = ""


def scan_hdus(path: Path) -> list[Hdu]:
    """Read all headers of a FITS file and check that each unit's data are there.

    Returns
    -------
    list of Hdu
        In file order, ending with the first one that is not complete: its data or its header are cut. (NEXTEND is
        not believed: single detectors taken out of a mosaic keep that of the mosaic.)

    Raises
    ------
    OSError, EOFError, zlib.error
        If nothing at all can be read.
    """
    found: list[Hdu] = []
    with open_stream(path) as stream:
        while hdu := _read_hdu(stream, len(found)):
            complete = hdu.complete and reach(stream, hdu.start + hdu.size)
            found.append(replace(hdu, complete=complete))
            if hdu.problem or not (complete and reach(stream, hdu.start + math.ceil(hdu.size / BLOCK) * BLOCK)):
                break
    return found


@contextmanager
def open_hdu(path: Path, index: int) -> Iterator[tuple[BufferedIOBase, Hdu, Header]]:
    """Open one unit: the stream at the first byte of its data, the unit, and the primary header.

    Raises
    ------
    OSError
        If the file ends before that unit.
    """
    with open_stream(path) as stream:
        primary = hdu = _read_hdu(stream, 0)
        while hdu and hdu.index < index and reach(stream, hdu.start + math.ceil(hdu.size / BLOCK) * BLOCK):
            read = _read_hdu if hdu.index + 1 == index else _pass_hdu
            hdu = read(stream, hdu.index + 1)
        if hdu is None or primary is None or hdu.index != index or not hdu.complete:
            raise OSError(f"the file ends before extension {index}")
        yield stream, hdu, primary.header


def _read_hdu(stream: BufferedIOBase, index: int) -> Hdu | None:
    """Read the header at the stream's position; None where no further unit begins."""
    try:
        raw, ended = _read_cards(stream)
    except DAMAGE:
        return _cut(index, Header())
    if not raw.upper().startswith((b"SIMPLE", b"XTENSION")):
        return None
    header, broken = parse_header(raw)
    if not ended:
        return _cut(index, header)
    try:
        return _describe(index, header, stream.tell(), broken=broken)
    except ValueError as error:
        return replace(_cut(index, header), complete=True, problem=str(error))


def _pass_hdu(stream: BufferedIOBase, index: int) -> Hdu | None:
    """Read how long the unit at the stream's position is, and no more; None where no further unit begins."""
    try:
        raw, ended = _read_cards(stream)
    except DAMAGE:
        return None
    size = _measure_cards(raw) if ended else None
    return None if size is None else Hdu(index, Header(), (), stream.tell(), size)


@functools.lru_cache(maxsize=KEPT)
def _measure_cards(raw: bytes) -> int | None:
    """Return the bytes of data that a header's cards announce, None where they do not tell."""
    if not raw.upper().startswith((b"SIMPLE", b"XTENSION")):
        return None
    try:
        return _describe(0, parse_header(raw)[0], 0, broken=()).size
    except ValueError:
        return None


def _describe(index: int, header: Header, start: int, *, broken: tuple[str, ...]) -> Hdu:
    """Tell from a whole header what the unit holds."""
    tiled = header.get("ZIMAGE") is True
    image = unwrap_tiles(header) if tiled else header
    is_image = tiled or index == 0 or str(header.get("XTENSION", "")).strip() in {"IMAGE", "IUEIMAGE"}
    shape = _squeeze(_read_axes(image)) if is_image else ()
    if shape and _read_whole(image, "BITPIX") not in DEPTHS:
        raise ValueError("the header's BITPIX is none of the standard's; repair the header")
    return Hdu(index, image, shape, start, _measure_size(header), tiled=tiled, broken=broken)


def _read_cards(stream: BufferedIOBase) -> tuple[bytes, bool]:
    """Read blocks until the END card; False where there is none before the file, or the header's text, ends."""
    raw = b""
    while block := stream.read(BLOCK):
        for at in range(0, len(block), CARD):
            if block[at : at + CARD].rstrip(b" \0") == b"END":
                return raw + block[:at], True
        if not _looks_like_cards(block) or (not raw and not block.upper().startswith((b"SIMPLE", b"XTENSION"))):
            break
        raw += block
    return raw or block, False


def _looks_like_cards(block: bytes) -> bool:
    """Tell header text from pixels, so that a header without END is not sought through a whole file."""
    return sum(32 <= byte < 127 for byte in block) > 0.8 * len(block)


def _read_axes(header: Header) -> tuple[int, ...]:
    """Lengths of the axes, slowest first."""
    count = _read_whole(header, "NAXIS")
    if not 0 <= count < 1000:
        raise ValueError(f"the header's NAXIS = {count} is out of range; repair the header")
    lengths = tuple(_read_whole(header, f"NAXIS{axis}") for axis in range(count, 0, -1))
    if min(lengths, default=0) < 0:
        raise ValueError("an axis has a negative length; repair the header's NAXIS keywords")
    return lengths


def _read_whole(header: Header, keyword: str, default: int | None = None) -> int:
    """Read a whole number on which the layout of the file depends."""
    number = parse_number(header.get(keyword, default))
    if not number.is_integer() or abs(number) > 2**53:
        raise ValueError(f"the header's {keyword} is not a whole number; repair the header")
    return int(number)


def _squeeze(axes: tuple[int, ...]) -> tuple[int, ...]:
    """Drop axes of length one before the last two; () where there are no pixels or only one axis."""
    if len(axes) < 2 or 0 in axes:
        return ()
    return tuple(length for length in axes[:-2] if length > 1) + axes[-2:]


def _measure_size(header: Header) -> int:
    """Bytes of data that a header announces (FITS standard 4.0, section 4.4.1)."""
    axes = _read_axes(header)
    if header.get("GROUPS") is True and axes and axes[-1] == 0:
        axes = axes[:-1]
    width = abs(_read_whole(header, "BITPIX", 8)) // 8
    extra, groups = max(0, _read_whole(header, "PCOUNT", 0)), max(1, _read_whole(header, "GCOUNT", 1))
    return width * groups * (extra + math.prod(axes)) if axes else 0


def _cut(index: int, header: Header) -> Hdu:
    """Return a unit within whose header the file ends."""
    return Hdu(index, header, (), 0, 0, complete=False)
