"""What is known of cameras when exposures are judged: from the recipe, and from the exposures themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from skysieve.config import STRICT
from skysieve.io.exposures import list_detectors
from skysieve.quality.assess_recipe import AssessRecipe, CameraRecipe, UsualRecipe
from skysieve.quality.census import Census, take_census
from skysieve.quality.cuts import CutsRecipe
from skysieve.quality.exposures import find_night
from skysieve.quality.layout import LEAST_EXPOSURES, Layout, learn_layout, read_layouts

SAMPLE = 48
"""Exposures, spread evenly over all, that tell what is usual for their cameras."""


@dataclass(frozen=True)
class Learned:
    """What exposures told of their cameras, by the camera's name."""

    __pydantic_config__ = STRICT

    usual: dict[str, UsualRecipe] = field(default_factory=dict)
    layouts: dict[str, Layout] = field(default_factory=dict)


@dataclass(frozen=True)
class Camera:
    """What one exposure is judged by.

    ``known`` says whether the recipe names the camera, or is one for a single camera; ``layout`` is None where it is
    not known.
    """

    usual: UsualRecipe
    cuts: CutsRecipe
    layout: Layout | None
    known: bool


def find_camera(census: Census, recipe: AssessRecipe, learned: Learned) -> Camera:
    """Put together what is known of the camera of an exposure; the recipe wins over what exposures told."""
    named = {name.strip().upper(): one for name, one in recipe.cameras.items()}
    own = named.get(census.camera.upper())
    told = own or CameraRecipe()
    usual = recipe.usual if own is None else _fill(own.usual, recipe.usual)
    known = own is not None or (not named and _has_width(recipe.usual))
    usual = _fill(usual, learned.usual.get(census.camera, UsualRecipe()))
    return Camera(usual, told.cuts or recipe.cuts, learned.layouts.get(census.camera), known)


def learn_cameras(paths: Sequence[Path], recipe: AssessRecipe) -> Learned:
    """Learn what is usual for the cameras of exposures, and their layouts, as far as the recipe does not tell.

    Parameters
    ----------
    paths : sequence of Path
        Exposures; of more than 48, as many spread evenly are looked at.
    recipe : AssessRecipe
        With what is known already.

    Returns
    -------
    Learned
        Of cameras with three exposures or more.

    Raises
    ------
    ValueError
        If the recipe's file of layouts cannot be read.
    """
    chosen = [paths[number * len(paths) // SAMPLE] for number in range(SAMPLE)] if len(paths) > SAMPLE else list(paths)
    layouts = {} if recipe.mosaic.layout is None else read_layouts(Path(recipe.mosaic.layout))
    usual: dict[str, UsualRecipe] = {}
    if len(chosen) < LEAST_EXPOSURES:
        return Learned(usual, layouts)
    for camera, members in group_cameras(chosen, recipe).items():
        layout = None if layouts.get(camera) else learn_layout([census for _, census in members])
        layouts |= {} if layout is None else {camera: layout}
        told = find_camera(members[0][1], recipe, Learned()).usual
        if not _has_width(told) or told.sky is None:
            night = find_night([path for path, _ in members], recipe.input)
            usual[camera] = replace(night, fwhm=None) if _has_width(told) else night
    return Learned(usual, layouts)


def group_cameras(paths: Sequence[Path], recipe: AssessRecipe) -> Mapping[str, list[tuple[Path, Census]]]:
    """Take a census of exposures and group them by camera; those that cannot be read are left out."""
    groups: dict[str, list[tuple[Path, Census]]] = {}
    for path in paths:
        census = take_census(list_detectors([path], recipe=recipe.input))
        if census.places:
            groups.setdefault(census.camera, []).append((path, census))
    return groups


def _fill(first: UsualRecipe, second: UsualRecipe) -> UsualRecipe:
    """Return the first, with what it leaves out taken from the second; either width of the first wins over both."""
    width = first if _has_width(first) else second
    sky = second.sky if first.sky is None else first.sky
    zeropoint = second.zeropoint if first.zeropoint is None else first.zeropoint
    return UsualRecipe(seeing=width.seeing, fwhm=width.fwhm, sky=sky, zeropoint=zeropoint)


def _has_width(usual: UsualRecipe) -> bool:
    return usual.fwhm is not None or usual.seeing is not None
