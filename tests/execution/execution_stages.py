"""Stages that other processes can import; run as a script, a whole run to be killed."""

import errno
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

from skysieve.execution import ExecutionRecipe, Product, make_product, map_items, open_ledger
from skysieve.io.atomic import write_whole


def write_square(folder: Path, number: int) -> Product:
    """Write the square of a number, over and over, so that the file has some length."""
    path = folder / "squares" / f"{number}.txt"
    with write_whole(path) as temporary:
        temporary.write_text(f"{number * number}\n" * 1000)
    return make_product(folder, [path], facts={"square": number * number, "process": os.getpid()})


def write_slowly(folder: Path, number: int) -> Product:
    time.sleep(0.03)
    return make_product(folder, [folder / f.path for f in write_square(folder, number).files], facts={})


def kill_worker(folder: Path, number: int) -> Product:
    """Die on 3 each time, on 0 the first time only, and on 3 not before that: 0 is not the victim of another."""
    marker = folder / "killed"
    if number == 0 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 3:
        while not marker.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)
    return write_square(folder, number)


def fill_disk(folder: Path, number: int) -> Product:
    if number == 4:
        raise RuntimeError("the writer gave up") from OSError(errno.ENOSPC, "No space left on device")
    return write_square(folder, number)


def write_much(folder: Path, number: int) -> Product:
    with write_whole(folder / f"{number}.bin") as temporary:
        temporary.write_bytes(b"x" * 50_000)
    return make_product(folder, [folder / f"{number}.bin"], facts={})


def run(folder: Path, workers: int, count: int = 12) -> None:
    with open_ledger(folder, "run") as ledger:
        map_items(
            partial(write_slowly, folder),
            list(range(count)),
            keys=[str(number) for number in range(count)],
            ledger=ledger,
            recipe=ExecutionRecipe(workers=workers),
            on_done=lambda outcome: None,
        )


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]))
