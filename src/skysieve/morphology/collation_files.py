"""A folder of collated sources: two tables and what made them."""

import json
from collections.abc import Mapping
from pathlib import Path

import skysieve
from skysieve.config import dump_recipe
from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import write_catalog
from skysieve.io.checksums import checksum_file
from skysieve.morphology.sources import Collated, CollationRecipe


def write_collated(out: Path, collated: Collated, *, recipe: CollationRecipe, inputs: Mapping[str, Path]) -> None:
    """Write ``sources.parquet``, ``sources.fits``, ``members.parquet`` and, last, ``collation.json``.

    Parameters
    ----------
    out
        The folder, made when missing.
    collated
        From `collate_components`.
    recipe
        It goes into the summary as it was resolved.
    inputs
        Files that were read; their names and checksums go into the summary.
    """
    write_catalog(collated.sources, out / "sources.parquet")
    write_catalog(collated.sources, out / "sources.fits")
    write_catalog(collated.members, out / "members.parquet")
    read = {what: {"file": path.name, "sha256": checksum_file(path)} for what, path in inputs.items()}
    plain = {
        "skysieve": skysieve.__version__, "counts": dict(collated.summary), "recipe": dump_recipe(recipe),
        "inputs": read,
    }  # fmt: skip
    with write_whole(out / "collation.json") as temporary:
        temporary.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
