"""The parts of tables of verdicts: one exposure, or some of its detectors, looked at and put on disk."""

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from skysieve.execution import Product, make_product
from skysieve.io.arrays import read_arrays, write_arrays
from skysieve.io.catalogs import merge_catalogs, read_catalog, write_catalog
from skysieve.io.exposures import list_detectors
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.assessing import DETECTOR_COLUMNS, EXPOSURE_COLUMNS, judge_exposure, look_at_exposure, make_table
from skysieve.quality.cameras import Learned
from skysieve.quality.detectors import DetectorView
from skysieve.quality.exposures import Glimpse
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.model import Model, read_model
from skysieve.records import Column, decode_flags, make_empty_catalog

VERDICTS, DETECTORS, GLIMPSES = "verdicts", "ccds", "glimpses"
"""Folders of a run."""

SCHEMAS: Mapping[str, tuple[Column, ...]] = {VERDICTS: EXPOSURE_COLUMNS, DETECTORS: DETECTOR_COLUMNS}

SLICE = 4
"""Detectors of one item of work, where exposures are divided."""

PLAIN = ("dead",)
"""Members of a view that are plain values."""

JOINED = 200
"""Files that are joined at once, so that memory does not grow with their number."""


@dataclass(frozen=True)
class Item:
    """One exposure of a run: its file, its name in the table, the name of its parts; and where to begin in it."""

    path: Path
    name: str
    key: str
    start: int = 0


@functools.lru_cache(maxsize=1)
def load_model(name: str) -> Model:
    """Read a judge, once in each process."""
    return read_model(name)


def judge_item(item: Item, *, folder: Path, recipe: AssessRecipe, learned: Learned) -> Product:
    """Judge an exposure and write its rows; its detectors are not read again where all of them were looked at.

    Parameters
    ----------
    item : Item
        The exposure.
    folder : Path
        The run folder.
    recipe, learned
        As `judge_exposure` takes them.
    """
    glimpses = _read_glimpses(item, folder, number=len(list_detectors([item.path], recipe=recipe.input)))
    model = load_model(recipe.model)
    row, rows = judge_exposure(item.path, model, recipe, learned=learned, name=item.name, glimpses=glimpses)
    return write_part(folder, item.key, row, rows)


def look_at_item(item: Item, *, folder: Path, recipe: AssessRecipe, learned: Learned) -> Product:
    """Look at some detectors of an exposure, from the item's start on, and write what was seen."""
    model = load_model(recipe.model)
    chosen = range(item.start, item.start + SLICE)
    glimpses = look_at_exposure(item.path, model, recipe, learned=learned, detectors=chosen)
    path = folder / GLIMPSES / f"{item.key}.{item.start:05d}.safetensors"
    write_arrays(path, _pack(glimpses))
    return make_product(folder, [path], facts={"detectors": len(glimpses)})


def write_part(folder: Path, key: str, row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> Product:
    """Write the rows of one exposure; the facts of the product say in short what they are."""
    paths = []
    for kind, found in ((VERDICTS, [row]), (DETECTORS, rows)):
        paths.append(folder / kind / f"{key}.parquet")
        write_catalog(make_table(SCHEMAS[kind], found, {}), paths[-1])
    return make_product(folder, paths, facts=summarize_row(row))


def summarize_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a line on one exposure says, as JSON values."""
    names = ("exposure", "camera", "verdict", "cause", "p_good", "seconds_lost", "n_ccd", "ood", "message")
    short = {name: row.get(name) for name in names}
    short = {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in short.items()}
    return {**short, "flags": decode_flags(int(row["flags"]), ExposureFlag)}


def join_parts(folder: Path, keys: Sequence[str], target: Path, *, kind: str, meta: Mapping[str, str]) -> None:
    """Join the parts of exposures in one table, in the order of the keys.

    Parameters
    ----------
    folder : Path
        The run folder.
    keys : sequence of str
        Of the parts; none give an empty table.
    target : Path
        Of any format that `write_catalog` knows; Parquet is written without holding the rows in memory.
    kind : str
        ``VERDICTS`` or ``DETECTORS``.
    meta : mapping of str to str
        Of the table.
    """
    head = folder / f"{kind}.head.parquet"
    write_catalog(make_empty_catalog(SCHEMAS[kind], meta), head)
    parts = [folder / kind / f"{key}.parquet" for key in keys]
    groups = []
    for start in range(0, len(parts), JOINED):
        groups.append(folder / f"{kind}.{start}.parquet")
        merge_catalogs(parts[start : start + JOINED], groups[-1])
    joined = place_joined(folder, target, kind=kind)
    merge_catalogs([head, *groups], joined)
    for path in (head, *groups):
        path.unlink()
    publish(joined, target)


def place_joined(folder: Path, target: Path, *, kind: str) -> Path:
    """Return where a table is joined as Parquet: its target, or a file of the run folder for other formats."""
    return target if target.suffix == ".parquet" else folder / f"{kind}.parquet"


def publish(joined: Path, target: Path) -> None:
    """Write a Parquet table in the format that its target's suffix asks for."""
    if joined != target:
        write_catalog(read_catalog(joined), target)


def _pack(glimpses: Sequence[Glimpse]) -> dict[str, np.ndarray]:
    facts = [
        {"seen": one.view is not None, "flags": int(one.flags), "message": one.message, "checksum": one.checksum,
         "zeropoint": one.zeropoint}
        for one in glimpses
    ]  # fmt: skip
    packed = {"facts": np.frombuffer(json.dumps(facts).encode(), np.uint8)}
    for number, one in enumerate(glimpses):
        for name in (field.name for field in fields(DetectorView)) if one.view is not None else ():
            packed[f"{number}.{name}"] = np.asarray(getattr(one.view, name))
    return packed


def _unpack(packed: Mapping[str, np.ndarray]) -> list[Glimpse]:
    glimpses = []
    for number, facts in enumerate(json.loads(packed["facts"].tobytes())):
        seen = fields(DetectorView) if facts.pop("seen") else ()
        values: dict[str, Any] = {one.name: packed[f"{number}.{one.name}"] for one in seen}
        # Files hold no arrays without axes.
        values |= {name: values[name].item() for name in PLAIN if name in values}
        view = DetectorView(**values) if values else None
        glimpses.append(Glimpse(view, ExposureFlag(facts.pop("flags")), **facts))
    return glimpses


def _read_glimpses(item: Item, folder: Path, *, number: int) -> list[Glimpse] | None:
    """Return what was seen of all detectors; None where some were not looked at."""
    found = [one for path in sorted((folder / GLIMPSES).glob(f"{item.key}.*.safetensors"))
             for one in _unpack(read_arrays(path))]  # fmt: skip
    return found if len(found) == number else None
