"""Run on a disk of 256 kB: two items fit beside the ballast, the others once it is gone."""

import sys
from functools import partial
from pathlib import Path

from execution_stages import write_much

from skysieve.execution import ExecutionRecipe, map_items, open_ledger


def run(folder):
    with open_ledger(folder, "run") as ledger:
        return map_items(
            partial(write_much, folder),
            range(4),
            keys=["0", "1", "2", "3"],
            ledger=ledger,
            recipe=ExecutionRecipe(),
            on_done=lambda outcome: None,
        )


if __name__ == "__main__":
    ballast = Path(sys.argv[1], "ballast")
    ballast.write_bytes(b"x" * 120_000)
    try:
        run(ballast.parent)
    except OSError as error:
        sys.stdout.write(f"{error}\n")
    ballast.unlink()
    sys.stdout.write(" ".join(outcome.state for outcome in run(ballast.parent)))
