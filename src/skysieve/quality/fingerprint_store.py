"""Fingerprints of exposures kept in a cutout store: all that verdicts and searches need, without the pixels."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int

from skysieve.config import dump_recipe, parse_recipe
from skysieve.io.cutouts import CutoutHeader, CutoutStore
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.assessing import EXPOSURE_COLUMNS, describe_judging, make_table, name_exposures
from skysieve.quality.cameras import Learned, learn_cameras
from skysieve.quality.fingerprint import SourceMap
from skysieve.quality.fingerprint_rows import Frame, make_schema, pack_look, read_hits, round_look, unpack_look
from skysieve.quality.looking import Look, judge_look, take_look
from skysieve.quality.model import Model, read_model
from skysieve.quality.shapes import SIDE
from skysieve.quality.statistics import STATISTICS
from skysieve.records import Catalog

KIND = "skysieve quality fingerprints"

BLOCK = 4096
"""Rows of metadata in memory at a time."""

MEGACAM = (4612, 2048)
"""Rows and columns of a detector of MegaCam, the camera of Teimoorinia et al. (2021) [pixel]."""

PIXEL_BYTES = 2


@dataclass(frozen=True)
class HitMaps:
    """How many sources of each exposure fall on each neuron, on its detectors that have light together.

    ``detectors`` counts these; ``cluster`` is the cluster of each neuron.
    """

    exposures: tuple[str, ...]
    hits: Int[np.ndarray, "exposure neuron"]
    detectors: Int[np.ndarray, " exposure"]
    cluster: Int[np.ndarray, " neuron"]


@dataclass(frozen=True)
class Size:
    """How much smaller fingerprints are than exposures.

    ``stored`` are the bytes of the store on disk; ``smaller`` is how many times as much its exposures' pixels are at
    two bytes each, and ``megacam`` the same for detectors of 2048 x 4612 pixels, the paper's.
    """

    detectors: int
    stored: int
    smaller: float
    megacam: float


def write_prints(
    paths: Sequence[Path], recipe: AssessRecipe, *, out: Path, half: bool, on_done: Callable[[str], None]
) -> int:
    """Write fingerprints of exposures to a store, and go on where an earlier run ended.

    Parameters
    ----------
    paths : sequence of Path
        Exposures; those whose name the store has are passed over.
    recipe : AssessRecipe
        As for verdicts.
    out : Path
        The store. A new one keeps what the exposures tell of their cameras, and those added later are measured by it.
    half : bool
        Round pixels to 16 bits, as those are that judges learn from: the store takes half the room.
    on_done : callable
        Gets the name of each exposure.

    Returns
    -------
    int
        Exposures added.

    Raises
    ------
    ValueError
        If the store is of another map of sources, or is none.
    """
    model = read_model(recipe.model)
    with open_prints(out, append=True) if out.exists() else _create(out, model, learn_cameras(paths, recipe)) as store:
        _refuse_other(store, model)
        learned, there = read_learned(store), set(list_prints(store))
        missing = {path: name for path, name in name_exposures(paths).items() if name not in there}
        for path, name in missing.items():
            look = take_look(path, model, recipe, learned=learned, name=name)
            append_look(store, round_look(look) if half else look)
            on_done(name)
    return len(missing)


def open_prints(path: Path, *, append: bool = False) -> CutoutStore:
    """Open a store of fingerprints.

    Raises
    ------
    ValueError
        If it is none, or was made with other statistics than this version's.
    """
    store = CutoutStore.open(path, append=append)
    meta = store.header.meta
    if meta.get("kind") != KIND or meta.get("statistics") != json.dumps(STATISTICS):
        store.close()
        raise ValueError(f"{path.name}: holds no fingerprints of this version; make them with quality fingerprint")
    return store


def append_look(store: CutoutStore, look: Look) -> None:
    """Add an exposure; it is there once this returns, or not at all."""
    store.append(pack_look(look, _read_frame(store), start=len(store)))


def look_like_prints(path: Path, store: CutoutStore, recipe: AssessRecipe) -> Look:
    """Look at an exposure as those in a store were looked at.

    Raises
    ------
    ValueError
        If the weights of the recipe have another map of sources than the store.
    """
    model = read_model(recipe.model)
    _refuse_other(store, model)
    return take_look(path, model, recipe, learned=read_learned(store), name=path.name)


def list_prints(store: CutoutStore) -> dict[str, slice]:
    """Return the exposures of a store with their rows, in order."""
    found: dict[str, slice] = {}
    for start, rows in _iterate_rows(store):
        for number, name in enumerate(rows["exposure"].tolist(), start=start):
            found[name] = slice(found.get(name, slice(number, 0)).start, number + 1)
    return found


def read_look(store: CutoutStore, rows: slice) -> Look:
    """Read the exposure on some rows, exactly as it was added."""
    return unpack_look(store.read(rows), _read_frame(store))


def iterate_looks(store: CutoutStore) -> Iterator[Look]:
    """Read all exposures, one in memory at a time."""
    for rows in list_prints(store).values():
        yield read_look(store, rows)


def assess_prints(path: Path, recipe: AssessRecipe) -> Catalog:
    """Judge exposures by their fingerprints.

    Parameters
    ----------
    path : Path
        The store.
    recipe : AssessRecipe
        Its weights must have the store's map of sources; what is usual for cameras is in the statistics already.

    Returns
    -------
    Catalog
        A row an exposure, the same as `assess_exposures` gives.

    Raises
    ------
    ValueError
        If the weights have another map.
    """
    model, store = read_model(recipe.model), open_prints(path)
    _refuse_other(store, model)
    rows = [judge_look(look, model, recipe)[0] for look in iterate_looks(store)]
    return make_table(EXPOSURE_COLUMNS, rows, describe_judging(model, recipe, read_learned(store)))


def read_hit_maps(store: CutoutStore) -> HitMaps:
    """Read where the sources of all exposures fall; pixels are not read."""
    cluster = np.array(json.loads(store.header.meta["cluster"]))
    hits: dict[str, np.ndarray] = {}
    detectors: dict[str, int] = {}
    for _, rows in _iterate_rows(store):
        lit = rows["readable"] & ~rows["no_light"]
        every = read_hits(rows, len(cluster)) * lit[:, None]
        for name in dict.fromkeys(rows["exposure"].tolist()):
            own = rows["exposure"] == name
            hits[name] = hits.get(name, 0) + every[own].sum(axis=0)
            detectors[name] = detectors.get(name, 0) + int(lit[own].sum())
    table = np.array(list(hits.values()), int).reshape(-1, len(cluster))
    return HitMaps(tuple(hits), table, np.array(list(detectors.values()), int), cluster)


def read_learned(store: CutoutStore) -> Learned:
    """Return what was known of the cameras when the store was made."""
    return parse_recipe(Learned, json.loads(store.header.meta["learned"]))


def measure_size(store: CutoutStore) -> Size:
    """Measure how much room a store takes on disk, and how much the pixels of its exposures would."""
    stored = sum(one.stat().st_size for one in store.path.rglob("*") if one.is_file())
    pixels = sum(int((rows["n_rows"] * rows["n_columns"]).sum()) for _, rows in _iterate_rows(store))
    detectors = sum(int(rows["readable"].sum()) for _, rows in _iterate_rows(store))
    paper = detectors * MEGACAM[0] * MEGACAM[1]
    return Size(detectors, stored, PIXEL_BYTES * pixels / stored, PIXEL_BYTES * paper / stored)


def _create(path: Path, model: Model, learned: Learned) -> CutoutStore:
    source_map, side = model.source_map, model.recipe.learning.detector.fingerprint.side
    frame = Frame(source_map.n_clusters, len(source_map.cluster), side, SIDE)
    meta = {
        "kind": KIND, "statistics": json.dumps(STATISTICS), "map": _sign(source_map),
        "cluster": json.dumps(source_map.cluster.tolist()), "frame": json.dumps(dump_recipe(frame)),
        "learned": json.dumps(dump_recipe(learned)), "model": f"{model.card.name} {model.card.version}",
    }  # fmt: skip
    bands = (*(f"cluster{number}" for number in range(frame.clusters)), "star")
    shape = (max(side, SIDE), max(side, SIDE))
    return CutoutStore.create(path, CutoutHeader(bands, shape, schema=make_schema(frame), meta=meta))


def _read_frame(store: CutoutStore) -> Frame:
    return Frame(**json.loads(store.header.meta["frame"]))


def _refuse_other(store: CutoutStore, model: Model) -> None:
    if store.header.meta["map"] != _sign(model.source_map):
        raise ValueError(
            f"{store.path.name}: was made with {store.header.meta['model']}, whose map of sources is another than that "
            f"of {model.card.name} {model.card.version}; use those weights, or make the fingerprints again"
        )


def _sign(source_map: SourceMap) -> str:
    """Return a checksum of a map of sources, to six digits of its numbers."""
    parts = (source_map.neurons, source_map.center, source_map.scale, source_map.cluster)
    text = json.dumps([[f"{value:.6g}" for value in part.ravel()] for part in parts])
    return hashlib.sha256(text.encode()).hexdigest()


def _iterate_rows(store: CutoutStore) -> Iterator[tuple[int, Catalog]]:
    """Walk through the metadata: first row of each block, and its rows."""
    for start in range(0, len(store), BLOCK):
        yield start, store.read_catalog(slice(start, start + BLOCK))
