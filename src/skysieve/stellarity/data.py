"""What the classifier learns from: simulated fields, measured by our own extraction and labeled by their truth."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int
from scipy.spatial import cKDTree

from skysieve.execution import ExecutionRecipe, Ledger, Outcome, Product, make_product, map_items
from skysieve.extraction import Extraction, ExtractionRecipe, extract
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.records import Catalog, Column
from skysieve.simulate import (
    CameraRecipe,
    GalaxyRecipe,
    PsfRecipe,
    Scene,
    SceneRecipe,
    StarRecipe,
    make_scene,
    read_survey,
)
from skysieve.stellarity.recipe import FieldsRecipe, Rival

STAR, GALAXY, UNKNOWN = 1, 0, -1

LABEL = Column("label", "i8", "", "1 star, 0 galaxy, -1 neither clearly")

CLASS_STAR = Column("rival_class_star", "f8", "", "CLASS_STAR of the SExtractor program")

SAME = 1.5
"""Two methods see the same source where their positions differ by less [pixel]."""

RANGE = 6.0
"""The brightest objects lie so far above the depth [mag]: S/N 1000; still brighter ones are saturated."""

LEAST_SHARE = 0.3
"""A source is labeled by the brightest object in it, which must have this share of its flux."""

MOST_RIVAL = 0.3
"""It is neither clearly where an object of the other kind has this share of the brightest one's flux."""

FIELDS = "fields"


@dataclass(frozen=True)
class Field:
    """One measured field: its catalog with the column ``label``, and what is known of it (survey, seeing)."""

    name: str
    catalog: Catalog
    facts: dict[str, Any]

    @property
    def label(self) -> Int[np.ndarray, " source"]:
        """STAR, GALAXY or UNKNOWN for each source."""
        label: np.ndarray = self.catalog["label"]
        return label


@dataclass(frozen=True)
class FieldWork:
    """One field to be made: its key, the scene and its seed."""

    key: str
    scene: SceneRecipe
    seed: int


def draw_scene_recipe(recipe: FieldsRecipe, index: int) -> SceneRecipe:
    """Draw what one field is like.

    Parameters
    ----------
    recipe : FieldsRecipe
        The ranges.
    index : int
        Number of the field; with the recipe's seed it decides everything.
    """
    rng = np.random.default_rng([recipe.seed, index])
    name = recipe.surveys[index % len(recipe.surveys)]
    survey = read_survey(name)
    band = survey.bands[survey.reference]
    low, high = (float(np.clip(one, *(survey.pixel_scale * np.array(recipe.sampling)))) for one in recipe.seeing)
    as_survey = rng.uniform() < recipe.as_survey or low >= high
    seeing = None if as_survey else _draw_log(rng, (low, high))
    area = (recipe.side * survey.pixel_scale / 60) ** 2
    exposures = max(1, round(band.exposures * _draw_log(rng, recipe.depth)))
    bright = band.depth + 1.25 * math.log10(exposures / band.exposures) - RANGE
    return SceneRecipe(
        survey=name,
        shape=(recipe.side, recipe.side),
        exposures=exposures,
        psf=None if seeing is None else _draw_psf(rng, seeing),
        ellipticity=min(0.15, abs(rng.normal(0, 0.04))),
        variation=rng.uniform(0, 0.03),
        galaxies=GalaxyRecipe(density=_draw_log(rng, recipe.galaxies), clustered=rng.uniform(0, 0.3), bright=bright),
        stars=StarRecipe(density=_draw_log(rng, recipe.stars) / area, latitude=rng.uniform(15, 90), bright=bright),
        camera=CameraRecipe(drop=rng.uniform(1.1, 1.8) if rng.uniform() < recipe.correlated else None),
    )


def simulate_fields(
    works: Sequence[FieldWork],
    extraction: ExtractionRecipe,
    *,
    ledger: Ledger,
    execution: ExecutionRecipe,
    on_done: Callable[[Outcome], None],
    rivals: tuple[Rival, ...] = (),
) -> list[Field]:
    """Make and measure fields, or read those that an earlier run has made, and return those with a PSF and sources.

    Their catalogs get a column ``rival_class_star`` from the method source-extractor among the rivals.

    Raises
    ------
    RuntimeError
        If a field could not be made.
    """
    stage = functools.partial(measure_field, folder=ledger.folder, extraction=extraction, rivals=rivals)
    keys = [work.key for work in works]
    outcomes = map_items(stage, works, keys=keys, ledger=ledger, recipe=execution, on_done=on_done)
    failed = [one for one in outcomes if one.product is None]
    if failed:
        raise RuntimeError(f"{failed[0].key}: {failed[0].error}")
    made = [one for one in outcomes if one.product is not None and one.product.facts["usable"]]
    return [_read_field(ledger.folder, one) for one in made]


