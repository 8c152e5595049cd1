# ruff: noqa: INP001 -- a script, part of no package
"""Export annotations of PYINK to the open format of Skysieve; run this where PYINK is installed, not Skysieve.

    python export_pyink_annotations.py SOM.bin SOM.bin.results.pkl FOLDER

It needs what PYINK needs, and writes FOLDER/annotations.json with a picture a region in FOLDER/masks, which
``skysieve som annotate SOM.bin --annotations FOLDER`` goes on with. Unpickling runs what the file says, so export
only files that you wrote yourself; Skysieve loads no pickles, and this script is the only place that does.
"""

import hashlib
import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pyink.annotator
from PIL import Image

PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71)
END = b"# END OF HEADER\n"


def read_neurons(path: Path) -> np.ndarray:
    """Read a SOM of PINK 2 as [neuron, channel, row, column]."""
    data = path.read_bytes()
    data = data[data.index(END) + len(END) :] if data.startswith(b"#") else data
    numbers = np.frombuffer(data, "<i4", count=min(64, len(data) // 4))
    axes = int(numbers[4])
    neuron_axes = int(numbers[6 + axes])
    shape = numbers[7 + axes : 7 + axes + neuron_axes].tolist()
    pixels = np.frombuffer(data[4 * (7 + axes + neuron_axes) :], "<f4")
    return pixels.reshape(-1, *([1] if neuron_axes == 2 else []), *shape)


def find_neuron(annotation: "pyink.annotator.Annotation", key: tuple[int, ...], neurons: np.ndarray, width: int) -> int:
    """Find a neuron by its pixels, which each annotation keeps; by its key where several are the same."""
    same = np.flatnonzero((neurons == np.asarray(annotation.neuron, "<f4")).all(axis=(1, 2, 3)))
    if len(same) == 0:
        sys.exit(f"neuron {key}: its pixels are not in the SOM; give the SOM that was annotated")
    named = int(key[0]) * (len(neurons) // width) + int(key[1])
    return named if named in same else int(same[0])


def split_labels(values: np.ndarray, labels: dict[int, str]) -> dict[str, np.ndarray]:
    """Take products of primes apart: each prime is a label, 1 a region without label, 0 nothing."""
    values = np.asarray(values).astype(np.int64)
    masks = {labels.get(prime, f"label {prime}"): (values > 1) & (values % prime == 0) for prime in PRIMES}
    return {label: mask for label, mask in (masks | {"": values == 1}).items() if mask.any()}


def write_region(folder: Path, neuron: int, channel: int, region: tuple[str, np.ndarray]) -> dict[str, object]:
    """Write the picture of a region and return its entry."""
    label, mask = region
    digest = hashlib.sha256(np.packbits(mask).tobytes()).hexdigest()[:12]
    name = f"masks/{neuron:05d}-c{channel}-{digest}.png"
    (folder / "masks").mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask.astype(np.uint8) * 255).save(folder / name)
    return {"label": label, "channel": channel, "pixels": int(mask.sum()), "mask": name}


def export(som: Path, results: Path, folder: Path) -> int:
    """Write all annotations; return how many neurons have any."""
    if (folder / "annotations.json").exists():
        sys.exit(f"{folder}: there are annotations already; give another folder")
    neurons, width = read_neurons(som), int(pyink.SOM(str(som)).som_shape[0])
    with results.open("rb") as file:
        found = pickle.load(file)  # noqa: S301 -- the user's own file, in the user's own environment
    entries = {}
    for key, annotation in found.items():
        labels = {prime: label for label, prime in annotation.labels}
        number = find_neuron(annotation, key, neurons, width)
        regions = [
            write_region(folder, number, int(channel), region)
            for channel, values in sorted(annotation.filters.items())
            for region in split_labels(values, labels).items()
        ]
        if regions:
            entries[number] = {"neuron": number, "labels": [], "regions": regions}
    plain = {
        "schema": 1,
        "som_sha256": hashlib.sha256(som.read_bytes()).hexdigest(),
        "n_neurons": len(neurons),
        "frame": neurons.shape[-1],
        "channels": neurons.shape[1],
        "neurons": [entries[number] for number in sorted(entries)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "annotations.json").write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return len(entries)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    print(export(*map(Path, sys.argv[1:])), "neurons exported to", sys.argv[3])  # noqa: T201
