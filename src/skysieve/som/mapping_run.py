"""Map images from files onto a trained map into a run folder: in parts, in bounded memory, resumable, in parallel."""

import functools
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import ConfigDict, Field

from skysieve.config import STRICT, dump_recipe
from skysieve.execution import ExecutionRecipe, Ledger, Outcome, Product, make_product, map_items, open_ledger
from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import merge_catalogs, read_catalog, write_catalog
from skysieve.io.checksums import checksum_file
from skysieve.io.pink import read_pink_map, read_pink_transforms, write_pink_map, write_pink_transforms
from skysieve.records import Catalog, Column
from skysieve.som.catalog_join import attach_catalog, check_catalog
from skysieve.som.hierarchy import SomTree, checksum_tree, descend, read_tree
from skysieve.som.image_data import COPY, ImageSource, checksum_images, open_images
from skysieve.som.image_mapping import BATCH, map_rows
from skysieve.som.mapping_table import describe_mapping_flags, gather_mapped, make_mapping_rows
from skysieve.som.maps import make_pink_layout
from skysieve.som.training_recipe import GeometryRecipe

KEY, PARTS = "mapping", "parts"
PATH = Column("som_path", "str", description="neurons from the map down to the last child, such as 12/3")
PATH_DISTANCE = Column("som_path_distance", "f4", description="Euclidean distance to the neuron of the last child")


