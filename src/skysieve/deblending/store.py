"""Blends with their truth on disk, written in steps that a killed process repeats bit for bit."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, final

import numpy as np

from skysieve.config import dump_recipe
from skysieve.deblending.blending import Blend, make_blends
from skysieve.deblending.galaxies import TYPES, Galaxies
from skysieve.deblending.recipe_blends import BlendsRecipe
from skysieve.io.atomic import write_whole
from skysieve.io.cutouts import CutoutBatch, CutoutHeader, CutoutStore
from skysieve.records import Catalog, Column

STEP = 256
"""Blends that are written at once."""

BLENDS, SOURCES, RECIPE = "blends.zarr", "sources.zarr", "recipe.json"
"""What lies in the folder: images, the light and truth of their sources, and how they were made."""

BLEND_COLUMNS = (
    Column("id", "i8", description="number of the blend", ucd="meta.id;meta.main"),
    Column("first", "i8", description="number of its first source; the others follow"),
    Column("sources", "i8", description="listed sources", ucd="meta.number"),
    Column("psf_fwhm", "f8", "pixel", "width of the PSF"),
    Column("psf_along", "f8", "", "ellipticity of the PSF along x"),
    Column("psf_diagonal", "f8", "", "ellipticity of the PSF along the diagonal"),
)

SOURCE_COLUMNS = (
    Column("id", "i8", description="number of the source", ucd="meta.id;meta.main"),
    Column("blend", "i8", description="number of its blend", ucd="meta.id.parent"),
    Column("galaxy", "i8", description="row of the galaxies that the blends are made of"),
    Column("x", "f8", "pixel", "listed position", "pos.cartesian.x"),
    Column("y", "f8", "pixel", "listed position", "pos.cartesian.y"),
    Column("true_x", "f8", "pixel", "true center", "pos.cartesian.x"),
    Column("true_y", "f8", "pixel", "true center", "pos.cartesian.y"),
    Column("flux", "f8", "", "FLUX_AUTO of the galaxy alone, in units of the noise of a pixel", "phot.flux"),
    Column("total", "f8", "", "all of its light, in the same unit", "phot.flux"),
    Column("unlisted", "bool", description="another object hides behind it"),
    Column("kind", "str", description="type of the galaxy, empty where it is not known", ucd="src.morph.type"),
    Column("magnitude", "f8", "mag", "by which pairs are chosen", "phot.mag"),
    Column("radius", "f8", "pixel", "half-light radius before the PSF", "phys.angSize"),
    Column("scale", "f8", "", "noise of a pixel of the galaxy's stamp, in the unit of its catalog"),
)

TOLD = ("x", "y", "true_x", "true_y", "flux", "total", "unlisted")
"""Columns of a source that are arrays of a blend."""


@final
@dataclass(frozen=True)
class StoredBlends:
    """Blends on disk, by row; what a network can be trained on like blends that are made when wanted.

    ``path`` is the folder; both stores are open to read.
    """

    path: Path
    blends: CutoutStore
    sources: CutoutStore

    def __len__(self) -> int:
        return len(self.blends)

    def __getitem__(self, row: int) -> Blend:
        image = self.blends.read(row)
        first, number = int(image.rows["first"][0]), int(image.rows["sources"][0])
        parts = self.sources.read(slice(first, first + number))
        psf = np.array([image.rows[name][0] for name in ("psf_fwhm", "psf_along", "psf_diagonal")], float)
        return Blend(image=image.image[0, 0], light=parts.image[:, 0], mask=~parts.bad, row=parts.rows["galaxy"],
                     psf=psf, **{name: parts.rows[name] for name in TOLD})  # fmt: skip

    def read_truth(self) -> Catalog:
        """Read the rows of all sources, without their pixels."""
        return self.sources.read_catalog()


def write_blends(galaxies: Galaxies, recipe: BlendsRecipe, *, seed: int, number: int, path: Path) -> StoredBlends:
    """Make blends and write them, or go on where a killed process stood.

    Parameters
    ----------
    galaxies : Galaxies
        What they are made of.
    recipe : BlendsRecipe
        The rules.
    seed : int
        Blend ``i`` is that of ``make_blend(galaxies, recipe, seed=seed, index=i)``.
    number : int
        How many there are to be; a folder that holds less of the same blends gets the rest.
    path : Path
        The folder.

    Returns
    -------
    StoredBlends
        All of them.

    Raises
    ------
    ValueError
        If the folder holds blends of other galaxies, another recipe or seed, or more than wanted.

    Notes
    -----
    Images and truth lie in two cutout stores, a Zarr v3 folder each with rows in Parquet. In the one of the sources,
    ``image`` is the light without noise and ``bad`` are the pixels that SExtractor would not give to the source alone.
    """
    _write_recipe(path / RECIPE, {"blends": dump_recipe(recipe), "seed": seed, "galaxies": _describe(galaxies)})
    side = (galaxies.side, galaxies.side)
    with (
        _open(path / BLENDS, CutoutHeader(("light",), side, schema=BLEND_COLUMNS)) as blends,
        _open(path / SOURCES, CutoutHeader(("light",), side, schema=SOURCE_COLUMNS)) as sources,
    ):
        if len(blends) > number:
            raise ValueError(f"{path.name}: holds {len(blends)} blends, {number} are wanted; give another folder")
        ends = blends.read_catalog(slice(len(blends) - 1, None)) if len(blends) else None
        begin = 0 if ends is None else int(ends["first"][0] + ends["sources"][0])
        for step in _list_steps(len(blends), number):
            made = list(make_blends(galaxies, recipe, seed=seed, rows=step))
            batch = _gather_sources(made, galaxies, start=step.start, begin=begin)
            # A process that was killed between the two stores has left the sources of this very step.
            sources.append(_skip(batch, len(sources) - begin))
            blends.append(_gather_images(made, start=step.start, begin=begin))
            begin += len(batch)
    return read_blends(path)


def read_blends(path: Path) -> StoredBlends:
    """Open blends that ``write_blends`` wrote.

    Raises
    ------
    ValueError
        If the folder holds none, or they are damaged.
    """
    if not (path / RECIPE).is_file():
        raise ValueError(f"{path.name}: holds no blends; give a folder that write_blends made")
    return StoredBlends(path, CutoutStore.open(path / BLENDS), CutoutStore.open(path / SOURCES))


def _list_steps(done: int, number: int) -> Iterator[range]:
    """Return the rows of each step that is left; steps end at the same rows wherever one begins."""
    while done < number:
        end = min(number, (done // STEP + 1) * STEP)
        yield range(done, end)
        done = end


def _open(path: Path, header: CutoutHeader) -> CutoutStore:
    return CutoutStore.open(path, append=True) if path.exists() else CutoutStore.create(path, header)


def _gather_images(blends: Sequence[Blend], *, start: int, begin: int) -> CutoutBatch:
    image = np.stack([blend.image for blend in blends])[:, None]
    count = np.array([len(blend) for blend in blends])
    psf = np.stack([blend.psf for blend in blends])
    columns = {
        "id": np.arange(start, start + len(blends)), "first": begin + np.cumsum(count) - count, "sources": count,
        "psf_fwhm": psf[:, 0], "psf_along": psf[:, 1], "psf_diagonal": psf[:, 2],
    }  # fmt: skip
    return CutoutBatch(image, np.zeros_like(image[:, 0], bool), None, Catalog(BLEND_COLUMNS, columns))


def _gather_sources(blends: Sequence[Blend], galaxies: Galaxies, *, start: int, begin: int) -> CutoutBatch:
    light, mask, row = (np.concatenate([getattr(blend, name) for blend in blends]) for name in ("light", "mask", "row"))
    kind = [TYPES[one] if one >= 0 else "" for one in galaxies.kind[row].tolist()]
    columns = {
        "id": np.arange(begin, begin + len(row)), "galaxy": row,
        "blend": start + np.repeat(np.arange(len(blends)), [len(blend) for blend in blends]),
        "kind": np.array(kind, object),
        **{name: np.concatenate([getattr(blend, name) for blend in blends]) for name in TOLD},
        **{name: getattr(galaxies, name)[row] for name in ("magnitude", "radius", "scale")},
    }  # fmt: skip
    return CutoutBatch(light[:, None], ~mask, None, Catalog(SOURCE_COLUMNS, columns))


def _skip(batch: CutoutBatch, number: int) -> CutoutBatch:
    """Return a batch without its first rows, which are on disk."""
    if number < 0:
        raise ValueError(f"{SOURCES}: {-number} sources of the written blends are missing; remove the folder")
    left = slice(number, None)
    return CutoutBatch(batch.image[left], batch.bad[left], None, batch.rows.take(left))


def _describe(galaxies: Galaxies) -> str:
    """Return a digest of all that galaxies are."""
    digest = hashlib.sha256()
    for one in fields(galaxies):
        digest.update(np.ascontiguousarray(getattr(galaxies, one.name)).tobytes())
    return digest.hexdigest()


def _write_recipe(path: Path, plain: dict[str, Any]) -> None:
    """Write how the blends are made, unless it stands there already."""
    text = json.dumps(plain, indent=1, sort_keys=True) + "\n"
    if not path.exists():
        with write_whole(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != text:
        found = json.loads(path.read_text(encoding="utf-8"))
        other = next(key for key in plain if found.get(key) != plain[key])
        raise ValueError(f"{path.parent.name}: holds blends of other {other}; give another folder")
