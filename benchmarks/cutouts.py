"""Append and random-read rates of the cutout store; prints a table and the machine it ran on.

Run: python benchmarks/cutouts.py [ROWS] [SIDE]
"""

import os
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from skysieve.io.cutouts import CutoutBatch, CutoutHeader, CutoutStore
from skysieve.records import Catalog, Column

SCHEMA = (Column("id", "i8"), Column("ra", "f8", "deg"), Column("dec", "f8", "deg"), Column("image", "str"))


def make_batch(start: int, rows: int, side: int) -> CutoutBatch:
    """Noise with a row of metadata each."""
    rng = np.random.default_rng(start)
    image = rng.normal(size=(rows, 1, side, side)).astype(np.float32)
    columns = {"id": np.arange(start, start + rows), "ra": rng.uniform(0, 360, rows), "dec": rng.uniform(-90, 90, rows),
               "image": np.array([f"field{start // 10000}"] * rows, dtype=object)}  # fmt: skip
    return CutoutBatch(image, image[:, 0] > 5, None, Catalog(SCHEMA, columns))


def append_all(store: CutoutStore, rows: int, side: int) -> list[float]:
    """Append everything and return the seconds of each append."""
    seconds = []
    for start in range(0, rows, store.batch_rows):
        batch = make_batch(start, min(store.batch_rows, rows - start), side)
        begin = time.perf_counter()
        store.append(batch)
        seconds.append(time.perf_counter() - begin)
    return seconds


def time_reads(store: CutoutStore, reads: int) -> float:
    """Seconds of reading single cutouts by row, in random order."""
    picks = np.random.default_rng(0).integers(0, len(store), reads)
    begin = time.perf_counter()
    for pick in picks:
        store.read(int(pick))
    return time.perf_counter() - begin


def main() -> None:
    """Measure and print."""
    rows, side = (int(text) for text in (sys.argv[1:3] + ["1000000", "32"][len(sys.argv) - 1 :])[:2])
    header = CutoutHeader(("r",), (side, side), 0.262, schema=SCHEMA)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        path = Path(folder, "bench.zarr")
        with CutoutStore.create(path, header) as store:
            seconds = append_all(store, rows, side)
        store = CutoutStore.open(path)
        read = time_reads(store, 500)
        begin = time.perf_counter()
        store.read(np.random.default_rng(1).integers(0, rows, 2000))
        gather = time.perf_counter() - begin
        begin = time.perf_counter()
        walked = sum(len(batch) for batch in store.stream().batches)
        walk = time.perf_counter() - begin
        files = [p for p in path.rglob("*") if p.is_file()]
        tenth = max(1, len(seconds) // 10)
        print(
            f"machine                 {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
        )
        print(f"rows                    {rows} of {side}x{side}, one band")
        print(f"append                  {sum(seconds) / rows * 1e6:.1f} us/row, {sum(seconds):.1f} s in all")
        print(f"append, first tenth     {sum(seconds[:tenth]) / tenth:.3f} s/batch of {store.batch_rows}")
        print(f"append, last tenth      {sum(seconds[-tenth - 1 : -1]) / tenth:.3f} s/batch")
        print(f"random single reads     {500 / read:.0f} /s")
        print(f"2000 random rows        {2000 / gather:.0f} rows/s")
        print(f"walk in order           {walked / walk:.0f} rows/s")
        print(f"files                   {len(files)}, {sum(p.stat().st_size for p in files) / 1e9:.2f} GB")
        print(f"peak memory             {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