@dataclass(frozen=True)
class MapSomRecipe:
    """How images are mapped.

    ``part`` images make a part of the run, which is redone when it is killed, and are in memory as distances;
    ``geometry`` replaces that of the map, or says that of a bare SOM file when it is not PINK's default.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    part: Annotated[int, Field(ge=1)] = 4096
    geometry: GeometryRecipe | None = None
    device: str = "cpu"
    execution: ExecutionRecipe = field(default_factory=ExecutionRecipe)


@dataclass(frozen=True)
class MapWork:
    """What all parts of a mapping have in common."""

    source: Path
    som: Path
    out: Path
    recipe: MapSomRecipe


@dataclass(frozen=True, eq=False)
class MappingSummary:
    """What a mapping found: its folder and its facts (counts, checksums), as they stand in ``mapping.json``."""

    folder: Path
    facts: dict[str, Any]


def _ignore(told: object) -> None:
    """Tell nobody."""


def map_onto(
    source: Path,
    som: Path,
    recipe: MapSomRecipe | None = None,
    *,
    out: Path,
    catalog: Path | None = None,
    overwrite: bool = False,
    on_start: Callable[[int], None] = _ignore,
    on_done: Callable[[Outcome], None] = _ignore,
) -> MappingSummary:
    """Map images onto a trained map; a killed mapping in the same folder goes on, with the same bytes.

    Parameters
    ----------
    source
        Prepared images: a cutout store, an HDF5 file or a folder of cutouts, or a binary of images of PINK.
    som
        The folder of a trained map, or a SOM file of PINK. Children in ``children`` are followed.
    recipe
        How; by default as `MapSomRecipe` says.
    out
        The run folder: ``map.bin``, ``transforms.bin``, ``mapping.parquet``, ``mapping.json``.
    catalog
        Its columns join the rows: by ``id`` where the images have ids, else row by row.
    overwrite
        Replace another run in the folder.
    on_start, on_done
        Get the number of parts, and the outcome of each.

    Raises
    ------
    ValueError
        If source, map or catalog cannot be read or do not fit, or the folder holds another run.
    RuntimeError
        If a part failed for reasons of the machine.
    """
    work = MapWork(source.resolve(), som.resolve(), out.resolve(), recipe or MapSomRecipe())
    facts: dict[str, Any] = {
        "source": source.name,
        "sha256": checksum_images(source),
        "som": som.name,
        "som_sha256": checksum_tree(som),
    }
    joined = None if catalog is None else read_catalog(catalog)
    facts["catalog_sha256"] = None if catalog is None else checksum_file(catalog)
    with open_ledger(out, _make_fingerprint(facts, work.recipe), overwrite=overwrite) as ledger:
        done = ledger.find_done(KEY)
        if done is None:
            done = _map_all(work, facts, joined, ledger=ledger, on_start=on_start, on_done=on_done)
        for leftover in (PARTS, COPY):
            shutil.rmtree(out / leftover, ignore_errors=True)
    return MappingSummary(out, dict(done.facts))


def _make_fingerprint(facts: dict[str, Any], recipe: MapSomRecipe) -> str:
    plain = {key: value for key, value in dump_recipe(recipe).items() if key != "execution"}
    sums = {key: value for key, value in facts.items() if key.endswith("sha256")}
    return hashlib.sha256(json.dumps([plain, sums], sort_keys=True).encode()).hexdigest()


def _map_all(
    work: MapWork, facts: dict[str, Any], joined: Catalog | None, *, ledger: Ledger,
    on_start: Callable[[int], None], on_done: Callable[[Outcome], None],
) -> Product:  # fmt: skip
    images, tree = open_work(work)
    if joined is not None:
        check_catalog(joined, images)
    part = -(-work.recipe.part // BATCH) * BATCH
    spans = [(start, min(start + part, images.length)) for start in range(0, max(images.length, 1), part)]
    on_start(len(spans))
    keys = [f"images {start}-{stop}" for start, stop in spans]
    outcomes = map_items(
        functools.partial(map_part, work), spans, keys=keys, ledger=ledger, recipe=work.recipe.execution,
        on_done=on_done,
    )  # fmt: skip
    failed = [one for one in outcomes if one.state == "failed"]
    if failed:
        raise RuntimeError(f"{failed[0].key}: {failed[0].error}; run the same command again to map what is missing")
    files = merge_parts(work.out, spans, tree, catalog=joined, numbered=images.numbered)
    counts = {name: sum(one.product.facts[name] for one in outcomes if one.product) for name in ("images", "unknown")}
    lattice = tree.som.lattice
    layout = {
        "neurons": lattice.n_neurons, "lattice": {**asdict(lattice), "shape": list(lattice.shape)},
        "children": len(tree.children),
    }  # fmt: skip
    told = {**facts, **counts, **layout, "prepared_alike": dict(images.preparation) == dict(tree.som.preparation)}
    summary = work.out / "mapping.json"
    with write_whole(summary) as temporary:
        temporary.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    product = make_product(work.out, (*files, summary), facts=told)
    ledger.record(Outcome(KEY, "done", product))
    return product


def open_work(work: MapWork) -> tuple[ImageSource, SomTree]:
    """Open images and maps, and refuse those that do not fit together.

    Raises
    ------
    ValueError
        If sides, channels or the order of bands differ.
    """
    images = open_images(work.source, scratch=work.out)
    given = work.recipe.geometry
    tree = read_tree(work.som, geometry=None if given is None else given.resolve(images.side))
    som = tree.som
    if given is not None:
        fixed = replace(given, neuron_side=som.neurons.shape[-1]).resolve(images.side)
        tree = replace(tree, som=replace(som, geometry=fixed))
    side, channels = tree.som.geometry.image_side, som.neurons.shape[1]
    if (images.side, images.channels) != (side, channels):
        raise ValueError(
            f"{images.name}: images of {images.channels} channel(s) and {images.side}x{images.side} pixels; the map "
            f"knows {channels} and {side}x{side}: prepare them as those that it was trained on"
        )
    if som.bands != images.bands and sorted(som.bands) == sorted(images.bands):
        raise ValueError(f"{images.name}: bands {images.bands}; the map wants them in the order {som.bands}")
    return images, tree


def map_part(work: MapWork, span: tuple[int, int]) -> Product:
    """Map images from one row up to another one, into files of their own."""
    images, tree = open_work(work)
    rows = np.arange(*span)
    mapped = gather_mapped(map_rows(images, rows, tree.som, device=work.recipe.device), tree.som.lattice.n_neurons)
    table = make_mapping_rows(images.read_catalog(rows), mapped, tree.som.lattice)
    if tree.children:
        paths, distances = descend(images, rows, table["som_bmu"].astype(np.int64), tree, device=work.recipe.device)
        table = table.with_column(PATH, paths).with_column(PATH_DISTANCE, distances)
    layout, files = make_pink_layout(tree.som.lattice), _name_part(work.out, span)
    write_pink_map(files[0], [mapped.distance], layout=layout)
    write_pink_transforms(files[1], [(mapped.flip, mapped.angle)], layout=layout)
    meta = {**table.meta, "som_flags": describe_mapping_flags()}
    write_catalog(replace(table, meta=meta), files[2])
    facts = {"images": len(rows), "unknown": int(np.count_nonzero(table["som_bmu"] < 0))}
    return make_product(work.out, files, facts=facts)


def _name_part(out: Path, span: tuple[int, int]) -> tuple[Path, Path, Path]:
    stem = out / PARTS / f"{span[0]:010d}"
    return stem.with_suffix(".map.bin"), stem.with_suffix(".transforms.bin"), stem.with_suffix(".parquet")


def merge_parts(
    out: Path, spans: list[tuple[int, int]], tree: SomTree, *, catalog: Catalog | None, numbered: bool
) -> tuple[Path, Path, Path]:
    """Join the files of all parts, one part in memory at a time.

    Returns
    -------
    tuple of Path
        ``map.bin``, ``transforms.bin`` and ``mapping.parquet``.
    """
    parts = [_name_part(out, span) for span in spans]
    layout = make_pink_layout(tree.som.lattice)
    target = (out / "map.bin", out / "transforms.bin", out / "mapping.parquet")
    filled = [part for part, span in zip(parts, spans, strict=True) if span[1] > span[0]]
    write_pink_map(target[0], (read_pink_map(part[0]).distances for part in filled), layout=layout)
    turns = (read_pink_transforms(part[1]) for part in filled)
    write_pink_transforms(target[1], ((one.flip, one.angle) for one in turns), layout=layout)
    tables = [part[2] for part in parts]
    if catalog is not None:
        tables = [
            attach_catalog(table, catalog, start=span[0], numbered=numbered)
            for table, span in zip(tables, spans, strict=True)
        ]
    merge_catalogs(tables, target[2])
    return target
