"""What plain sep needs for the detectors of a mosaic: background and detection, nothing else.

python benchmarks/bare_sep.py MOSAIC.fits [--processes 2]
"""

import argparse
import multiprocessing
from pathlib import Path

import numpy as np
import sep
from astropy.io import fits

THRESHOLD = 2.5


def detect(place: tuple[Path, int]) -> int:
    """Find the sources of one detector with plain sep; return how many there are."""
    path, extension = place
    with fits.open(path, memmap=True) as file:
        data = np.ascontiguousarray(file[extension].data, np.float32)
    mesh = sep.Background(data)
    sep.set_extract_pixstack(max(300_000, data.size // 4))
    return len(sep.extract(data - mesh.back(), THRESHOLD, err=mesh.globalrms))


def list_places(mosaic: Path) -> list[tuple[Path, int]]:
    """Return the detectors of a mosaic."""
    with fits.open(mosaic) as file:
        return [(mosaic, number) for number in range(1, len(file))]


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mosaic", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        print(sum(pool.map(detect, list_places(options.mosaic), chunksize=1)), "sources")


if __name__ == "__main__":
    main()
