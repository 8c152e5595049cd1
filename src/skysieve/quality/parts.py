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
from skysieve.quality.assess_recipe import AssessRecipe, UsualRecipe
from skysieve.quality.assessing import DETECTOR_COLUMNS, EXPOSURE_COLUMNS, judge_exposure, make_table
from skysieve.quality.cameras import Learned
from skysieve.quality.detectors import DetectorView
from skysieve.quality.exposures import Glimpse
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.gathering import look_at_detectors, survey_exposure
from skysieve.quality.model import Model, read_model
from skysieve.records import Column, DetectorAddress, decode_flags, make_empty_catalog

VERDICTS, DETECTORS, GLIMPSES = "verdicts", "ccds", "glimpses"
"""Folders of a run."""

SCHEMAS: Mapping[str, tuple[Column, ...]] = {VERDICTS: EXPOSURE_COLUMNS, DETECTORS: DETECTOR_COLUMNS}

SLICE = 3
"""Detectors of one item of work, where exposures are divided."""

PLAIN = ("dead",)
"""Members of a view that are plain values."""

JOINED = 200
"""Files that are joined at once, so that memory does not grow with their number."""


@dataclass(frozen=True)
class Item:
    """One exposure of a run: its file, its name in the table, the name of its parts."""

    path: Path
    name: str
    key: str


@dataclass(frozen=True)
class Slice:
    """Some detectors of an exposure, numbered in it, to look at; and what is usual for their camera."""

    key: str
    numbered: tuple[tuple[int, DetectorAddress], ...]
    usual: UsualRecipe


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
    glimpses, model = _read_glimpses(item, folder), load_model(recipe.model)
    row, rows = judge_exposure(item.path, model, recipe, learned=learned, name=item.name, glimpses=glimpses)
    return write_part(folder, item.key, row, rows)


def divide_item(item: Item, recipe: AssessRecipe, learned: Learned) -> list[Slice]:
    """Divide an exposure into slices of few detectors."""
    survey = survey_exposure(item.path, recipe, learned)
    numbered = tuple(enumerate(survey.addresses))
    return [
        Slice(f"{item.key}.{start:05d}", numbered[start : start + SLICE], survey.camera.usual)
        for start in range(0, len(numbered), SLICE)
    ]


def look_at_slice(one: Slice, *, folder: Path, recipe: AssessRecipe) -> Product:
    """Look at some detectors of an exposure and write what was seen."""
    glimpses = look_at_detectors(one.numbered, load_model(recipe.model), recipe, usual=one.usual)
    path = folder / GLIMPSES / f"{one.key}.safetensors"
    write_arrays(path, pack_glimpses(glimpses))
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


def pack_glimpses(glimpses: Sequence[Glimpse]) -> dict[str, np.ndarray]:
    """Return what was seen of detectors as named arrays, as files hold them."""
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


def unpack_glimpses(packed: Mapping[str, np.ndarray]) -> list[Glimpse]:
    """Return what `pack_glimpses` packed."""
    glimpses = []
    for number, facts in enumerate(json.loads(packed["facts"].tobytes())):
        seen = fields(DetectorView) if facts.pop("seen") else ()
        values: dict[str, Any] = {one.name: packed[f"{number}.{one.name}"] for one in seen}
        # Files hold no arrays without axes.
        values |= {name: values[name].item() for name in PLAIN if name in values}
        view = DetectorView(**values) if values else None
        glimpses.append(Glimpse(view, ExposureFlag(facts.pop("flags")), **facts))
    return glimpses


def _read_glimpses(item: Item, folder: Path) -> list[Glimpse] | None:
    """Return what was seen of the detectors, in their order; None where none was looked at."""
    paths = sorted((folder / GLIMPSES).glob(f"{item.key}.*.safetensors"))
    return [one for path in paths for one in unpack_glimpses(read_arrays(path))] or None
