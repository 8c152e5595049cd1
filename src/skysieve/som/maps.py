"""Trained maps of images on disk: ``som.bin`` in PINK's format, and ``som.json`` with what PINK leaves out."""

import json
import math
from collections.abc import Mapping as Plain
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from skysieve.config import parse_recipe
from skysieve.io.atomic import write_whole
from skysieve.io.checksums import checksum_file
from skysieve.io.pink import PinkLayout, PinkSom, read_pink_som, write_pink_som
from skysieve.som.lattice import Lattice
from skysieve.som.transforms import Geometry, make_geometry

SCHEMA = 1


@dataclass(frozen=True, eq=False)
class ImageMap:
    """A trained map of images: the neurons, and all that one must know to match an image with them.

    Attributes
    ----------
    neurons
        In the order of ``lattice``, in the unit of the prepared images.
    lattice, geometry
        Where the neurons stand; how images are turned and compared.
    bands
        Names of the channels; empty when nobody named them.
    channel_weights
        What the squared differences of each channel count; one a channel.
    preparation
        The recipe by which cutouts became the images that the map knows, as plain values; empty for images taken as
        they are.
    provenance
        What made the map (data, schedule, seed, versions), as plain values.
    """

    neurons: Float32[np.ndarray, "neuron channel row column"]
    lattice: Lattice
    geometry: Geometry
    bands: tuple[str, ...] = ()
    channel_weights: tuple[float, ...] = ()
    preparation: Plain[str, Any] = field(default_factory=dict)
    provenance: Plain[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n_neurons, channels, *sides = self.neurons.shape
        if n_neurons != self.lattice.n_neurons or sides != 2 * [self.geometry.neuron_side]:
            raise ValueError(
                f"neurons: {n_neurons} of {sides[0]}x{sides[1]} pixels; the lattice wants {self.lattice.n_neurons} "
                f"and the geometry {self.geometry.neuron_side} pixels a side"
            )
        object.__setattr__(self, "channel_weights", tuple(self.channel_weights) or (1.0,) * channels)
        if len(self.channel_weights) != channels or min(self.channel_weights) <= 0:
            raise ValueError(f"channel_weights = {self.channel_weights}: wanted is a positive number for each channel")
        if self.bands and len(self.bands) != channels:
            raise ValueError(f"bands = {self.bands}: the neurons have {channels} channels; name each")


def write_image_map(folder: Path, trained: ImageMap) -> tuple[Path, Path]:
    """Write ``som.bin`` and ``som.json`` into a folder; PINK and PYINK read the first.

    Returns
    -------
    tuple of Path
        Both files.
    """
    neurons, card = folder / "som.bin", folder / "som.json"
    pixels = trained.neurons if trained.neurons.shape[1] > 1 else trained.neurons[:, 0]
    write_pink_som(neurons, PinkSom(np.ascontiguousarray(pixels), make_pink_layout(trained.lattice)))
    plain = {
        "schema": SCHEMA,
        "lattice": asdict(trained.lattice),
        "geometry": asdict(trained.geometry),
        "bands": trained.bands,
        "channel_weights": trained.channel_weights,
        "preparation": dict(trained.preparation),
        "provenance": dict(trained.provenance),
        "sha256": checksum_file(neurons),
    }
    with write_whole(card) as temporary:
        temporary.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    return neurons, card


def read_image_map(path: Path, *, geometry: Geometry | None = None) -> ImageMap:
    """Read a trained map: a folder with ``som.bin``, or a SOM file of PINK's.

    Parameters
    ----------
    path
        The folder or the file. ``som.json`` (the file's name with that suffix) is used when it lies beside.
    geometry
        How to compare images with the neurons of a file that has no card beside it. Default: that of PINK's defaults
        for the neurons' side.

    Raises
    ------
    ValueError
        If there is no such file, it is not a SOM of images, or it is not the one that its card describes.
    """
    file = path / "som.bin" if path.is_dir() else path
    if not file.is_file():
        raise ValueError(f"{path}: there is no som.bin here; give the folder of a trained map, or a SOM file of PINK")
    stored = read_pink_som(file)
    neurons = stored.neurons[:, None] if stored.neurons.ndim == 3 else stored.neurons
    if neurons.ndim != 4:
        raise ValueError(
            f"{file.name}: its neurons have {stored.neurons.ndim - 1} axes; images have 2, or 3 with channels"
        )
    card = file.with_suffix(".json")
    if not card.is_file():
        lattice = Lattice(stored.layout.shape, hexagonal=stored.layout.hexagonal)
        return ImageMap(neurons, lattice, geometry or guess_geometry(neurons.shape[-1]))
    return _apply_card(file, card, neurons)


def guess_geometry(neuron_side: int) -> Geometry:
    """Return PINK's default geometry of the images for which a neuron has this side.

    Raises
    ------
    ValueError
        If by default no image has neurons of this side.

    Examples
    --------
    >>> guess_geometry(91).image_side
    64
    """
    near = round((neuron_side - 0.5) / math.sqrt(2))
    for side in (near - 1, near, near + 1):
        if side >= 2 and make_geometry(side).neuron_side == neuron_side:
            return make_geometry(side)
    raise ValueError(
        f"neurons of {neuron_side} pixels a side: no image has them by default; say which image side it was"
    )


def make_pink_layout(lattice: Lattice) -> PinkLayout:
    """Return how PINK's files state a lattice; that it is periodic they cannot say."""
    return PinkLayout(lattice.shape, hexagonal=lattice.hexagonal)


def _apply_card(file: Path, card: Path, neurons: Float32[np.ndarray, "..."]) -> ImageMap:
    try:
        plain = json.loads(card.read_text(encoding="utf-8"))
        schema, wanted = plain["schema"], plain["sha256"]
    except (ValueError, KeyError, TypeError) as problem:
        raise ValueError(f"{card}: not the card of a trained map ({problem}); write the map again") from None
    if schema != SCHEMA:
        raise ValueError(f"{card}: schema {schema}; this version reads {SCHEMA}, write the map again")
    if checksum_file(file) != wanted:
        raise ValueError(f"{file}: it is not the file that {card.name} describes; restore it, or remove the card")
    return ImageMap(
        neurons,
        parse_recipe(Lattice, plain["lattice"]),
        Geometry(**plain["geometry"]),
        bands=tuple(plain["bands"]),
        channel_weights=tuple(plain["channel_weights"]),
        preparation=plain["preparation"],
        provenance=plain["provenance"],
    )
