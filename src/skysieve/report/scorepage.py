"""The page of an evaluation: what was measured of a model, as tables and figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from skysieve.io.atomic import write_whole
from skysieve.report.figures import Panel
from skysieve.report.page import flatten


@dataclass(frozen=True)
class ScoreTable:
    """A table of texts with its heading."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class ScoreSummary:
    """All that the page of an evaluation says; ``provenance`` are nested plain values."""

    title: str
    tables: Sequence[ScoreTable]
    panels: Sequence[Panel]
    provenance: Mapping[str, Any]


def write_score_page(path: Path, summary: ScoreSummary) -> None:
    """Write the page of an evaluation, whole or not at all; it needs no other file."""
    environment = Environment(
        loader=PackageLoader("skysieve.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["svg"] = lambda svg: Markup(svg.decode())  # noqa: S704 (a figure of this package)
    css = files("skysieve.report").joinpath("templates", "report.css").read_text(encoding="utf-8")
    text = environment.get_template("scores.html.j2").render(
        page=summary,
        css=Markup(css),  # noqa: S704 (a file of this package)
        provenance=flatten(summary.provenance),
    )
    with write_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="xmlcharrefreplace", newline="\n")
