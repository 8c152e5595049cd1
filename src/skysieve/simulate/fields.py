"""Many fields of one recipe, each written to disk with its truth."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import Field

from skysieve.config import STRICT, dump_recipe
from skysieve.execution import ExecutionRecipe, Outcome, Product, make_product, map_items, open_ledger
from skysieve.io.catalogs import write_catalog
from skysieve.io.psf import write_psf
from skysieve.io.scenes import write_frame, write_light
from skysieve.records import Catalog, Column
from skysieve.simulate.masks import ObjectMasks
from skysieve.simulate.recipe import SceneRecipe
from skysieve.simulate.scene import Scene, make_scene

RUNS = (
    Column("row", "i4", description="row of the object in the truth"),
    Column("y", "i4", "pixel", "image row of the run"),
    Column("start", "i4", "pixel", "first column of the run"),
    Column("stop", "i4", "pixel", "first column after the run"),
)


@dataclass(frozen=True)
class SimulateRecipe:
    """A simulated survey: ``fields`` fields of one kind, all drawn from ``seed``."""

    __pydantic_config__ = STRICT

    seed: Annotated[int, Field(ge=0)] = 0
    fields: Annotated[int, Field(ge=1)] = 1
    scene: SceneRecipe = field(default_factory=SceneRecipe)
    execution: ExecutionRecipe = field(default_factory=ExecutionRecipe)


def simulate_fields(
    recipe: SimulateRecipe, *, out: Path, overwrite: bool = False, on_done: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Simulate all fields of a recipe; a killed run in the same folder goes on where it stopped.

    Parameters
    ----------
    recipe : SimulateRecipe
        What to simulate and where to compute; the files do not depend on the number of workers.
    out : Path
        Folder of the files.
    overwrite : bool, optional
        Replace what another recipe left there.
    on_done : callable, optional
        Gets the Outcome of each field when it ends.

    Returns
    -------
    list of Outcome
        One a field; a product's facts count its stars, galaxies and seconds.

    Raises
    ------
    ValueError
        If the folder holds another run.
    """
    plain = {name: value for name, value in dump_recipe(recipe).items() if name not in {"execution", "fields"}}
    fingerprint = sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    out = out.resolve()
    stage = partial(_simulate_field, recipe.scene, recipe.seed, out)
    with open_ledger(out, fingerprint, overwrite=overwrite) as ledger:
        numbers = list(range(recipe.fields))
        keys = [f"field{number}" for number in numbers]
        return map_items(stage, numbers, keys=keys, ledger=ledger, recipe=recipe.execution, on_done=on_done)


def write_scene(scene: Scene, folder: Path, *, survey: str, seed: int) -> list[Path]:
    """Write a scene for ``skysieve run`` and for whoever compares the catalog with the truth.

    Parameters
    ----------
    scene : Scene
        From ``make_scene``; its label names the files.
    folder : Path
        Made when missing.
    survey : str
        For the headers.
    seed : int
        For the headers.

    Returns
    -------
    list of Path
        ``<label>_<band>.fits`` (counts, variance, mask) and ``<label>_<band>.psf.fits`` a band; ``<label>.light.fits``
        (the light without noise), ``<label>.truth.parquet``, ``<label>.masks.parquet``.

    Raises
    ------
    ValueError
        If the scene has no world coordinates.
    """
    detector, wcs = scene.detector, scene.detector.wcs
    if wcs is None:
        raise ValueError(f"{detector.label}: has no world coordinates; make it with make_scene")
    paths = []
    for band in detector.bands:
        frame, psf = (folder / f"{detector.label}_{band.name}.{suffix}" for suffix in ("fits", "psf.fits"))
        write_frame(frame, band, wcs, survey=survey, seed=seed)
        write_psf(psf, scene.psf[band.name])
        paths += [frame, psf]
    light, truth, masks = (
        folder / f"{detector.label}.{one}" for one in ("light.fits", "truth.parquet", "masks.parquet")
    )
    write_light(light, scene.noise_free, wcs)
    write_catalog(scene.truth, truth)
    write_catalog(_list_runs(scene.masks), masks)
    return [*paths, light, truth, masks]


def _simulate_field(recipe: SceneRecipe, seed: int, out: Path, index: int) -> Product:
    """Simulate and write one field."""
    scene = make_scene(recipe, seed=seed, index=index)
    paths = write_scene(scene, out, survey=recipe.survey, seed=seed)
    kinds = scene.truth["kind"].tolist()
    rows, columns = recipe.shape
    facts = {
        "field": scene.detector.label,
        "images": [path.name for path in paths[: 2 * len(scene.detector.bands) : 2]],
        "stars": kinds.count("star"),
        "galaxies": kinds.count("galaxy"),
        "shape": [rows, columns],
    }
    return make_product(out, paths, facts=facts)


def _list_runs(masks: ObjectMasks) -> Catalog:
    rows, columns = masks.shape
    values = {name: getattr(masks, name) for name in ("row", "y", "start", "stop")}
    return Catalog(RUNS, values, {"rows": str(rows), "columns": str(columns)})
