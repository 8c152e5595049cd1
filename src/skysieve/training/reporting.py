"""What a training tells: a log of one row an epoch, a bar on a terminal, plain lines elsewhere."""

import csv
import math
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

from skysieve.io.atomic import write_whole

LOG = "log.csv"
BAR = 30
CLEAR = "\r\x1b[K"


def write_log(path: Path, rows: Sequence[Mapping[str, float | int]]) -> None:
    """Write the whole log; quantities that an epoch lacks stay empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with write_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, names, restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


@final
class Report:
    """Tells on stderr how far a training is."""

    def __init__(self, epochs: int) -> None:
        self._epochs, self._bar, self._drawn = epochs, sys.stderr.isatty(), -math.inf

    def show_step(self, epoch: int, step: int, steps: int) -> None:
        """Draw the bar of an epoch, ten times a second at most."""
        if not self._bar or time.monotonic() - self._drawn < 0.1:
            return
        self._drawn = time.monotonic()
        full = BAR * step // steps
        sys.stderr.write(f"{CLEAR}epoch {epoch + 1}/{self._epochs} [{'#' * full:<{BAR}}] {step}/{steps}")
        sys.stderr.flush()

    def show_epoch(self, row: Mapping[str, float | int]) -> None:
        """Print the line of an epoch."""
        numbers = " ".join(f"{name} {value:.5g}" for name, value in row.items() if name not in {"epoch", "step"})
        sys.stderr.write(f"{CLEAR if self._bar else ''}epoch {row['epoch']}/{self._epochs} {numbers}\n")
        sys.stderr.flush()
