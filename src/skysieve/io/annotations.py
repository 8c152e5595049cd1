"""Annotations of neurons on disk: a folder with ``annotations.json`` and one PNG picture for each region."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool
from PIL import Image, UnidentifiedImageError

from skysieve.io.atomic import resolve_inside, write_whole
from skysieve.records.annotations import Annotations, NeuronAnnotation, Region

FILE, MASKS, SCHEMA = "annotations.json", "masks", 1
_OURS = re.compile(r"\d{5,}-c\d+-[\w-]*-[0-9a-f]{12}\.png", re.ASCII)


def read_annotations(folder: Path) -> Annotations:
    """Read the annotations of a map.

    Parameters
    ----------
    folder
        Holds ``annotations.json`` and the pictures it names: white (anything but 0) is inside.

    Raises
    ------
    ValueError
        If there are none, or a file is damaged, missing, or does not fit the others.
    """
    file = folder / FILE
    if not file.is_file():
        raise ValueError(f"{folder}: there is no {FILE} here; make it with skysieve som annotate")
    try:
        return _parse(folder, json.loads(file.read_text(encoding="utf-8")))
    except KeyError as missing:
        raise ValueError(f"{file}: {missing} is missing; restore the file from a copy") from None
    except (ValueError, TypeError, AttributeError) as problem:
        raise ValueError(f"{file}: {problem}; restore the file from a copy") from None


def write_annotations(folder: Path, annotations: Annotations) -> Path:
    """Write the annotations of a map over those that the folder holds.

    Pictures that stay are not written again; the JSON file is replaced in one step after the new pictures and before
    the old ones go, so that whoever reads the folder at any moment, or after a crash, finds a whole set.

    Returns
    -------
    Path
        The JSON file.
    """
    named = {_name_mask(one.neuron, region): region.mask for one in annotations.neurons for region in one.regions}
    for name, mask in named.items():
        if not (folder / MASKS / name).is_file():
            with write_whole(folder / MASKS / name) as temporary:
                Image.fromarray(mask).save(temporary, optimize=True)
    with write_whole(folder / FILE) as temporary:
        temporary.write_text(format_annotations(annotations), encoding="utf-8")
    for path in (folder / MASKS).glob("*.png"):
        if path.name not in named and _OURS.fullmatch(path.name):
            path.unlink()
    return folder / FILE


def format_annotations(annotations: Annotations) -> str:
    """Return the text of ``annotations.json``, the same for the same annotations."""
    plain = {
        "schema": SCHEMA,
        "som_sha256": annotations.som_sha256,
        "n_neurons": annotations.n_neurons,
        "frame": annotations.frame,
        "channels": annotations.channels,
        "neurons": [_format_neuron(one) for one in annotations.neurons],
    }
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def _format_neuron(one: NeuronAnnotation) -> dict[str, Any]:
    regions = [
        {
            "label": region.label,
            "channel": region.channel,
            "pixels": int(region.mask.sum()),
            "mask": f"{MASKS}/{_name_mask(one.neuron, region)}",
        }
        for region in one.regions
    ]
    return {"neuron": one.neuron, "labels": list(one.labels), "regions": regions}


def _name_mask(neuron: int, region: Region) -> str:
    """Name a picture by what it shows: other pixels are another file, so none is ever half replaced."""
    bits = f"{region.label}\0{region.mask.shape}\0".encode() + np.packbits(region.mask).tobytes()
    label = re.sub(r"[^\w-]", "_", region.label, flags=re.ASCII)[:24]
    return f"{neuron:05d}-c{region.channel}-{label}-{hashlib.sha256(bits).hexdigest()[:12]}.png"


def _parse(folder: Path, plain: dict[str, Any]) -> Annotations:
    if plain["schema"] != SCHEMA:
        raise ValueError(f"schema {plain['schema']}, this version reads {SCHEMA}")
    return Annotations(
        tuple(_read_neuron(folder, one) for one in plain["neurons"]),
        som_sha256=str(plain["som_sha256"]),
        n_neurons=int(plain["n_neurons"]),
        frame=int(plain["frame"]),
        channels=int(plain["channels"]),
    )


def _read_neuron(folder: Path, plain: dict[str, Any]) -> NeuronAnnotation:
    regions = tuple(
        Region(str(one["label"]), int(one["channel"]), _read_mask(folder, str(one["mask"]))) for one in plain["regions"]
    )
    return NeuronAnnotation(int(plain["neuron"]), tuple(map(str, plain["labels"])), regions)


def _read_mask(folder: Path, name: str) -> Bool[np.ndarray, "row column"]:
    path = resolve_inside(folder, name)
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("L")) > 0
    except FileNotFoundError:
        raise ValueError(f"its picture {name} is missing") from None
    except (UnidentifiedImageError, OSError, SyntaxError):
        raise ValueError(f"its picture {name} is damaged") from None
