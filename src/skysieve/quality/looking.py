"""One exposure looked at as it is judged: its detectors, what is known of its camera, what is wrong with it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from skysieve.io.exposures import list_detectors
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.assessing import describe_exposure
from skysieve.quality.cameras import Learned, find_camera
from skysieve.quality.census import Census, take_census
from skysieve.quality.exposures import Seen, gather_glimpses, see_detector
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.model import Model
from skysieve.quality.mosaic import check_mosaic


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
    addresses = list_detectors([path], recipe=recipe.input)
    census = take_census(addresses)
    camera = find_camera(census, recipe, learned)
    chosen = [(number, one) for number, one in enumerate(addresses) if ccd in (None, one.extension or "0")]
    if not chosen:
        there = ", ".join(one.extension or "0" for one in addresses)
        raise ValueError(f"{name}: there is no detector {ccd}; there are {there}")
    glimpses = [
        see_detector(
            one, model.source_map, recipe=model.recipe.learning.detector, inputs=recipe.input, usual=camera.usual,
            seed=recipe.seed + number,
        )
        for number, one in chosen
    ]  # fmt: skip
    seen = gather_glimpses(name, [one for _, one in chosen], glimpses)
    flags, messages = check_mosaic(census, camera.layout, name=name)
    flags |= ExposureFlag(0) if camera.known or not census.places else ExposureFlag.UNKNOWN_CAMERA
    places = [one.view.places for one in glimpses if one.view is not None]
    return Look(
        replace(seen, flags=seen.flags | flags, messages=(*seen.messages, *messages), scatter=census.scatter),
        np.stack(places) if places else np.zeros((0, model.source_map.n_clusters, 2)),
        census.camera,
    )


def judge_look(look: Look, model: Model, recipe: AssessRecipe) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the rows of an exposure and of its detectors in tables of verdicts."""
    cuts = find_camera(Census(look.camera, ()), recipe, Learned()).cuts
    row, rows = describe_exposure(look.seen, model, replace(recipe, cuts=cuts))
    return {**row, "camera": look.camera}, rows
