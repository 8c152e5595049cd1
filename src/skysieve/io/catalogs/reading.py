"""One sentence for every file that is not what its name says."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.parsers.expat import ExpatError

_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    struct.error,
    zlib.error,
    ExpatError,
    SyntaxError,
    OverflowError,
    ArithmeticError,
)


@contextmanager
def refuse_unreadable(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever a library raises on a broken file into one sentence, and keep its warnings to itself.

    Raises
    ------
    ValueError
        If the file is missing, is a folder, is empty, or is not a whole file of this kind.
    """
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file; give the path of a {kind}")
    if path.stat().st_size == 0:
        raise ValueError(f"{path.name}: is not a {kind} but an empty file; write it again")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except _BROKEN as error:
        reason = (str(error).splitlines() or [""])[0].rstrip(".") or type(error).__name__
        raise ValueError(
            f"{path.name}: is not a whole {kind} ({reason}); write it again or give it the suffix of its format"
        ) from error
