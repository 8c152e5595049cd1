"""``skysieve quality train``, ``apply`` and ``evaluate``: the verbs that every capability has."""

import math
from collections.abc import Mapping
from typing import Any

from skysieve.cli.capability import Words


def count_trained(recipe: Any) -> int:
    """Return the blocks of exposures that a training makes: those that the map learns from, then all."""
    from skysieve.quality.learning import BLOCK  # noqa: PLC0415 -- takes seconds, which --help need not

    number = recipe.learning.observing.number
    return math.ceil(number / BLOCK) + math.ceil(min(recipe.learning.map.exposures, number) / BLOCK)


def count_evaluated(recipe: Any) -> int:
    """Return the blocks of exposures that an evaluation makes."""
    from skysieve.quality.evaluation import count_blocks  # noqa: PLC0415 -- takes seconds, which --help need not

    return count_blocks(recipe)


def describe(facts: Mapping[str, Any]) -> str:
    """Say in a sentence what was found."""
    return (
        f"{facts['rows']} exposures: {facts['good']} good, {facts['acceptable']} acceptable, {facts['hole']} with "
        f"holes, {facts['bad']} bad; {facts['ood']} outside the training domain"
    )


WORDS = Words(
    package="quality",
    train="Make exposures, train on them, calibrate and export weights with their card.",
    apply="Judge an exposure, a folder of them, or their fingerprints: verdicts, causes, where, at what cost.",
    evaluate="Measure the verdicts on simulated exposures of other seeds; write scores and figures.",
    source="FITS file, a folder of them, or a store of fingerprints (.zarr).",
    out="Folder for the tables of exposures and of detectors.",
    count_trained=count_trained,
    count_evaluated=count_evaluated,
    describe=describe,
    table="verdicts",
    evaluated="model",
)
