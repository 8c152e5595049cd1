"""What the shipped map learns from: simulated fields, their sources as the map is shown them, and their classes."""

import functools
import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, Int

from skysieve.config import dump_recipe
from skysieve.execution import ExecutionRecipe, Outcome, Product, make_product, map_items, open_ledger
from skysieve.extraction import ExtractionRecipe, extract
from skysieve.io.arrays import read_arrays, write_arrays
from skysieve.morphology.preparation_recipe import PreparationRecipe
from skysieve.morphology.recipe import GalaxyFieldsRecipe, ViewRecipe
from skysieve.morphology.truth import classify_sources
from skysieve.morphology.views import view_sources
from skysieve.simulate import GalaxyRecipe, SceneRecipe, StarRecipe, make_scene, read_survey

FIELDS = "fields"


@dataclass(frozen=True, eq=False)
class Sources:
    """Sources of many fields: prepared images, class (-1: none), S/N, and number of the field."""

    images: Float32[np.ndarray, "source 1 y x"]
    label: Int[np.ndarray, " source"]
    snr: Float[np.ndarray, " source"]
    field: Int[np.ndarray, " source"]

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: np.ndarray) -> "Sources":
        """Return the sources of a mask or an index array."""
        return Sources(*(getattr(self, one.name)[rows] for one in fields(self)))


@dataclass(frozen=True)
class Sight:
    """How fields are measured and sources shown."""

    extraction: ExtractionRecipe
    view: ViewRecipe
    preparation: PreparationRecipe


def make_sources(
    recipe: GalaxyFieldsRecipe, sight: Sight, *, out: Path, execution: ExecutionRecipe,
    on_done: Callable[[Outcome], None],
) -> Sources:  # fmt: skip
    """Simulate fields and look at their sources, or read what an earlier run has made.

    Raises
    ------
    ValueError
        If the folder holds another run, or no source can be shown.
    RuntimeError
        If a field could not be made.
    """
    folder = out.resolve() / FIELDS
    stage = functools.partial(_make_field, recipe=recipe, sight=sight, folder=folder)
    numbers = list(range(recipe.number))
    keys = [f"{number:04d}" for number in numbers]
    plain = {"fields": dump_recipe(recipe), "sight": dump_recipe(sight)}
    identity = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    with open_ledger(folder, identity) as ledger:
        outcomes = map_items(stage, numbers, keys=keys, ledger=ledger, recipe=execution, on_done=on_done)
    failed = [one for one in outcomes if one.product is None]
    if failed:
        raise RuntimeError(f"{failed[0].key}: {failed[0].error}")
    parts = [read_arrays(folder / f"{key}.safetensors") for key in keys]
    found = Sources(*(np.concatenate([part[one.name] for part in parts]) for one in fields(Sources)))
    if not len(found):
        raise ValueError("morphology: no source of the fields can be shown; raise fields.number or fields.side")
    return found


def draw_field(recipe: GalaxyFieldsRecipe, number: int) -> SceneRecipe:
    """Draw what one field is like; its number and the recipe's seed decide everything."""
    rng = np.random.default_rng([recipe.seed, number, 31])
    name = recipe.surveys[number % len(recipe.surveys)]
    survey = read_survey(name)
    band = survey.bands[survey.reference]
    area = (recipe.side * survey.pixel_scale / 60) ** 2
    return SceneRecipe(
        survey=name,
        shape=(recipe.side, recipe.side),
        seeing=band.seeing * _draw_log(rng, *recipe.seeing),
        ellipticity=min(0.1, abs(float(rng.normal(0, 0.03)))),
        galaxies=GalaxyRecipe(density=_draw_log(rng, *recipe.galaxies), bright=band.depth - 6,
                              irregular=0.25, bulge_dominated=0.25),
        stars=StarRecipe(density=_draw_log(rng, *recipe.stars) / area, bright=band.depth - 6),
    )  # fmt: skip


def _make_field(number: int, *, recipe: GalaxyFieldsRecipe, sight: Sight, folder: Path) -> Product:
    """Simulate and measure one field; write its sources."""
    scene = make_scene(draw_field(recipe, number), seed=recipe.seed * 100_000 + number)
    catalog = extract(scene.detector, sight.extraction).catalog
    band = scene.detector.bands[scene.detector.reference]
    views = view_sources(band.data, band.bad, catalog, recipe=sight.view, preparation=sight.preparation)
    ratio = catalog["flux_kron"] / np.maximum(catalog["flux_kron_err"], 1e-30)
    arrays = {
        "images": views.images,
        "label": classify_sources(catalog, scene)[views.rows],
        "snr": ratio[views.rows].astype(np.float64),
        "field": np.full(len(views.rows), number),
    }
    path = folder / f"{number:04d}.safetensors"
    write_arrays(path, arrays)
    return make_product(folder, [path], facts={"sources": len(views.rows)})


def _draw_log(rng: np.random.Generator, least: float, most: float) -> float:
    return math.exp(rng.uniform(math.log(least), math.log(most)))
