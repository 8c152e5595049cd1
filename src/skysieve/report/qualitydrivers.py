"""The page that explains a verdict on an exposure: what pulled it, where, and what it is like."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize

from skysieve.io.atomic import write_whole
from skysieve.records import Band
from skysieve.report.figures import Panel
from skysieve.report.page import make_data_url, mark_svg, read_asset
from skysieve.report.pictures import encode_jpeg, encode_png, make_gray_palette, paint_bad
from skysieve.report.somlattice import frame_lattice, make_outlines
from skysieve.report.stretch import average_blocks, measure_limits, stretch_asinh
from skysieve.report.svg import BLUE, INK, ORANGE, add_colorbar, make_figure, render_svg
from skysieve.som.lattice import Lattice

TOWARD, AGAINST = ORANGE, BLUE
"""Colors of what speaks for the cause, and of what speaks against it."""

DARKEST, BRIGHTEST = -1.5, 5.0
"""Of a cutout [noise of a pixel, arcsinh]."""

MAGNIFICATION = 4


@dataclass(frozen=True)
class PulledPicture:
    """A cutout (PNG) with what it is and its pull [log-odds]."""

    picture: bytes
    caption: str
    pull: float


@dataclass(frozen=True)
class MarkedDetector:
    """A detector in small (JPEG), its rows and columns [pixel], and the driving sources on it: x, y [pixel], pull."""

    label: str
    picture: bytes
    shape: tuple[int, int]
    marks: Sequence[tuple[float, float, float]]


@dataclass(frozen=True)
class DriversSummary:
    """All that the page says.

    ``facts`` are names and texts at its head; ``tables`` have a title, a head, rows of texts, and a note.
    """

    title: str
    lead: str
    facts: Sequence[tuple[str, str]]
    panels: Sequence[Panel]
    cutouts: Sequence[PulledPicture]
    detectors: Sequence[MarkedDetector]
    tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]], str]]


def write_drivers_page(path: Path, summary: DriversSummary) -> None:
    """Write the page, whole or not at all; it needs no other file."""
    environment = Environment(
        loader=PackageLoader("skysieve.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(data_url=make_data_url, svg=mark_svg)
    text = environment.get_template("qualitydrivers.html.j2").render(
        page=summary,
        css=Markup(read_asset("report.css")),  # noqa: S704 (a file of this package)
        toward=TOWARD,
        against=AGAINST,
    )
    with write_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="xmlcharrefreplace", newline="\n")


def draw_pulls(names: Sequence[str], pulls: Sequence[float], *, cause: str) -> Panel:
    """Draw a bar for each part, the first on top; without a figure where there is none."""
    caption = f"Change of ln(p / (1 - p)) of {cause} that each part brings: to the right it speaks for {cause}."
    if not names:
        return Panel("What pulled most", f"{caption} Nothing to draw: nothing was seen.")
    figure, axes = make_figure(6.4, 0.9 + 0.26 * len(names))
    figure.subplots_adjust(left=0.42)
    rows = np.arange(len(names))[::-1]
    axes.barh(rows, pulls, color=[TOWARD if pull > 0 else AGAINST for pull in pulls], height=0.7)
    axes.axvline(0, color=INK, linewidth=0.6)
    axes.set_yticks(rows, names)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlabel("pull [log-odds]")
    return Panel("What pulled most", caption, render_svg(figure))


def draw_pull_map(pulls: Float[np.ndarray, " neuron"], lattice: Lattice, *, cause: str) -> Panel:
    """Draw the pull of the sources on each neuron, on a scale even about zero; neurons that are NaN are empty."""
    title = "The map of sources"
    caption = (
        f"Change of the log-odds of {cause} that the sources on each neuron bring. Neurons without sources are empty."
    )
    if not np.isfinite(pulls).any():
        return Panel(title, f"{caption} Nothing to draw: there are no sources.")
    cells = make_outlines(lattice)
    figure, axes = make_figure(5.2, 4.6)
    far = max(float(np.nanmax(np.abs(pulls))), 1e-6)
    colors = LinearSegmentedColormap.from_list("pulls", [AGAINST, "#c8c8c8", TOWARD])
    collection = PolyCollection(
        list(cells), array=np.ma.masked_invalid(pulls), norm=Normalize(-far, far), cmap=colors, edgecolors=INK,
        linewidths=0.3,
    )  # fmt: skip
    axes.add_collection(collection)
    add_colorbar(figure, collection, axes, label="pull [log-odds]")
    frame_lattice(axes, lattice, cells)
    return Panel(title, caption, render_svg(figure))


def draw_cutout(pixels: Float32[np.ndarray, "v u"]) -> bytes:
    """Draw a cutout [noise of a pixel, arcsinh] as PNG; one stretch for all."""
    gray = np.clip((pixels - DARKEST) / (BRIGHTEST - DARKEST), 0, 1)
    codes = np.round(249 * np.nan_to_num(gray)).astype(np.uint8)
    return encode_png(codes.repeat(MAGNIFICATION, axis=0).repeat(MAGNIFICATION, axis=1), make_gray_palette())


def draw_small(band: Band, *, size: int = 480) -> bytes:
    """Draw a band of a detector in small as JPEG, its longest side at most ``size``."""
    mean, bad = average_blocks(band.data, band.bad, -(-max(band.data.shape) // size))
    gray = stretch_asinh(mean, measure_limits(mean[bad < 1]))
    return encode_jpeg(paint_bad(np.repeat(gray[..., None], 3, axis=2), bad))
