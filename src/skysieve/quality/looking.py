"""One exposure looked at as it is judged: its detectors, what is known of its camera, what is wrong with it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.assessing import describe_exposure
from skysieve.quality.cameras import Learned, find_camera
from skysieve.quality.census import Census
from skysieve.quality.exposures import Seen
from skysieve.quality.gathering import gather_exposure, look_at_detectors, survey_exposure
from skysieve.quality.model import Model


@dataclass(frozen=True)
class Look:
    """All that a verdict on an exposure is made of.

    ``places`` are x, y [pixel] of the sources in the cutouts of each row of ``seen.views``, NaN where there is none;
    ``camera`` is the camera's name.
    """

    seen: Seen
    places: Float[np.ndarray, "row cluster 2"]
    camera: str


def take_look(
    path: Path, model: Model, recipe: AssessRecipe, *, learned: Learned, name: str, ccd: str | None = None
) -> Look:
    """Read an exposure and look at its detectors, one at a time.

    Parameters
    ----------
    path : Path
        Its file; whatever is wrong with it, there is something to judge.
    model : Model
        Its map of sources is looked through.
    recipe : AssessRecipe
        How.
    learned : Learned
        What exposures told of their cameras.
    name : str
        Of the exposure in what is returned.
    ccd : str, optional
        Only this detector, by its extension number; "0" is the plain image.

    Raises
    ------
    ValueError
        If the exposure has no such detector.
    """
    survey = survey_exposure(path, recipe, learned)
    addresses, census = survey.addresses, survey.census
    chosen = [(number, one) for number, one in enumerate(addresses) if ccd in (None, one.extension or "0")]
    if not chosen:
        there = ", ".join(one.extension or "0" for one in addresses)
        raise ValueError(f"{name}: there is no detector {ccd}; there are {there}")
    glimpses = look_at_detectors(chosen, model, recipe, usual=survey.camera.usual)
    seen = gather_exposure(name, [one for _, one in chosen], glimpses, census=census, camera=survey.camera)
    places = [one.view.places for one in glimpses if one.view is not None]
    return Look(seen, np.stack(places) if places else np.zeros((0, model.source_map.n_clusters, 2)), census.camera)


def judge_look(look: Look, model: Model, recipe: AssessRecipe) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the rows of an exposure and of its detectors in tables of verdicts."""
    cuts = find_camera(Census(look.camera, ()), recipe, Learned()).cuts
    row, rows = describe_exposure(look.seen, model, replace(recipe, cuts=cuts))
    return {**row, "camera": look.camera}, rows
