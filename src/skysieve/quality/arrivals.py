"""Files that arrive in a folder: which are there, and which have stopped growing."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

OLD = 60.0
"""A file that nobody has written to for so long [s] is whole at first sight."""


@dataclass(frozen=True)
class Stamp:
    """What tells that a file was written to: its size [byte], and when that was last done [ns]."""

    size: int
    mtime_ns: int


def list_stamps(folder: Path, pattern: str, *, without: Collection[Path] = ()) -> dict[str, Stamp]:
    """List the files of a folder by their name in it.

    Parameters
    ----------
    folder : Path
        The folder.
    pattern : str
        As of a shell; ``**/*.fits`` looks into folders, too. Hidden files are passed over: programs that copy write
        to them first.
    without : collection of Path, optional
        Absolute paths of files that are left out.

    Raises
    ------
    ValueError
        If there is no such folder, or the pattern is none.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder}: there is no such folder to watch")
    stamps = {}
    for path in folder.glob(pattern):
        name = path.relative_to(folder)
        if path.absolute() in without or any(part.startswith(".") for part in name.parts):
            continue
        try:
            stat = path.stat()
        except OSError:  # it went away, or is a link to nowhere
            continue
        if path.is_file():
            stamps[name.as_posix()] = Stamp(stat.st_size, stat.st_mtime_ns)
    return stamps


def find_settled(now: Mapping[str, Stamp], before: Mapping[str, Stamp]) -> list[str]:
    """Return the files that have stopped growing, in the order in which they were last written to.

    Parameters
    ----------
    now, before : mapping of str to Stamp
        Two looks at a folder, one interval apart: a file has settled when it is the same in both, or old.

    Examples
    --------
    >>> old = Stamp(9, 0)
    >>> find_settled({"new": Stamp(5, 2**62), "old": old}, {})
    ['old']
    """
    oldest = time.time_ns() - OLD * 1e9
    settled = [name for name, stamp in now.items() if before.get(name) == stamp or stamp.mtime_ns < oldest]
    return sorted(settled, key=lambda name: (now[name].mtime_ns, name))
