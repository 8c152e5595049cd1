"""Exposures of a folder, or their fingerprints, judged; their verdicts overruled; the tables written."""

import json
from collections import Counter
from pathlib import Path

from skysieve.config import dump_recipe
from skysieve.execution import ExecutionRecipe, Outcome
from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import write_catalog
from skysieve.io.overrule import read_overrules
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.assess_run import Products, overrule_verdicts, run_assessment
from skysieve.quality.assessing import DETECTOR_COLUMNS, make_table
from skysieve.quality.fingerprint_store import assess_prints, iterate_looks, open_prints
from skysieve.quality.looking import judge_look
from skysieve.quality.model import read_model
from skysieve.quality.verdict import VERDICTS
from skysieve.records import Catalog
from skysieve.records.applied import Applied

STORE = ".zarr"
"""Suffix of stores of fingerprints."""

SUFFIXES = (".fits", ".fit", ".fts", ".fits.fz", ".fits.gz", ".fits.bz2")
"""Of the files that are taken for exposures in a folder."""


def judge_source(source: Path, recipe: AssessRecipe, *, out: Path, overrule: Path | None) -> Applied:
    """Apply as ``task.apply`` says."""
    read_model(recipe.model)  # unusable weights come to light before the folder is read
    files = (out / "verdicts.parquet", out / "ccds.parquet", out / "quality.json")
    judge = judge_prints if source.suffix == STORE and source.is_dir() else judge_files
    verdicts = judge(source, recipe, Products(files[0], detectors=files[1]), overrule=overrule)
    counts = Counter(verdicts["verdict"].tolist())
    facts: dict[str, str | int | float] = {
        "model": verdicts.meta["quality_model"],
        "rows": len(verdicts),
        **{verdict: counts[verdict] for verdict in VERDICTS},
        "ood": int(verdicts["ood"].sum()),
    }
    with write_whole(files[2]) as temporary:
        replaced = json.loads(verdicts.meta.get("overruled", "[]"))
        content = {**facts, "recipe": dump_recipe(recipe), "overruled": replaced}
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return Applied(verdicts, files, facts)


def judge_files(source: Path, recipe: AssessRecipe, products: Products, *, overrule: Path | None) -> Catalog:
    """Judge exposures by their pixels and write the tables."""
    return run_assessment(
        list_exposures(source), recipe, products, execution=ExecutionRecipe(), on_start=_ignore_number,
        on_done=_ignore_outcome, overrule=overrule,
    )  # fmt: skip


def judge_prints(source: Path, recipe: AssessRecipe, products: Products, *, overrule: Path | None) -> Catalog:
    """Judge exposures by their fingerprints and write the tables."""
    verdicts = assess_prints(source, recipe)
    verdicts = overrule_verdicts(verdicts, [] if overrule is None else read_overrules(overrule, column="verdict"))
    model, rows = read_model(recipe.model), []
    for look in iterate_looks(open_prints(source)):
        rows += judge_look(look, model, recipe)[1]
    write_catalog(verdicts, products.verdicts)
    if products.detectors is not None:
        write_catalog(make_table(DETECTOR_COLUMNS, rows, verdicts.meta), products.detectors)
    return verdicts


def list_exposures(source: Path) -> list[Path]:
    """List the exposures of a folder by name; a file is an exposure, whatever it is called.

    Raises
    ------
    ValueError
        If there is no such folder or file, or the folder holds no FITS file.
    """
    if not source.is_dir():
        if not source.is_file():
            raise ValueError(f"{source}: there is no such file or folder; give an exposure, or a folder of exposures")
        return [source]
    found = sorted(path for path in source.iterdir() if path.name.lower().endswith(SUFFIXES))
    if not found:
        raise ValueError(f"{source}: holds no exposure; put files ending in {', '.join(SUFFIXES)} there")
    return found


def _ignore_number(number: int) -> None:
    """Tell nobody."""


def _ignore_outcome(outcome: Outcome) -> None:
    """Tell nobody."""
