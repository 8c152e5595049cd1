"""Maps of maps: a child for chosen neurons, trained on the images that match them best, in ``children/n012``."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int, Shaped

from skysieve.io.checksums import checksum_file
from skysieve.som.image_data import ImageSource
from skysieve.som.image_mapping import map_rows
from skysieve.som.maps import ImageMap, read_image_map
from skysieve.som.transforms import Geometry


@dataclass(frozen=True, eq=False)
class SomTree:
    """A trained map with the maps below its neurons."""

    som: ImageMap
    children: Mapping[int, "SomTree"]


def locate_child(folder: Path, neuron: int) -> Path:
    """Return where the child of a neuron lies.

    Examples
    --------
    >>> locate_child(Path("run"), 12).as_posix()
    'run/children/n012'
    """
    return folder / "children" / f"n{neuron:03d}"


def read_tree(path: Path, *, geometry: Geometry | None = None) -> SomTree:
    """Read a trained map with the children that lie in its folder.

    Raises
    ------
    ValueError
        If a map cannot be read, or a child belongs to a neuron that there is not.
    """
    som = read_image_map(path, geometry=geometry)
    children = {}
    for neuron, folder in _list_children(path):
        if neuron >= som.lattice.n_neurons:
            raise ValueError(f"{folder}: the map above has {som.lattice.n_neurons} neurons; remove this folder")
        children[neuron] = read_tree(folder)
    return SomTree(som, children)


def checksum_tree(path: Path) -> str:
    """Return a SHA-256 of a map, its card and its children."""
    file = path / "som.bin" if path.is_dir() else path
    parts = [checksum_file(one) for one in (file, file.with_suffix(".json")) if one.is_file()]
    parts += [f"{neuron} {checksum_tree(folder)}" for neuron, folder in _list_children(path)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _list_children(path: Path) -> Iterator[tuple[int, Path]]:
    for folder in sorted((path / "children").glob("n[0-9]*")) if path.is_dir() else ():
        if folder.name[1:].isdigit() and (folder / "som.bin").is_file():
            yield int(folder.name[1:]), folder


def descend(
    images: ImageSource,
    rows: Int[np.ndarray, " row"],
    bmus: Int[np.ndarray, " row"],
    tree: SomTree,
    *,
    device: str = "cpu",
) -> tuple[Shaped[np.ndarray, " row"], Float32[np.ndarray, " row"]]:
    """Follow images down the tree, from the map to the child of their best-matching unit, and so on.

    Parameters
    ----------
    rows
        Which images.
    bmus
        Their best-matching units on the uppermost map; -1 unknown.

    Returns
    -------
    paths, distances
        Neurons from top to bottom as texts such as ``12/3``, "" where the first is unknown, and the distance to the
        last of them; NaN for images that met no child.
    """
    paths = np.array([str(bmu) if bmu >= 0 else "" for bmu in bmus.tolist()], dtype=object)
    distances = np.full(len(rows), np.nan, np.float32)
    for neuron, child in tree.children.items():
        mine = np.flatnonzero(bmus == neuron)
        if not len(mine):
            continue
        below, nearest = _find_nearest(images, rows[mine], child.som, device)
        tails, further = descend(images, rows[mine], below, child, device=device)
        paths[mine] = [f"{neuron}/{tail}" if tail else str(neuron) for tail in tails]
        distances[mine] = np.where(np.isfinite(further), further, nearest)
    return paths, distances


def _find_nearest(
    images: ImageSource, rows: Int[np.ndarray, " row"], som: ImageMap, device: str
) -> tuple[Int[np.ndarray, " row"], Float32[np.ndarray, " row"]]:
    found = [
        (one.distance.argmin(axis=1), one.distance.min(axis=1)) for one in map_rows(images, rows, som, device=device)
    ]
    bmus, distances = (np.concatenate(part) for part in zip(*found, strict=True))
    return np.where(np.isfinite(distances), bmus, -1), distances
