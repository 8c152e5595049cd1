"""The page of a trust report: one file that needs nothing but itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from skysieve.io.atomic import write_whole
from skysieve.report.page import flatten, make_data_url, mark_svg, read_asset
from skysieve.report.preview import Preview
from skysieve.report.trustfigures import draw_trust_figures
from skysieve.report.trusttables import (
    BIN_HEAD,
    IMAGE_HEAD,
    METHOD_HEAD,
    list_bin_rows,
    list_facts,
    list_image_rows,
    list_method_rows,
)

MARKERS = 1500
"""Injected sources marked on one picture."""


@dataclass(frozen=True)
class TrustPicture:
    """An image with one round of injected sources, their positions [pixel], magnitudes and how they ended."""

    preview: Preview
    x: Float[np.ndarray, " source"]
    y: Float[np.ndarray, " source"]
    mag: Float[np.ndarray, " source"]
    status: np.ndarray


@dataclass(frozen=True)
class TrustSummary:
    """All that the page says: ``content`` is that of ``trust.json``, ``links`` are text -> file beside the page."""

    title: str
    content: Mapping[str, Any]
    pictures: Sequence[TrustPicture]
    provenance: Mapping[str, Any]
    links: Mapping[str, str]


def write_trust_page(path: Path, summary: TrustSummary) -> None:
    """Write the page, the same bytes for the same content.

    Parameters
    ----------
    path : Path
        The HTML file, replaced whole.
    summary : TrustSummary
        Without any usable image the page says why.
    """
    text = render_trust_page(summary)
    with write_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="xmlcharrefreplace", newline="\n")


def render_trust_page(summary: TrustSummary) -> str:
    """Return the page as HTML text; every text of the input is escaped."""
    content = summary.content
    own = next(iter(content["methods"]))
    label = "magnitude [AB mag]" if content["calibrated"] else "magnitude at zeropoint 0 [mag]"
    environment = Environment(
        loader=PackageLoader("skysieve.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(data_url=make_data_url, svg=mark_svg)
    return environment.get_template("trust.html.j2").render(
        summary=summary,
        css=Markup(read_asset("report.css") + read_asset("trust.css")),  # noqa: S704  files of this package
        own=own,
        facts=list_facts(content),
        label=label,
        figures=draw_trust_figures(content["methods"], own=own, label=label),
        pictures=[_describe_picture(one) for one in summary.pictures],
        METHOD_HEAD=METHOD_HEAD,
        BIN_HEAD=BIN_HEAD,
        IMAGE_HEAD=IMAGE_HEAD,
        method_rows=list_method_rows(content["methods"]),
        bin_rows={name: list_bin_rows(scores) for name, scores in content["methods"].items() if scores["bins"]},
        image_rows=list_image_rows(content["images"]),
        provenance=flatten(summary.provenance),
    )


def _describe_picture(picture: TrustPicture) -> dict[str, Any]:
    """Return a picture with the marks of its sources, in the units of its own grid, y downward."""
    preview = picture.preview
    rows, columns = (-(-length // preview.factor) * preview.factor for length in preview.shape)
    order = np.argsort(picture.mag, kind="stable")[:MARKERS]
    marks = [
        {"x": round(float(picture.x[k]) + 0.5, 1), "y": round(rows - float(picture.y[k]) - 0.5, 1),
         "status": str(picture.status[k]), "mag": f"{picture.mag[k]:.2f}"}
        for k in order
    ]  # fmt: skip
    counts = {status: int(np.count_nonzero(picture.status == status)) for status in ("recovered", "blended", "missed")}
    size = max(rows, columns) / 130
    return {"preview": preview, "width": columns, "height": rows, "marks": marks, "size": round(size, 2),
            "counts": counts, "n": len(picture.x)}  # fmt: skip
