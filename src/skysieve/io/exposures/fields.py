"""One item of a run is put together: the bands of a field, with their masks and weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path

from skysieve.io.exposures.companions import WEIGHTS, choose_frames, find_companion, locate, match_companion
from skysieve.io.exposures.frames import Frame
from skysieve.io.exposures.naming import name_field
from skysieve.io.exposures.recipe import InputRecipe
from skysieve.io.exposures.roles import Role
from skysieve.io.exposures.sources import Source
from skysieve.records import BandAddress, ImageFlag

Files = Mapping[Path, tuple[Frame, ...]]
MASK: tuple[Role, ...] = ("mask",)


@dataclass(frozen=True)
class Plane:
    """One image with what was given along with it, before its band addresses are made."""

    source: Source
    frame: Frame
    mask: Source | None
    weight: Source | None
    band: str = ""


@dataclass(frozen=True)
class Draft:
    """One item before it has a name that is unique in the run; ``field`` names one in several bands."""

    path: Path
    extension: int | None
    bands: tuple[BandAddress, ...]
    shape: tuple[int, int]
    flags: ImageFlag
    problems: tuple[str, ...] = ()
    field: str = ""


def make_draft(field: Sequence[Plane], files: Files, recipe: InputRecipe) -> Draft:
    """Make one item of the planes of a field, or the item that says why it cannot be.

    Parameters
    ----------
    field : sequence of Plane
        One image or cube, or one plain image a band.
    files : mapping of Path to tuple of Frame
        What every file of the run holds.
    recipe : InputRecipe
        ``weight_kind`` counts here.

    Returns
    -------
    Draft
        With no bands, shape (0, 0), a flag and a clause where something forbids its use.
    """
    first = field[0]
    frames = () if first.source.problem else files[first.source.path]
    detectors = {frame.hdu for frame in choose_frames(frames, "", None)} | {first.frame.hdu} if frames else set()
    extension = first.frame.hdu if len(detectors) > 1 else None
    name = name_field([p.source.path.name for p in field], [p.band for p in field]) if first.band else ""
    flags = reduce(or_, (plane.frame.flags for plane in field))
    try:
        bands = tuple(band for plane in field for band in _address_bands(plane, first.frame, files, recipe=recipe))
    except ValueError as error:
        flags |= ImageFlag(0) if flags & ImageFlag.TRUNCATED else ImageFlag.UNREADABLE
        return Draft(first.source.path, extension, (), (0, 0), flags, (str(error),), name)
    cut = tuple(problem for plane in field for problem in _find_cut_companions(plane, files))
    flags |= ImageFlag.TRUNCATED if cut else ImageFlag(0)
    return Draft(first.source.path, extension, bands, first.frame.shape, flags, cut, name)


def _address_bands(plane: Plane, first: Frame, files: Files, *, recipe: InputRecipe) -> list[BandAddress]:
    """Addresses of the bands of one plane or cube, with mask and weight."""
    frame, path = plane.frame, plane.source.path
    where = f"band {plane.band} ({path.name}): " if plane.band else ""
    if frame.problem:
        raise ValueError(f"{where}{frame.problem}")
    if plane.band and frame.cube:
        raise ValueError(f"{where}is a cube of {len(frame.bands)} planes where one is meant; give a plain image")
    if frame.shape != first.shape:
        sizes = f"{frame.shape[1]} x {frame.shape[0]} pixels, the first band {first.shape[1]} x {first.shape[0]}"
        raise ValueError(f"{where}has {sizes}; give images on one pixel grid")
    mask, _ = _find_plane(plane, files, MASK, given=plane.mask)
    weight, role = _find_plane(plane, files, WEIGHTS, given=plane.weight)
    kind = role or recipe.weight_kind
    return [
        BandAddress(
            plane.band or name,
            locate(path, frame, number),
            mask and locate(mask[0], mask[1], number),
            weight and locate(weight[0], weight[1], number),
            kind,
        )
        for number, name in enumerate(frame.bands)
    ]


def _find_plane(
    plane: Plane, files: Files, roles: Sequence[Role], *, given: Source | None
) -> tuple[tuple[Path, Frame] | None, str]:
    """Mask or weight of an image, and its role when it was found in the image's own file."""
    if given is not None:
        kind = "mask" if "mask" in roles else "weight"
        return (given.path, match_companion(files.get(given.path, ()), given, plane.frame, kind=kind)), ""
    for role in roles:
        found = find_companion(files[plane.source.path], plane.frame, role)
        if found and not found.problem:
            return (plane.source.path, found), role
    return None, ""


def _find_cut_companions(plane: Plane, files: Files) -> list[str]:
    """Name the planes of the image's own file that would serve it, but are cut off."""
    wanted = [role for role in (*MASK, *WEIGHTS) if (plane.mask if role in MASK else plane.weight) is None]
    found = [find_companion(files[plane.source.path], plane.frame, role) for role in wanted]
    return [f"its {f.extname} plane is cut off and not used; fetch the file again" for f in found if f and f.problem]
