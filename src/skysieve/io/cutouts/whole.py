"""Folders appear whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_whole_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside ``path``; on leaving, rename it into place.

    Raises
    ------
    ValueError
        If ``path`` exists already: cutouts are never overwritten.
    """
    _refuse_existing(path)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    shutil.rmtree(temporary, ignore_errors=True)  # of a killed process that had this number
    temporary.mkdir(parents=True)
    try:
        yield temporary
        _refuse_existing(path)
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _refuse_existing(path: Path) -> None:
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise ValueError(f"{path.name}: exists already; remove it or choose another name")
