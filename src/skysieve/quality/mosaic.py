"""Is a mosaic whole, and is every detector in its place: one exposure beside the layout of its camera."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from skysieve.quality.census import Census, Place
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.layout import Layout, Plane, Seat, align_plane, project_places

APART = 0.5
"""Of a detector's shorter side: farther from its place than that it is elsewhere."""

NAMED = 8
"""Detectors that a sentence names."""


def check_mosaic(census: Census, layout: Layout | None, *, name: str) -> tuple[ExposureFlag, tuple[str, ...]]:
    """Compare the detectors of an exposure with each other and with the layout of the camera.

    Parameters
    ----------
    census : Census
        Of the exposure.
    layout : Layout, optional
        Of its camera; None where it is not known.
    name : str
        Of the exposure, for the sentences.

    Returns
    -------
    tuple of ExposureFlag and tuple of str
        What is odd, and a sentence for each kind; nothing for an exposure of a single detector without a layout.

    Notes
    -----
    Only headers are looked at: pixels that were written under another detector's header are not noticed. A detector
    is elsewhere when a mark (CCDNUM, DETSEC, ...) is not the one that most exposures have, or when its world
    coordinates put it half a side away from its place among the others; where there is neither, when it comes in
    another order.
    """
    places = {place.name: place for place in reversed(census.places)}
    repeated = [one for one, count in Counter(place.name for place in census.places).items() if count > 1]
    odd = {ExposureFlag.DUPLICATE_NAMES: ("come more than once; each should come once", repeated)}
    if layout is not None:
        odd |= _compare(places, layout)
    found = {flag: words for flag, words in odd.items() if words[1]}
    flags = ExposureFlag(sum(int(flag) for flag in found))
    if layout is None and len(census.places) > 1:
        flags |= ExposureFlag.NO_LAYOUT
    return flags, tuple(f"{name}: detectors {_list(names)} {words}" for words, names in found.values())


def _compare(places: dict[str, Place], layout: Layout) -> dict[ExposureFlag, tuple[str, list[str]]]:
    """Return what differs from the layout: words and names of detectors for each flag."""
    seats = {seat.name: seat for seat in layout.seats}
    reshaped = [one for one, place in places.items() if one in seats and seats[one].shape not in {None, place.shape}]
    extra = [one for one in places if one not in seats]
    missing = [one for one in seats if one not in places]
    others = f"in the {layout.exposures} exposures that the layout of {layout.camera} is from"
    return {
        ExposureFlag.MISSING_DETECTORS: (f"are missing; they are {others}", missing),
        ExposureFlag.SWAPPED_DETECTORS: (f"are not where they are {others}", _find_moved(places, layout.seats)),
        ExposureFlag.OTHER_LAYOUT: (f"are not {others}, or of another shape", [*extra, *reshaped]),
    }


def _find_moved(places: dict[str, Place], seats: Sequence[Seat]) -> list[str]:
    """Return the names of detectors that are elsewhere."""
    common = [seat for seat in seats if seat.name in places]
    found = [places[seat.name] for seat in common]
    away = _measure_away(found, common)
    order = np.argsort([place.extension for place in found], kind="stable").tolist()
    ranks = {number: rank for rank, number in enumerate(order)}
    moved = []
    for number, (place, seat) in enumerate(zip(found, common, strict=True)):
        marks = dict(seat.marks)
        remarked = any(marks.get(keyword, value) != value for keyword, value in place.marks)
        placeless = math.isnan(away[number]) and "DETSEC" not in marks
        if remarked or away[number] > APART or (placeless and ranks[number] != number):
            moved.append(seat.name)
    return moved


def _measure_away(places: Sequence[Place], seats: Sequence[Seat]) -> list[float]:
    """Return how far detectors are from their places [shorter side]; NaN where that is not known."""
    x, y, angle, side = (
        (
            np.array([math.nan if value is None else value for value in column], float)
            for column in zip(*((seat.x, seat.y, seat.angle, seat.side) for seat in seats), strict=True)
        )
        if seats
        else [np.zeros(0)] * 4
    )
    plane = align_plane(project_places(places), Plane(x + 1j * y, angle, side))
    away: list[float] = (np.abs(plane.middles - (x + 1j * y)) / side).tolist()
    return away


def _list(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
