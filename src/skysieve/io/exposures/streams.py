"""Files as byte streams, whatever they are packed in, and what they are by their content."""

import bz2
import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import Literal

GZIP, BZIP2 = b"\x1f\x8b", b"BZh"
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
DAMAGE = (OSError, EOFError, zlib.error)
"""What a damaged or shortened compressed stream raises."""


@contextmanager
def open_stream(path: Path) -> Iterator[BufferedIOBase]:
    """Open a file for reading, decompressing gzip and bzip2 on the way.

    Seeking forward in a compressed file decompresses what lies between and keeps none of it.
    """
    with path.open("rb") as file:
        start = file.read(3)
        file.seek(0)
        if start.startswith(GZIP):
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked
        elif start == BZIP2:
            with bz2.BZ2File(file) as unpacked_bz2:
                yield unpacked_bz2
        else:
            yield file


def reach(stream: BufferedIOBase, offset: int) -> bool:
    """Move to a byte offset; False where the stream ends, or is damaged, before it."""
    try:
        if isinstance(stream, BufferedReader):
            return offset <= os.fstat(stream.fileno()).st_size and stream.seek(offset) == offset
        return stream.seek(offset) == offset
    except DAMAGE:
        return False


def recognize_file(path: Path) -> Literal["fits", "picture"]:
    """Tell a FITS file from a picture by its first bytes.

    Raises
    ------
    ValueError
        If it is neither, or cannot be opened; the message is a clause that completes "<label>: ".
    """
    start = _read_start(path)
    if start.startswith(b"SIMPLE"):
        return "fits"
    if start.startswith(PICTURES):
        return "picture"
    raise ValueError(f"{_name_content(path, start)}; give a FITS file or a PNG, JPEG or TIFF picture")


def _read_start(path: Path) -> bytes:
    if path.is_dir():
        raise ValueError("is a folder; name the images in it, for example FOLDER/*.fits")
    try:
        with open_stream(path) as stream:
            return stream.read(512)
    except FileNotFoundError:
        raise ValueError("there is no such file; check the path") from None
    except PermissionError:
        raise ValueError("may not be read; change its permissions") from None
    except DAMAGE as error:
        raise ValueError(f"cannot be read ({error}); fetch the file again") from None


def _name_content(path: Path, start: bytes) -> str:
    """Say what a file that is no image seems to be."""
    if not start:
        return "the file is empty"
    if path.suffix.lower() in {".pkl", ".pickle"} or (start[0] == 0x80 and start[1:2] <= b"\x05"):
        return "is a Python pickle, which is never loaded because it can run code"
    if all(byte in b"\t\n\r\f" or byte >= 32 for byte in start):
        return "is text, not an image"
    return "is neither FITS nor a picture"
