"""A mapping as label transfer needs it: distances, rows of the images, their labels and groups."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64, Shaped

from skysieve.io.catalogs import read_catalog
from skysieve.io.pink import read_pink_map
from skysieve.metrics import make_sky_cells, select_finite
from skysieve.morphology.closeness import is_known
from skysieve.morphology.transfer import encode_labels
from skysieve.records import Catalog, Column
from skysieve.som.lattice import Lattice
from skysieve.som.mapped import choose_lattice
from skysieve.som.maps import read_image_map

CELL = 1.0
"""Side of the cells of the sky that are kept together where no groups are named [deg]."""


@dataclass(frozen=True, eq=False)
class MappedRows:
    """Images on a map.

    Attributes
    ----------
    distance
        To all neurons, mapped into memory.
    bmu, nearest
        Best-matching unit, -1 where nothing is known, and the distance to it.
    rows
        The catalog of the images.
    lattice
        Where the neurons stand.
    som_sha256
        Of the map; empty where the mapping does not say.
    """

    distance: Shaped[np.ndarray, "image neuron"]
    bmu: Int64[np.ndarray, " image"]
    nearest: Shaped[np.ndarray, " image"]
    rows: Catalog
    lattice: Lattice
    som_sha256: str


def read_mapped_rows(path: Path, *, som: Path | None = None) -> MappedRows:
    """Read a mapping: a folder of ``skysieve som map``, or a file of distances as PINK writes.

    Parameters
    ----------
    som
        The trained map, for a bare file of distances, which does not tell a periodic lattice from an open one.

    Raises
    ------
    ValueError
        If there is no mapping, or map, distances and rows do not belong together.
    """
    file = path / "map.bin" if path.is_dir() else path
    if not file.is_file():
        raise ValueError(f"{path}: there is no map.bin here; give a folder of skysieve som map, or PINK's mapping file")
    found = read_pink_map(file)
    lattice = choose_lattice(file, found.layout, given=None if som is None else read_image_map(som).lattice)
    rows = _read_rows(file.with_name("mapping.parquet"), len(found.distances))
    known = is_known(found.distances)
    best = np.where(known, found.distances.argmin(axis=1), -1).astype(np.int64)
    nearest = np.where(known, found.distances.min(axis=1), np.nan)
    return MappedRows(found.distances, best, nearest, rows, lattice, _read_checksum(file.with_name("mapping.json")))


def match_labels(rows: Catalog, table: Catalog) -> tuple[tuple[str, ...], Int64[np.ndarray, " image"], int]:
    """Find the label of each image in a table of ids and labels.

    Returns
    -------
    classes, labels, lost
        Names in alphabetical order; -1 for images without a label; rows of the table whose id no image has.

    Raises
    ------
    ValueError
        If a column is missing, an id has two labels or two images, or no image has a label.
    """
    missing = [name for name in ("id", "label") if name not in table.names]
    if missing:
        raise ValueError(f"labels: column {missing[0]} is missing; a table of labels has the columns id and label")
    if "id" not in rows.names:
        raise ValueError("mapping: its rows have no column id; map images that have ids, or a bare mapping file")
    place = {_name(value): row for row, value in enumerate(rows["id"].tolist())}
    if len(place) < len(rows):
        raise ValueError("mapping: some ids belong to several images; give each image its own")
    texts, lost = np.full(len(rows), "", dtype=object), 0
    seen: dict[str, str] = {}
    for value, label in zip(table["id"].tolist(), table["label"].tolist(), strict=True):
        key, text = _name(value), _name(label).strip()
        if seen.setdefault(key, text) != text:
            raise ValueError(f"labels: id {key} is both {seen[key]!r} and {text!r}; keep one")
        lost += key not in place
        if key in place:
            texts[place[key]] = text
    classes, labels = encode_labels(texts)
    if not classes:
        raise ValueError(
            f"labels: none of the {len(table)} ids is one of the {len(rows)} images; compare the columns id"
        )
    return classes, labels, lost


def find_groups(rows: Catalog, *, column: str | None = None, cell: float = CELL) -> Shaped[np.ndarray, " image"]:
    """Return the group of each image, to be kept on one side of every split.

    Parameters
    ----------
    column
        Of the rows; by default cells of the sky where all have ra and dec, else every image is its own group.
    cell
        Side of these cells [deg].

    Raises
    ------
    ValueError
        If there is no such column.
    """
    if column is not None:
        if column not in rows.names:
            raise ValueError(f"mapping: there is no column {column!r} to group by; there are {', '.join(rows.names)}")
        return rows[column].astype(str)
    if {"ra", "dec"} <= set(rows.names) and select_finite(rows["ra"], rows["dec"]).all():
        return make_sky_cells(rows["ra"].astype(np.float64), rows["dec"].astype(np.float64), size=cell)
    return np.arange(len(rows))


def _read_rows(file: Path, count: int) -> Catalog:
    if not file.is_file():
        return Catalog((Column("id", "i8", description="position among the images"),), {"id": np.arange(count)})
    rows = read_catalog(file)
    if len(rows) != count:
        raise ValueError(f"{file.name}: {len(rows)} rows for {count} images; map them again")
    return rows


def _read_checksum(file: Path) -> str:
    return str(json.loads(file.read_text(encoding="utf-8")).get("som_sha256", "")) if file.is_file() else ""


def _name(value: object) -> str:
    """Return an id or label as text: whole numbers read as real ones lose their point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