def measure_field(
    work: FieldWork, *, folder: Path, extraction: ExtractionRecipe, rivals: tuple[Rival, ...] = ()
) -> Product:
    """Simulate one field, measure it, label its sources, write its catalog."""
    scene = make_scene(work.scene, seed=work.seed)
    measured = extract(scene.detector, extraction)
    catalog = measured.catalog.with_column(LABEL, label_sources(measured.catalog, scene))
    for method in rivals:
        other = extract(scene.detector, replace(extraction, method=method), psf=measured.psf)
        catalog = catalog.with_column(CLASS_STAR, _carry_over(other.catalog, catalog, name="stellarity"))
    path = folder / FIELDS / f"{work.key}.parquet"
    write_catalog(catalog, path)
    return make_product(folder, [path], facts=_describe(work, scene, measured))


def label_sources(catalog: Catalog, scene: Scene) -> Int[np.ndarray, " source"]:
    """Label each source by the brightest simulated object in its core.

    Parameters
    ----------
    catalog : Catalog
        Measured sources: x, y, flux_kron, and fwhm of the PSF.
    scene : Scene
        What was simulated.

    Returns
    -------
    ndarray of int
        UNKNOWN where no object has a third of the flux, or an object of the other kind has nearly as much light.
    """
    band = scene.detector.bands[scene.detector.reference].name
    truth = scene.truth
    x, y = truth["x"], truth["y"]
    radius = max(1.5, 0.6 * measure_width(scene))
    label = np.full(len(catalog), UNKNOWN)
    if len(truth) == 0 or len(catalog) == 0:
        return label
    near = cKDTree(np.column_stack([x, y])).query_ball_point(np.column_stack([catalog["x"], catalog["y"]]), radius)
    flux, star = truth[f"flux_{band}"], truth["kind"] == "star"
    for row, found in enumerate(near):
        at = np.asarray(found, int)
        if len(at) == 0:
            continue
        brightest = at[np.argmax(flux[at])]
        rival = flux[at][star[at] != star[brightest]].max(initial=0)
        if flux[brightest] > LEAST_SHARE * catalog["flux_kron"][row] and rival < MOST_RIVAL * flux[brightest]:
            label[row] = STAR if star[brightest] else GALAXY
    return label


def measure_width(scene: Scene) -> float:
    """FWHM of a scene's PSF in the reference band [pixel]."""
    return scene.psf[scene.detector.bands[scene.detector.reference].name].fwhm


def _carry_over(theirs: Catalog, ours: Catalog, *, name: str) -> np.ndarray:
    """Give each of our sources the value of the nearest source of another catalog, NaN where none is near."""
    values = np.full(len(ours), np.nan)
    if len(theirs) and len(ours):
        distance, at = cKDTree(np.column_stack([theirs["x"], theirs["y"]])).query(
            np.column_stack([ours["x"], ours["y"]])
        )
        values = np.where(distance < SAME, theirs[name][at], np.nan)
    return values


def _describe(work: FieldWork, scene: Scene, measured: Extraction) -> dict[str, Any]:
    survey = read_survey(work.scene.survey)
    return {
        "survey": work.scene.survey,
        "seeing": measure_width(scene) * survey.pixel_scale,
        "fwhm": measure_width(scene),
        "own_psf": work.scene.psf is None,
        "usable": measured.psf is not None and len(measured.catalog) > 0,
    }


def _read_field(folder: Path, outcome: Outcome) -> Field:
    if outcome.product is None:
        raise RuntimeError(f"{outcome.key}: {outcome.error}")
    return Field(outcome.key, read_catalog(folder / outcome.product.files[0].path), dict(outcome.product.facts))


def _draw_psf(rng: np.random.Generator, seeing: float) -> PsfRecipe:
    """Draw the PSF of a telescope on the ground."""
    return PsfRecipe(
        profile="moffat" if rng.uniform() < 0.7 else "kolmogorov",
        fwhm=seeing,
        beta=rng.uniform(2.3, 4.7),
        ellipticity=min(0.15, abs(rng.normal(0, 0.04))),
        angle=rng.uniform(0, 180),
        size_variation=rng.uniform(0, 0.03),
        ellipticity_variation=rng.uniform(0, 0.02),
    )


def _draw_log(rng: np.random.Generator, limits: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(*np.log(limits))))
