"""One writer at a time: a lock that ends with its process."""

import fcntl
import os
from pathlib import Path
from typing import IO


def lock_writer(path: Path) -> IO[str]:
    """Take the writer's lock; closing the file, or the end of the process, gives it back.

    The kernel holds the lock, the file only names the process that has it: what a killed writer left behind locks
    nobody out.

    Parameters
    ----------
    path : Path
        The lock file, made when missing and left in place.

    Raises
    ------
    ValueError
        If another writer has the lock.
    """
    file = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        owner = file.read(20).strip() or "unknown"
        file.close()
        raise ValueError(f"{path.parent.name}: process {owner} is writing to it; wait until it is done") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
