"""An exposure put together of its detectors: what its headers say, what was seen of each, what is odd about all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from skysieve.io.exposures import list_detectors
from skysieve.quality.assess_recipe import AssessRecipe, UsualRecipe
from skysieve.quality.cameras import Camera, Learned, find_camera
from skysieve.quality.census import Census, take_census
from skysieve.quality.exposures import Glimpse, Seen, gather_glimpses, see_detector
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.model import Model
from skysieve.quality.mosaic import check_mosaic
from skysieve.records import DetectorAddress


@dataclass(frozen=True)
class Survey:
    """What the headers of one exposure say: its detectors, and the camera that it is judged by."""

    addresses: tuple[DetectorAddress, ...]
    census: Census
    camera: Camera


def survey_exposure(path: Path, recipe: AssessRecipe, learned: Learned) -> Survey:
    """Read the headers of an exposure; ``learned`` is what exposures told of their cameras."""
    addresses = tuple(list_detectors([path], recipe=recipe.input))
    census = take_census(addresses)
    return Survey(addresses, census, find_camera(census, recipe, learned))


def look_at_detectors(
    numbered: Sequence[tuple[int, DetectorAddress]], model: Model, recipe: AssessRecipe, *, usual: UsualRecipe
) -> list[Glimpse]:
    """Read detectors and look at them, one at a time; their numbers in the exposure seed the choice of sources."""
    return [
        see_detector(
            address, model.source_map, recipe=model.recipe.learning.detector, inputs=recipe.input, usual=usual,
            seed=recipe.seed + number,
        )
        for number, address in numbered
    ]  # fmt: skip


def gather_exposure(
    name: str, addresses: Sequence[DetectorAddress], glimpses: Sequence[Glimpse], *, census: Census, camera: Camera
) -> Seen:
    """Put the detectors of one exposure together and compare them with what is known of the camera.

    Parameters
    ----------
    name : str
        Of the exposure.
    addresses, glimpses : sequence
        Its detectors, and what was seen of each.
    census : Census
        What its headers say.
    camera : Camera
        What it is judged by.

    Returns
    -------
    Seen
        With the flags and sentences of a mosaic that is not whole or in order, and UNKNOWN_CAMERA.
    """
    seen = gather_glimpses(name, addresses, glimpses)
    flags, messages = check_mosaic(census, camera.layout, name=name)
    if census.places and not camera.known:
        flags |= ExposureFlag.UNKNOWN_CAMERA
    return replace(seen, flags=seen.flags | flags, messages=(*seen.messages, *messages), scatter=census.scatter)
