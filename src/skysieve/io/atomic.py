"""Files appear whole or not at all, and never outside the folder they were meant for."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on leaving, flush it to disk and rename it into place.

    Parameters
    ----------
    path : Path
        The final file; its folder is made when missing. An older file is replaced in one step.

    Yields
    ------
    Path
        Where to write. It ends like ``path`` does, so writers that look at the suffix see the right one.

    Raises
    ------
    OSError
        As the writer raised it (a full disk, say); the temporary file is removed and ``path`` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        flush_to_disk(temporary)
        temporary.replace(path)
        flush_to_disk(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def resolve_inside(folder: Path, name: str) -> Path:
    """Return ``folder / name``, refusing a name that leads out of the folder.

    Raises
    ------
    ValueError
        If the name is empty, absolute, climbs with ``..`` or passes through a link that points outside.
    """
    target = (folder / name).resolve()
    if not name or not target.is_relative_to(folder.resolve()) or target == folder.resolve():
        raise ValueError(f"{name!r} leads out of {folder}; use a plain file name")
    return target


def flush_to_disk(path: Path) -> None:
    """Ask the kernel to put a file or a folder entry on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
