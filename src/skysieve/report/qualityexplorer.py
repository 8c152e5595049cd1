"""One page to walk over exposures: width against ellipticity, colored by any probability, filtered by a query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup
from matplotlib.colors import to_hex

from skysieve.io.atomic import write_whole
from skysieve.report.page import flatten, make_data_url, read_asset
from skysieve.report.qualitycolors import CLASS_COLORS, CLASS_NAMES, VERDICT_MARKS
from skysieve.report.qualityfocal import FocalPlane, get_color, list_outlines, measure_box
from skysieve.report.sompage import make_environment
from skysieve.report.svg import make_colormap

BOX = (0.2, 0.2)
"""The classical cut of Teimoorinia et al. (2021), section 6: log10 FWHM (here over the usual), ellipticity."""


@dataclass(frozen=True)
class Explorer:
    """All that the page knows.

    ``columns`` hold a value an exposure and can be asked for; ``exposure``, ``verdict``, ``cause``, ``log_fwhm``,
    ``ellipticity`` and the five probabilities are among them. ``detectors`` are the names of each exposure's detectors
    and two characters for each (hundredths of P(good), ``--`` without light, ``..`` not read); ``planes`` say where
    detectors of these names lie. ``pictures`` [caption, JPEG or PNG] are of some exposures.
    """

    title: str
    columns: Mapping[str, Sequence[Any]]
    planes: Sequence[FocalPlane]
    detectors: Sequence[tuple[tuple[str, ...], str]]
    pictures: Mapping[int, Sequence[tuple[str, bytes]]]
    provenance: Mapping[str, Any]


def write_explorer(path: Path, explorer: Explorer) -> None:
    """Write the page, whole or not at all, the same bytes for the same exposures."""
    text = render_explorer(explorer)
    with write_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="xmlcharrefreplace", newline="\n")


def render_explorer(explorer: Explorer) -> str:
    """Return the page as HTML text; every text of the input is escaped."""
    return make_environment().get_template("qualityexplorer.html.j2").render(
        page=explorer,
        css=Markup(read_asset("report.css") + read_asset("quality.css")),  # noqa: S704  files of this package
        js=Markup(read_asset("qualityquery.js") + read_asset("qualityexplorer.js")),  # noqa: S704
        data=_describe(explorer),
        classes=CLASS_NAMES,
        chances=[f"p_{name}" for name in CLASS_COLORS],
        box=BOX,
        provenance=flatten(explorer.provenance),
    )  # fmt: skip


def _describe(explorer: Explorer) -> dict[str, Any]:
    """Return plain values for JSON."""
    number = {plane.names: place for place, plane in enumerate(explorer.planes)}
    return {
        "columns": {name: list(values) for name, values in explorer.columns.items()},
        "planes": [
            {"names": plane.names, "points": list_outlines(plane), "box": measure_box(plane)}
            for plane in explorer.planes
        ],
        "detectors": [[number.get(names, -1), texts] for names, texts in explorer.detectors],
        "pictures": {
            str(row): [[caption, make_data_url(picture)] for caption, picture in found]
            for row, found in explorer.pictures.items()
        },
        "box": BOX,
        "scale": [to_hex(make_colormap()(step / 63)) for step in range(64)],
        "good": [get_color(step / 99) for step in range(100)],
        "verdicts": {name: color for name, (_, color) in VERDICT_MARKS.items()},
        "classes": {f"p_{name}": [CLASS_NAMES[name], color] for name, color in CLASS_COLORS.items()},
    }  # fmt: skip
