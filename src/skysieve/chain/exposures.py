"""The exposures of a run, and what the verdicts on them make of their detectors and sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skysieve.chain.plan import RunPlan, find_exposure
from skysieve.chain.recipe import QualityRecipe
from skysieve.execution import Outcome, Product
from skysieve.records import Catalog, Column, DetectorAddress, ImageFlag

OF_SOURCES = (
    Column("exposure_verdict", "str", "", "verdict on the exposure: good, acceptable, hole or bad", "meta.code.qual"),
    Column("p_good", "f4", "", "probability that nothing ruins the exposure, calibrated", "stat.probability"),
)
"""What the verdict on its exposure adds to a row of the catalog."""

OF_IMAGES = (
    "verdict", "cause", "p_good", "p_rbt", "p_bt", "p_bseeing", "p_bgp", "causes95", "seconds_lost", "ood",
)  # fmt: skip
"""Columns of the table of verdicts that the table of images repeats."""


@dataclass(frozen=True)
class Judgment:
    """The verdicts on all exposures of a run.

    ``exposures`` has a row an exposure, as ``skysieve quality assess`` writes them, ``detectors`` a row a detector;
    ``overruled`` says which verdicts a person replaced.
    """

    exposures: Catalog
    detectors: Catalog
    overruled: Sequence[Mapping[str, Any]] = ()

    @property
    def row_of(self) -> dict[str, int]:
        """Row of each exposure by its name."""
        return {name: row for row, name in enumerate(self.exposures["exposure"].tolist())}


def group_exposures(plan: RunPlan) -> dict[str, list[int]]:
    """Return the numbers of the detectors of each exposure, by the exposure's name."""
    groups: dict[str, list[int]] = {}
    for number, address in enumerate(plan.detectors):
        groups.setdefault(find_exposure(address), []).append(number)
    return groups


def leave_out(plan: RunPlan, judgment: Judgment) -> dict[str, Outcome]:
    """Return how the detectors end, by their keys, that are left out because of the verdict on their exposure.

    Detectors of exposures that could not be read are not among them: what is wrong with them is said where they are
    read.
    """
    table, row_of = judgment.exposures, judgment.row_of
    outcomes = {}
    for key, address in zip(plan.keys, plan.detectors, strict=True):
        row = row_of[find_exposure(address)]
        if table["n_ccd"][row] and choose_fate(plan.recipe.quality, str(table["verdict"][row])) == "leave_out":
            facts = _describe_left_out(address, table.row(row))
            outcomes[key] = Outcome(key, "skipped", Product((), facts))
    return outcomes


def choose_fate(recipe: QualityRecipe, verdict: str) -> str:
    """Return what becomes of exposures with a verdict: ``flag`` or ``leave_out``."""
    return {"bad": recipe.bad, "hole": recipe.hole, "acceptable": recipe.acceptable}.get(verdict, "flag")


def add_to_images(images: Catalog, plan: RunPlan, judgment: Judgment) -> Catalog:
    """Give every detector the verdict on its exposure, and those of bad exposures the flag BAD_EXPOSURE."""
    rows = _find_rows(plan.detectors, judgment)
    chosen = judgment.exposures.take(rows)
    bad = np.where(chosen["verdict"] == "bad", int(ImageFlag.BAD_EXPOSURE), 0)
    images = replace(images, columns={**images.columns, "flags": images["flags"] | bad})
    for column in chosen.schema:
        if column.name in OF_IMAGES:
            images = images.with_column(column, chosen[column.name])
    return images


def add_to_sources(catalog: Catalog, plan: RunPlan, judgment: Judgment) -> Catalog:
    """Give every source the verdict on its exposure."""
    labels = {address.label: number for number, address in enumerate(plan.detectors)}
    of_images = _find_rows(plan.detectors, judgment)
    rows = of_images[np.array([labels[label] for label in catalog["image"].tolist()], int)]
    for column, name in zip(OF_SOURCES, ("verdict", "p_good"), strict=True):
        catalog = catalog.with_column(column, judgment.exposures[name][rows])
    meta = {**catalog.meta, "quality_model": judgment.exposures.meta["quality_model"]}
    return replace(catalog, meta=meta)


def _find_rows(detectors: Sequence[DetectorAddress], judgment: Judgment) -> np.ndarray:
    row_of = judgment.row_of
    return np.array([row_of[find_exposure(address)] for address in detectors], int)


def _describe_left_out(address: DetectorAddress, verdict: Mapping[str, Any]) -> dict[str, Any]:
    """Facts for the row of a detector that is not measured."""
    why = verdict.get("overruled_by") or verdict["cause"]
    words = f"{address.label}: left out, since the verdict on its exposure is {verdict['verdict']} ({why})"
    flags = address.flags | ImageFlag.LEFT_OUT
    return {"flags": int(flags), "message": " ".join((*address.messages, words)), "n_sources": 0}
