"""What the page of judged exposures says: summary, the night, the focal plane, cases, and the table of all."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.time import Time

from skysieve.quality.assessments import (
    Assessment,
    find_layouts,
    find_worst,
    name_cuts,
    name_flags,
    place_detectors,
)
from skysieve.quality.galleries import Looker, choose_cases
from skysieve.quality.labels import CAUSES, CLASSES
from skysieve.report.qualitycolors import CLASS_NAMES, LOSS_STYLES, VERDICT_MARKS
from skysieve.report.qualityfocal import FocalPlane, draw_focal_plane
from skysieve.report.qualitynight import Night, draw_losses, draw_night
from skysieve.report.qualitypage import Case, FocalMap, QualitySummary, Table

MOST_MAPS = 300
"""Focal planes on one page."""

HEAD = (
    "exposure", "verdict", "cause", "P(good)", "P(RBT)", "P(BT)", "P(B-Seeing)", "P(BGP)", "causes, 95 %",
    "lost [s]", "detectors", "fail", "dead", "unlike training", "flags", "cuts failed", "message",
)  # fmt: skip


def summarize_assessment(
    assessment: Assessment, *, title: str, looker: Looker, on_done: Callable[[str], None]
) -> QualitySummary:
    """Gather all that the page says.

    Parameters
    ----------
    assessment : Assessment
        As read from the tables.
    looker : Looker
        Draws the pictures of the cases, and knows the headers that tell where detectors lie.
    on_done : callable
        Gets the name of each exposure that was looked at.
    """
    planes = find_layouts(assessment, looker.folder)
    maps = draw_maps(assessment, planes)
    night = make_night(assessment)
    return QualitySummary(
        title=title,
        facts=_list_facts(assessment),
        notes=_list_notes(assessment, maps),
        counts=count_verdicts(assessment),
        exposures=list_exposures(assessment),
        panels=(draw_night(night), draw_losses(night)),
        maps=maps,
        layout=", ".join(dict.fromkeys(plane.source for plane in planes.values())),
        cases=list_cases(assessment, looker, on_done=on_done),
        provenance={**assessment.verdicts.meta, "seed": 0},
    )


def count_verdicts(assessment: Assessment) -> Table:
    """Count exposures by verdict and cause."""
    verdicts, causes = assessment.verdicts["verdict"], assessment.verdicts["cause"]
    rows = []
    for verdict in VERDICT_MARKS:
        found = [int(((verdicts == verdict) & (causes == cause)).sum()) for cause in CAUSES]
        total = int((verdicts == verdict).sum())
        rows.append([(verdict, verdict), (total, str(total)), *((count, str(count or "")) for count in found)])
    return Table(("verdict", "exposures", *(CLASS_NAMES[cause] for cause in CAUSES)), rows)


def list_exposures(assessment: Assessment) -> Table:
    """List all exposures, a row each, in words."""
    return Table(HEAD, [_list_cells(assessment, row) for row in range(len(assessment))])


def make_night(assessment: Assessment) -> Night:
    """Gather what is drawn of the exposures in their order."""
    table = assessment.verdicts
    known = [name for name in LOSS_STYLES if f"seconds_lost_{name}" in table.names]
    lost = {name: table[f"seconds_lost_{name}"].astype(float) for name in known}
    chances = dict(zip(CLASSES, assessment.probability.T, strict=True))
    return Night(tuple(_make_labels(assessment)), assessment.order, tuple(table["verdict"].tolist()), chances, lost)


def draw_maps(assessment: Assessment, planes: Mapping[str, FocalPlane]) -> list[FocalMap]:
    """Draw the focal planes of exposures, those of which part fails before those that fail or pass as a whole."""
    table = assessment.verdicts
    rank = {"hole": 0, "bad": 1, "acceptable": 2, "good": 3}
    names = table["exposure"].tolist()
    order = [row for row in range(len(table)) if names[row] in planes]
    order.sort(key=lambda row: rank.get(str(table["verdict"][row]), 4))
    return [_draw_map(assessment, row, planes[names[row]]) for row in order[:MOST_MAPS]]


def list_cases(assessment: Assessment, looker: Looker, *, on_done: Callable[[str], None]) -> list[Case]:
    """Choose the cases of the gallery and draw them."""
    table, found = assessment.verdicts, []
    for choice in choose_cases(assessment.probability):
        name = str(table["exposure"][choice.row])
        worst = find_worst(assessment, name) or "0"
        found.append(
            Case(
                name=name, why=choice.why, verdict=str(table["verdict"][choice.row]),
                cause=str(table["cause"][choice.row]),
                probability=dict(zip(CLASSES, assessment.probability[choice.row].tolist(), strict=True)),
                n_dead=int(table["n_dead_ccd"][choice.row]), causes=_list_causes(assessment, choice.row),
                pictures=[*looker.draw(name, worst), *looker.draw_all_prints(name)],
            )
        )  # fmt: skip
        on_done(name)
    return found


def make_title(verdicts: Path) -> str:
    """Return the heading of the page of a table."""
    return f"Which exposures are usable: {verdicts.name}"


def _list_facts(assessment: Assessment) -> list[tuple[str, str]]:
    table, usable = assessment.verdicts, np.isin(assessment.verdicts["verdict"], ("good", "acceptable", "hole"))
    facts = [("exposures", f"{len(table):,}"), ("usable", f"{int(usable.sum()):,}")]
    facts += [(name, f"{int((table['verdict'] == name).sum()):,}") for name in VERDICT_MARKS]
    if "seconds_lost" in table.names and np.isfinite(table["seconds_lost"].astype(float)).any():
        lost = table["seconds_lost"].astype(float)
        facts.append(("effective time lost", f"{np.nansum(lost) / 60:,.1f} min"))
        facts.append(("of that by usable ones", f"{np.nansum(lost[usable]) / 60:,.1f} min"))
    dead = int(table["n_dead_ccd"].sum())
    return [*facts, ("dead detectors", f"{dead:,}")]


def _list_notes(assessment: Assessment, maps: list[FocalMap]) -> list[str]:
    table, notes = assessment.verdicts, []
    strange = int(table["ood"].sum()) if "ood" in table.names else 0
    if strange:
        notes.append(f"Unlike anything the judge was trained on, to be looked at by eye: {strange}.")
    unread = [str(one) for one in table["message"].tolist() if one] if "message" in table.names else []
    if unread:
        notes.append(f"Files in which something was wrong, as the table says: {len(unread)}.")
    if maps and len(maps) < len(assessment.rows):
        notes.append(
            f"Focal planes of {len(maps)} exposures of {len(assessment.rows)} are drawn, partly failing first."
        )
    return notes


def _list_cells(assessment: Assessment, row: int) -> list[tuple[Any, str]]:
    table = assessment.verdicts
    cause = str(table["cause"][row])
    flags, cuts = name_flags(table, row), name_cuts(table, row)
    return [
        *(_show_text(str(table[name][row])) for name in ("exposure", "verdict")),
        _show_text(CLASS_NAMES.get(cause, cause)),
        *(_show_number(float(value), ".3f") for value in assessment.probability[row]),
        _show_text(", ".join(_list_causes(assessment, row))),
        _show_number(_get(assessment, "seconds_lost", row), ".1f"),
        *(_show_number(_get(assessment, name, row), ".0f") for name in ("n_ccd", "n_failed_ccd", "n_dead_ccd")),
        _show_text("yes" if _get(assessment, "ood", row) else ""),
        _show_text(", ".join(flags)), _show_text(", ".join(cuts)), _show_text(str(table.row(row).get("message", ""))),
    ]  # fmt: skip


def _get(assessment: Assessment, name: str, row: int) -> float:
    table = assessment.verdicts
    return float(table[name][row]) if name in table.names else float("nan")


def _show_text(text: str) -> tuple[str, str]:
    return text, text


def _show_number(value: float, form: str) -> tuple[Any, str]:
    return (round(value, 6), format(value, form)) if np.isfinite(value) else ("", "")


def _list_causes(assessment: Assessment, row: int) -> list[str]:
    return [one for one in str(assessment.verdicts["causes95"][row]).split(",") if one]


def _make_labels(assessment: Assessment) -> list[str]:
    """Return the names of exposures without suffixes, after the time of day [UTC] where it is known."""
    stems = [name.split(".fit")[0] for name in assessment.verdicts["exposure"].tolist()]
    return [
        stem if np.isnan(start) else f"{Time(start, format='mjd').strftime('%H:%M')} {stem}"
        for stem, start in zip(stems, assessment.start.tolist(), strict=True)
    ]


def _draw_map(assessment: Assessment, row: int, plane: FocalPlane) -> FocalMap:
    table = assessment.verdicts
    name = str(table["exposure"][row])
    good, dark = (place_detectors(assessment, name, plane, column) for column in ("p_good", "no_light"))
    texts = _describe_detectors(assessment, name, plane)
    drawing = draw_focal_plane(plane, good, dead=dark == 1, texts=texts)
    cause = str(table["cause"][row])
    unread = int(np.isnan(good).sum())
    words = ["" if cause == "good" else CLASS_NAMES.get(cause, cause),
             f"{int(_get(assessment, 'n_failed_ccd', row))} of {len(plane.names) - unread} detectors fail",
             f"{unread} not read" if unread else ""]  # fmt: skip
    return FocalMap(name, str(table["verdict"][row]), drawing, "; ".join(word for word in words if word))


def _describe_detectors(assessment: Assessment, exposure: str, plane: FocalPlane) -> list[str]:
    """Return what hovering over each detector says."""
    texts = {name: f"{name}: could not be read" for name in plane.names}
    if assessment.detectors is not None:
        for row in map(assessment.detectors.row, assessment.rows[exposure].tolist()):
            found = CLASS_NAMES.get(str(row["cause"]), str(row["cause"]))
            what = "no light" if row["no_light"] else f"P(good) {row['p_good']:.3f}, {found}"
            texts[str(row["ccd"])] = f"{row['ccd']}: {what}"
    return [texts[name] for name in plane.names]
