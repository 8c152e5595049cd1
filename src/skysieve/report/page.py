"""The report of a run: one page that needs nothing but itself."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from skysieve.io.atomic import write_whole
from skysieve.records import Catalog, Column, ImageFlag, decode_flags, describe_flags
from skysieve.report.figures import draw_run_figures
from skysieve.report.panels import Selection, select_panels
from skysieve.report.preview import Preview
from skysieve.report.quantities import get_flags, get_numbers
from skysieve.report.verdict import get_labels, judge_run


@dataclass(frozen=True)
class RunSummary:
    """All that the report says of a run.

    Parameters
    ----------
    title : str
        Heading of the page.
    images : Catalog
        A row an input; ``image`` (label), ``flags``, ``message`` and the numbers ``fwhm``, ``ellipticity``,
        ``limiting_mag`` enter the verdict where present, every column is shown.
    catalog : Catalog
        All sources of the run, up to millions.
    previews : iterable of Preview
        Gone through once, so a generator that reads them from disk is enough.
    provenance : mapping
        Nested plain values: recipe, versions, checksums, seed, engine.
    links : mapping of str to str
        Text -> product file, relative to the page.
    """

    title: str
    images: Catalog
    catalog: Catalog
    previews: Iterable[Preview]
    provenance: Mapping[str, Any]
    links: Mapping[str, str]


def write_report(path: Path, run: RunSummary) -> None:
    """Write the report of a run, the same bytes for the same run.

    Parameters
    ----------
    path : Path
        The HTML file, replaced whole.
    run : RunSummary
        Zero images, zero sources and columns of NaN give a page that says so.
    """
    text = render_report(run)
    with write_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="xmlcharrefreplace", newline="\n")


def render_report(run: RunSummary) -> str:
    """Return the report as HTML text; every text of the input is escaped."""
    labels = get_labels(run.images)
    flags = dict(zip(labels, get_flags(run.images).tolist(), strict=True))
    selection = select_panels(run.previews, flags)
    environment = Environment(
        loader=PackageLoader("skysieve.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "separators": (",", ":")}
    environment.filters.update(data_url=make_data_url, svg=mark_svg, number=format_number, path=quote)
    return environment.get_template("report.html.j2").render(
        run=run,
        css=Markup(read_asset("report.css")),  # noqa: S704  a file of this package
        js=Markup(read_asset("report.js")),  # noqa: S704
        verdicts=judge_run(run.images, run.catalog),
        facts=_list_facts(run, selection),
        panels=[(preview, _describe_geometry(preview)) for preview in selection.panels],
        selection=selection,
        figures=draw_run_figures(run.catalog, area=selection.area),
        flag_rows=_count_flags(run.catalog),
        flag_names={bit: name for name, (bit, _) in describe_flags().items()},
        image_rows=_list_image_rows(run.images, labels),
        provenance=flatten(run.provenance),
    )


def format_number(value: object) -> str:
    """Return a value as short text: four to six significant digits, nothing for NaN.

    Examples
    --------
    >>> format_number(21.53461), format_number(float("nan")), format_number(12)
    ('21.535', '', '12')
    """
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.5g}"
    return str(value)


def flatten(tree: object, prefix: str = "") -> list[tuple[str, str]]:
    """Return nested plain values as rows of dotted key and text.

    Examples
    --------
    >>> flatten({"seed": 1, "recipe": {"nsigma": 1.5, "bands": ["g", "r"]}})
    [('seed', '1'), ('recipe.nsigma', '1.5'), ('recipe.bands', '["g", "r"]')]
    """
    if isinstance(tree, Mapping) and tree:
        return [row for key, value in tree.items() for row in flatten(value, f"{prefix}.{key}" if prefix else str(key))]
    if isinstance(tree, list) and any(isinstance(value, Mapping) for value in tree):
        return [row for k, value in enumerate(tree) for row in flatten(value, f"{prefix}[{k}]")]
    return [(prefix, tree if isinstance(tree, str) else json.dumps(tree, default=str, ensure_ascii=False))]


def _list_facts(run: RunSummary, selection: Selection) -> list[tuple[str, str]]:
    """Return the numbers at the head of the page, those that are known."""
    medians = [
        ("median FWHM", "fwhm", "pixel"),
        ("median seeing", "fwhm_sky", "arcsec"),
        ("median limiting magnitude", "limiting_mag", "mag"),
    ]
    facts = [("images", str(len(run.images))), ("sources", f"{len(run.catalog):,}")]
    for name, column, unit in medians:
        values = get_numbers(run.images, column)
        if np.isfinite(values).any():
            facts.append((name, f"{np.nanmedian(values):.2f} {unit}"))
    if selection.area > 0:
        facts.append(("imaged area", f"{selection.area:.4g} deg²"))
    return facts


def _count_flags(catalog: Catalog) -> list[tuple[str, int, str, int]]:
    """Name, bit, meaning and number of sources for each flag."""
    flags = get_flags(catalog)
    return [
        (name, bit, sentence, int(np.count_nonzero(flags & bit))) for name, (bit, sentence) in describe_flags().items()
    ]


def _list_image_rows(images: Catalog, labels: list[str]) -> list[tuple[str, list[tuple[Any, str]]]]:
    """Label, and for each column the value to sort by and the text to show."""
    return [
        (label, [_show_cell(column, images[column.name][row]) for column in images.schema])
        for row, label in enumerate(labels)
    ]


def _show_cell(column: Column, value: Any) -> tuple[Any, str]:
    if column.name == "flags":
        return str(int(value)), ", ".join(decode_flags(int(value), ImageFlag))
    plain = value.item() if isinstance(value, np.generic) else value
    return ("" if plain != plain else plain), format_number(plain)  # noqa: PLR0124  NaN differs from itself


def _describe_geometry(preview: Preview) -> dict[str, int | float]:
    """Extent of the picture and of the outlines [detector pixel], and the shape of what is shown."""
    rows, columns = preview.shape
    width, height = (-(-length // preview.factor) * preview.factor for length in (columns, rows))
    step = preview.outline_step
    covered = (float(np.ceil(length / step) * step) for length in (columns, rows))
    share_x, share_y = (100 * part / whole for part, whole in zip(covered, (width, height), strict=True))
    return {"width": width, "height": height, "outline_x": share_x, "outline_y": share_y}


def make_data_url(picture: bytes) -> str:
    """Write a JPEG or PNG as a URL that holds its bytes."""
    kind = "jpeg" if picture[:2] == b"\xff\xd8" else "png"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def mark_svg(svg: bytes) -> Markup:
    """Trust a figure of this package: no text of the input enters one."""
    return Markup(svg.decode())  # noqa: S704


def read_asset(name: str) -> str:
    """Read a style sheet or script of this package."""
    return files("skysieve.report").joinpath("templates", name).read_text(encoding="utf-8")
