"""The page of judged exposures: which are usable, what ruins the others, where and at what cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from skysieve.io.atomic import write_whole
from skysieve.report.figures import Panel
from skysieve.report.page import flatten, make_data_url, read_asset
from skysieve.report.qualitycolors import CLASS_COLORS, CLASS_NAMES, VERDICT_MARKS
from skysieve.report.qualityfocal import get_color
from skysieve.report.sompage import make_environment


@dataclass(frozen=True)
class Case:
    """One exposure of the gallery: why it is shown, what was found, and pictures with their captions."""

    name: str
    why: str
    verdict: str
    cause: str
    probability: Mapping[str, float]
    n_dead: int
    causes: Sequence[str]
    pictures: Sequence[tuple[str, bytes]]


@dataclass(frozen=True)
class FocalMap:
    """One exposure on the focal plane: its name, verdict, the drawing, and what it says in words."""

    name: str
    verdict: str
    drawing: Markup
    text: str


@dataclass(frozen=True)
class Table:
    """A table to sort: names of the columns, and rows of (value to sort by, text to show)."""

    head: Sequence[str]
    rows: Sequence[Sequence[tuple[Any, str]]]


@dataclass(frozen=True)
class QualitySummary:
    """All that the page says.

    ``facts`` stand at its head, ``counts`` are exposures by verdict and cause; ``layout`` says how the places of the
    detectors are known; ``maps`` may be fewer than there are exposures, ``notes`` says so.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    notes: Sequence[str]
    counts: Table
    exposures: Table
    panels: Sequence[Panel]
    maps: Sequence[FocalMap]
    layout: str
    cases: Sequence[Case]
    provenance: Mapping[str, Any]


def write_quality_page(path: Path, summary: QualitySummary) -> None:
    """Write the page, whole or not at all, the same bytes for the same content."""
    text = render_quality_page(summary)
    with write_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="xmlcharrefreplace", newline="\n")


def render_quality_page(summary: QualitySummary) -> str:
    """Return the page as HTML text; every text of the input is escaped."""
    environment = make_environment()
    environment.filters.update(data_url=make_data_url)
    return environment.get_template("quality.html.j2").render(
        page=summary,
        css=Markup(read_asset("report.css") + read_asset("quality.css")),  # noqa: S704  files of this package
        js=Markup(read_asset("quality.js")),  # noqa: S704
        colors=CLASS_COLORS,
        words=CLASS_NAMES,
        marks={name: color for name, (_, color) in VERDICT_MARKS.items()},
        scale=[get_color(step / 10) for step in range(11)],
        provenance=flatten(summary.provenance),
    )


@dataclass(frozen=True)
class RunPage:
    """The page of a training run: its figures, and what made it."""

    title: str
    panels: Sequence[Panel]
    provenance: Mapping[str, Any]


def write_run_page(path: Path, page: RunPage) -> None:
    """Write the page of a training run, whole or not at all."""
    text = make_environment().get_template("qualityrun.html.j2").render(
        page=page,
        css=Markup(read_asset("report.css") + read_asset("quality.css")),  # noqa: S704  files of this package
        provenance=flatten(page.provenance),
    )  # fmt: skip
    with write_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="xmlcharrefreplace", newline="\n")
