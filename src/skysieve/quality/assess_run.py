"""Many exposures judged, on one process or several, so that a killed run goes on where it stopped."""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from skysieve.config import dump_recipe, parse_recipe
from skysieve.execution import ExecutionRecipe, Ledger, Outcome, map_items, open_ledger
from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.overrule import Overrule, apply_overrules, read_overrules
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.assessing import describe_failure, describe_judging, name_exposures
from skysieve.quality.cameras import Learned, learn_cameras
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.layout import write_layouts
from skysieve.quality.parts import (
    DETECTORS,
    VERDICTS,
    Item,
    divide_item,
    join_parts,
    judge_item,
    load_model,
    look_at_slice,
    write_part,
)
from skysieve.records import Catalog

Done = Callable[[Outcome], None]


@dataclass(frozen=True)
class Products:
    """Where the products of a run go.

    Parameters
    ----------
    verdicts : Path
        Table with a row an exposure.
    detectors : Path, optional
        Table with a row a detector.
    layouts : Path, optional
        File of the layouts of the cameras.
    run : Path, optional
        Folder of the run, which is kept; by default a hidden one beside the verdicts, removed at the end.
    overwrite : bool
        Forget another run that is in the folder.
    """

    verdicts: Path
    detectors: Path | None = None
    layouts: Path | None = None
    run: Path | None = None
    overwrite: bool = False


def run_assessment(
    paths: Sequence[Path], recipe: AssessRecipe, products: Products, *, execution: ExecutionRecipe,
    on_start: Callable[[int], None], on_done: Done, overrule: Path | None = None,
) -> Catalog:  # fmt: skip
    """Judge exposures and write the tables, whole or not at all.

    Parameters
    ----------
    paths : sequence of Path
        Exposures, each once.
    recipe : AssessRecipe
        How.
    products : Products
        Where to.
    execution : ExecutionRecipe
        With how many processes; the products are the same, byte for byte. Fewer exposures than two a process are
        divided among the processes by detectors.
    on_start, on_done : callable
        Get the number of items of work, and each as it ends.
    overrule : Path, optional
        Table of verdicts to replace: id (the name of the exposure), value, who, why.

    Returns
    -------
    Catalog
        The verdicts.

    Raises
    ------
    ValueError
        If weights, overrules or layouts are unusable, an exposure is given twice, or the folder holds another run.

    Notes
    -----
    Nothing grows with the number of exposures but one row of each. What is usual for the cameras is kept in the run
    folder, so that a run that goes on judges as it began.
    """
    names = name_exposures(paths)
    overrules = [] if overrule is None else read_overrules(overrule, column="verdict")
    identity = identify_run(paths, recipe)
    folder = products.run or products.verdicts.with_name(f".{products.verdicts.name}.{identity[:12]}")
    items = [Item(path, name, f"{number:06d}") for number, (path, name) in enumerate(names.items())]
    with open_ledger(folder, identity, overwrite=products.overwrite) as ledger:
        learned = _recall(folder / "learned.json", paths, recipe)
        if products.layouts is not None:
            _write_layouts(learned, products.layouts)
        _judge(items, ledger, recipe, learned=learned, execution=execution, on_start=on_start, on_done=on_done)
        verdicts = _write_tables(items, folder, products, recipe=recipe, learned=learned, overrules=overrules)
    if products.run is None:
        shutil.rmtree(folder)
    return verdicts


def identify_run(paths: Sequence[Path], recipe: AssessRecipe) -> str:
    """Return a checksum of all that decides the verdicts: the recipe, the weights, the files' sizes and times."""
    stamps = []
    for path in paths:
        stat = path.stat() if path.is_file() else None
        stamps.append([str(path.absolute()), stat and stat.st_size, stat and stat.st_mtime_ns])
    layout = recipe.mosaic.layout
    known = Path(layout).read_text(encoding="utf-8") if layout is not None and Path(layout).is_file() else ""
    plain = [dump_recipe(recipe), load_model(recipe.model).card.sha256, stamps, known]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def write_learned(learned: Learned, path: Path) -> None:
    """Keep what was learned of cameras."""
    with write_whole(path) as temporary:
        temporary.write_text(json.dumps(dump_recipe(learned)) + "\n", encoding="utf-8")


def _recall(path: Path, paths: Sequence[Path], recipe: AssessRecipe) -> Learned:
    """Return what was learned when the run began, or learn it."""
    if not path.is_file():
        write_learned(learn_cameras(paths, recipe), path)
    return parse_recipe(Learned, json.loads(path.read_text(encoding="utf-8")))


def _write_layouts(learned: Learned, path: Path) -> None:
    if not learned.layouts:
        raise ValueError(f"{path}: no layout can be learned; give three mosaics of a camera or more")
    write_layouts(learned.layouts, path)


def _judge(
    items: Sequence[Item], ledger: Ledger, recipe: AssessRecipe, *, learned: Learned, execution: ExecutionRecipe,
    on_start: Callable[[int], None], on_done: Done,
) -> None:  # fmt: skip
    """Write the parts of all exposures, also of those on which judging failed."""
    divided = not execution.inline and len(items) < 2 * execution.workers
    slices = [one for item in items for one in divide_item(item, recipe, learned)] if divided else []
    on_start(len(slices) + len(items))
    look = partial(look_at_slice, folder=ledger.folder, recipe=recipe)
    judge = partial(judge_item, folder=ledger.folder, recipe=recipe, learned=learned)
    map_items(look, slices, keys=[one.key for one in slices], ledger=ledger, recipe=execution, on_done=on_done)
    where = ExecutionRecipe() if divided else execution
    outcomes = map_items(judge, items, keys=[one.key for one in items], ledger=ledger, recipe=where, on_done=on_done)
    for item, outcome in zip(items, outcomes, strict=True):
        if outcome.product is None:
            write_part(ledger.folder, item.key, describe_failure(item.name, outcome.error), [])


def _write_tables(
    items: Sequence[Item], folder: Path, products: Products, *, recipe: AssessRecipe, learned: Learned,
    overrules: list[Overrule],
) -> Catalog:  # fmt: skip
    keys = [item.key for item in items]
    meta = describe_judging(load_model(recipe.model), recipe, learned)
    joined = folder / f"{VERDICTS}.parquet"
    join_parts(folder, keys, joined, kind=VERDICTS, meta=meta)
    verdicts = overrule_verdicts(read_catalog(joined), overrules)
    write_catalog(verdicts, products.verdicts)
    if products.detectors is not None:
        join_parts(folder, keys, products.detectors, kind=DETECTORS, meta=meta)
    return verdicts


def overrule_verdicts(verdicts: Catalog, overrules: list[Overrule]) -> Catalog:
    """Replace verdicts by a person's; the row gets a flag, and the metadata keep what it was.

    Raises
    ------
    ValueError
        If there is no such exposure.
    """
    judged, replaced = apply_overrules(verdicts, overrules, key="exposure")
    if not replaced:
        return judged
    flags = judged["flags"] | [int(ExposureFlag.OVERRULED) if who else 0 for who in judged["overruled_by"]]
    column = next(one for one in judged.schema if one.name == "flags")
    judged = judged.with_column(column, flags)
    return Catalog(judged.schema, judged.columns, {**judged.meta, "overruled": json.dumps(replaced)})
