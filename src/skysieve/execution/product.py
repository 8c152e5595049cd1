"""What a stage leaves behind for one item, and how the item ended."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from skysieve.io.atomic import resolve_inside
from skysieve.io.checksums import checksum_file


@dataclass(frozen=True)
class ProductFile:
    """One file of a product: its path relative to the run folder, with forward slashes, and its SHA-256."""

    path: str
    sha256: str


@dataclass(frozen=True)
class Product:
    """What a stage made of one item: files in the run folder, and a few small facts (JSON values)."""

    files: tuple[ProductFile, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """How one item ended.

    ``state`` is ``"done"``, ``"skipped"`` (an earlier run did it and its files are intact) or ``"failed"``;
    ``product`` is None and ``error`` one sentence when it failed, else ``error`` is empty. ``attempts`` counts the
    times it was started in this run, ``seconds`` the time from its first start to its end [s]; both are 0 when
    skipped.
    """

    key: str
    state: Literal["done", "skipped", "failed"]
    product: Product | None
    error: str = ""
    attempts: int = 0
    seconds: float = 0.0


def make_product(folder: Path, paths: Iterable[Path], *, facts: Mapping[str, Any]) -> Product:
    """Return the product of files just written, with their checksums.

    Parameters
    ----------
    folder : Path
        The run folder.
    paths : iterable of Path
        The files, inside ``folder``; absolute, or relative to the folder.
    facts : mapping
        JSON values. They are passed through JSON, so that a resumed run sees the same values (tuples become lists).

    Raises
    ------
    ValueError
        If a file lies outside the folder.
    OSError
        If a file cannot be read.
    TypeError
        If a fact is not a JSON value.
    """
    files = []
    for path in paths:
        relative = path.relative_to(folder) if path.is_absolute() and path.is_relative_to(folder) else path
        inside = resolve_inside(folder, str(relative))
        files.append(ProductFile(relative.as_posix(), checksum_file(inside)))
    return Product(tuple(files), json.loads(json.dumps(dict(facts))))


def is_intact(product: Product, folder: Path) -> bool:
    """Return whether every file of a product is in the folder with the checksum it had."""
    try:
        return all(checksum_file(resolve_inside(folder, file.path)) == file.sha256 for file in product.files)
    except (OSError, ValueError):
        return False
