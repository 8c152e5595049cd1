"""Journals: files of JSON lines that only grow, of which a crash can at most tear the last line."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Read the lines of a journal; what follows the last whole line is left out.

    Raises
    ------
    ValueError
        If a whole line is not a JSON object.
    """
    lines = path.read_bytes().split(b"\n")[:-1]
    try:
        found = [json.loads(line) for line in lines]
    except ValueError as problem:
        raise ValueError(f"{path}: not a journal ({problem}); move it away") from None
    if not all(isinstance(one, dict) for one in found):
        raise ValueError(f"{path}: not a journal (a line is not an object); move it away")
    return found


def append_journal(path: Path, plain: Mapping[str, Any]) -> int:
    """Put one more line on disk, after the last whole one.

    Returns
    -------
    int
        The length of the file before [byte], to which `cut_journal` takes it back.

    Raises
    ------
    OSError
        If the line cannot be written; the journal is as it was.
    """
    line = (json.dumps(plain, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
    length = _measure_whole(path)
    try:
        with path.open("r+b" if path.exists() else "xb") as file:
            file.truncate(length)
            file.seek(length)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        cut_journal(path, length)
        raise
    return length


def cut_journal(path: Path, length: int) -> None:
    """Forget all after a length [byte]."""
    if path.is_file():
        os.truncate(path, length)


def _measure_whole(path: Path) -> int:
    return path.read_bytes().rfind(b"\n") + 1 if path.is_file() else 0
