"""The layout of a camera: which detectors it has, and where, as most of its exposures say; kept in a file."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Complex, Float
from pydantic import ValidationError

from skysieve.config import STRICT, dump_recipe, parse_recipe
from skysieve.io.atomic import write_whole
from skysieve.quality.census import Census, Place

LEAST_EXPOSURES = 3
"""From so many on a camera's layout is known."""


@dataclass(frozen=True)
class Seat:
    """One detector of a layout.

    ``marks`` are those that most exposures agree on; ``shape`` (y, x) is None where they do not agree. ``x`` (east) and
    ``y`` (north) [deg] lie in a plane that touches the sky in the middle of one exposure, ``angle`` [deg] is the
    direction of +x there, ``side`` [deg] the shorter side; None where there are no world coordinates.
    """

    __pydantic_config__ = STRICT

    name: str
    shape: tuple[int, int] | None = None
    marks: tuple[tuple[str, str], ...] = ()
    x: float | None = None
    y: float | None = None
    angle: float | None = None
    side: float | None = None


@dataclass(frozen=True)
class Layout:
    """The detectors that most exposures of a camera have, in the order in which files hold them."""

    __pydantic_config__ = STRICT

    camera: str
    exposures: int
    seats: tuple[Seat, ...]


@dataclass(frozen=True)
class LayoutFile:
    """Layouts of several cameras, as they are kept on disk."""

    __pydantic_config__ = STRICT

    layouts: tuple[Layout, ...]


@dataclass(frozen=True)
class Plane:
    """Middles of detectors [deg, east + i north], directions of +x [deg], shorter sides [deg]; NaN where unknown."""

    middles: Complex[np.ndarray, " detector"]
    angles: Float[np.ndarray, " detector"]
    sides: Float[np.ndarray, " detector"]


def learn_layout(censuses: Sequence[Census]) -> Layout | None:
    """Learn the layout of a camera from its exposures.

    Parameters
    ----------
    censuses : sequence of Census
        Of exposures of one camera.

    Returns
    -------
    Layout or None
        The detectors that more than half of the exposures have; None for fewer than three exposures, and for cameras
        of one detector, which have no layout.

    Notes
    -----
    Exposures are turned and moved onto the one that has most detectors; where a detector lies is the median over them.
    """
    if len(censuses) < LEAST_EXPOSURES:
        return None
    counts = Counter(name for census in censuses for name in {place.name for place in census.places})
    kept = [name for name, count in counts.items() if 2 * count > len(censuses)]
    if len(kept) < 2:
        return None
    found = [_seat(census, kept) for census in censuses]
    full = max(found, key=lambda places: sum(place is not None for place in places))
    kept = sorted(kept, key=lambda name: _rank(full, kept.index(name)))
    found = [_seat(census, kept) for census in censuses]
    planes = [project_places(places) for places in found]
    best = max(planes, key=lambda plane: int(np.isfinite(plane.angles).sum()))
    aligned = [align_plane(plane, best) for plane in planes]
    seats = [
        _merge(name, [places[number] for places in found], [plane.middles[number] for plane in aligned], best, number)
        for number, name in enumerate(kept)
    ]
    return Layout(censuses[0].camera, len(censuses), tuple(seats))


def project_places(places: Sequence[Place | None]) -> Plane:
    """Put the middles of detectors into the plane that touches the sky in the middle of them all."""
    ra, dec, angles, sides = (
        np.array([math.nan if one is None else getattr(one, name) for one in places])
        for name in ("ra", "dec", "angle", "side")
    )
    if not np.isfinite(ra).any():
        return Plane(ra + 0j, angles, sides)
    ra, dec = np.radians(ra), np.radians(dec)
    mean = np.nanmean([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)
    center, height = math.atan2(mean[1], mean[0]), math.atan2(mean[2], math.hypot(mean[0], mean[1]))
    depth = np.sin(height) * np.sin(dec) + np.cos(height) * np.cos(dec) * np.cos(ra - center)
    east = np.cos(dec) * np.sin(ra - center) / depth
    north = (np.cos(height) * np.sin(dec) - np.sin(height) * np.cos(dec) * np.cos(ra - center)) / depth
    # Meridians converge: north at a detector is not north in the middle.
    turn = np.degrees((ra - center + np.pi) % (2 * np.pi) - np.pi) * np.sin(dec)
    return Plane(np.degrees(east) + 1j * np.degrees(north), angles - turn, sides)


def align_plane(plane: Plane, onto: Plane) -> Plane:
    """Turn and move the detectors of one exposure onto those of another, by what most of them agree on."""
    turns = plane.angles - onto.angles
    known = np.isfinite(turns)
    if not known.any():
        return Plane(np.full(len(turns), math.nan + 0j), plane.angles, plane.sides)
    apart = np.abs((turns[known][:, None] - turns[known] + 180) % 360 - 180).sum(axis=1)
    turn = turns[known][apart.argmin()]
    middles = plane.middles * np.exp(1j * np.radians(turn))
    off = middles - onto.middles
    shift = np.nanmedian(off.real) + 1j * np.nanmedian(off.imag)
    return Plane(middles - shift, plane.angles - turn, plane.sides)


def read_layouts(path: Path) -> dict[str, Layout]:
    """Read layouts by the name of their camera.

    Raises
    ------
    ValueError
        If there is no such file, or it holds no layouts.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        found = parse_recipe(LayoutFile, plain)
    except OSError as problem:
        raise ValueError(f"{path}: cannot be read ({problem.strerror}); learn it with --learn-layout") from None
    except (ValueError, TypeError, ValidationError):
        raise ValueError(f"{path.name}: holds no layouts of cameras; learn them with --learn-layout") from None
    return {one.camera: one for one in found.layouts}


def write_layouts(layouts: Mapping[str, Layout], path: Path) -> None:
    """Write layouts for `read_layouts`."""
    with write_whole(path) as temporary:
        temporary.write_text(json.dumps(dump_recipe(LayoutFile(tuple(layouts.values()))), indent=1) + "\n", "utf-8")


def _seat(census: Census, names: Sequence[str]) -> list[Place | None]:
    """Return the detector of each name, the first where a name comes twice, None where there is none."""
    found = {place.name: place for place in reversed(census.places)}
    return [found.get(name) for name in names]


def _rank(places: Sequence[Place | None], number: int) -> int:
    place = places[number]
    return 10**6 if place is None else place.extension


def _merge(name: str, places: Sequence[Place | None], middles: Sequence[complex], best: Plane, number: int) -> Seat:
    """Make a seat of what most exposures say of a detector."""
    known = [place for place in places if place is not None]
    marks = Counter(mark for place in known for mark in place.marks)
    shape, votes = Counter(place.shape for place in known).most_common(1)[0]
    agreed = tuple(mark for mark, count in marks.items() if 2 * count > len(known))
    x, y = (_median([value]) for value in (np.real(middles), np.imag(middles)))
    angle, side = _median([best.angles[number]]), _median([place.side for place in known])
    return Seat(name, shape if 2 * votes > len(known) else None, agreed, x, y, angle if x is not None else None, side)


def _median(values: Sequence[object]) -> float | None:
    known = np.asarray(values, float).ravel()
    known = known[np.isfinite(known)]
    return float(np.median(known)) if len(known) else None
