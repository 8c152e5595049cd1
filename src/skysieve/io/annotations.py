"""Annotations of neurons on disk: a folder with ``annotations.json`` and one PNG picture for each region."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool
from PIL import Image, UnidentifiedImageError

from skysieve.io.atomic import resolve_inside, write_whole
from skysieve.records.annotations import Annotations, NeuronAnnotation, Region

FILE, MASKS, SCHEMA = "annotations.json", "masks", 1
_OURS = re.compile(r"[0-9]{5,}-c[0-9]+-[0-9a-f]{12}\.png")


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


@dataclass(frozen=True, eq=False)
class PreparedAnnotations:
    """What is to be written, made by `prepare_annotations`: the text of ``annotations.json``, pictures by name."""

    text: str
    masks: Mapping[str, Bool[np.ndarray, "row column"]]


def prepare_annotations(annotations: Annotations) -> PreparedAnnotations:
    """Name the pictures and format the text, the same for the same annotations; a neuron is a line."""
    masks: dict[str, np.ndarray] = {}
    lines = [json.dumps(_prepare_neuron(one, masks), ensure_ascii=False) for one in annotations.neurons]
    head = {
        "schema": SCHEMA,
        "som_sha256": annotations.som_sha256,
        "n_neurons": annotations.n_neurons,
        "frame": annotations.frame,
        "channels": annotations.channels,
    }
    neurons = ",\n".join(f"  {line}" for line in lines)
    return PreparedAnnotations(f'{json.dumps(head, indent=1)[:-2]},\n "neurons": [\n{neurons}\n ]\n}}\n', masks)


def write_annotations(folder: Path, annotations: Annotations | PreparedAnnotations) -> Path:
    """Write the annotations of a map over those that the folder holds.

    Pictures that stay are not written again; the JSON file is replaced in one step after the new pictures and before
    the old ones go, so that whoever reads the folder at any moment, or after a crash, finds a whole set.

    Returns
    -------
    Path
        The JSON file.
    """
    prepared = prepare_annotations(annotations) if isinstance(annotations, Annotations) else annotations
    present = {path.name for path in (folder / MASKS).glob("*.png")}
    for name in sorted(prepared.masks.keys() - present):
        with write_whole(folder / MASKS / name) as temporary:
            Image.fromarray(prepared.masks[name]).save(temporary)
    with write_whole(folder / FILE) as temporary:
        temporary.write_text(prepared.text, encoding="utf-8")
    for name in present - prepared.masks.keys():
        if _OURS.fullmatch(name):
            (folder / MASKS / name).unlink()
    return folder / FILE


def _prepare_neuron(one: NeuronAnnotation, masks: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of a neuron; its pictures are added to the others."""
    regions = []
    for region in one.regions:
        name = _name_mask(one.neuron, region)
        masks[name] = region.mask
        pixels = int(np.count_nonzero(region.mask))
        entry = {"label": region.label, "channel": region.channel, "pixels": pixels, "mask": f"{MASKS}/{name}"}
        regions.append(entry)
    return {"neuron": one.neuron, "labels": list(one.labels), "regions": regions}


def _name_mask(neuron: int, region: Region) -> str:
    """Name a picture by what it shows: other pixels are another file, so none is ever half replaced."""
    digest = hashlib.sha256(np.packbits(region.mask).tobytes()).hexdigest()[:12]
    return f"{neuron:05d}-c{region.channel}-{digest}.png"


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
