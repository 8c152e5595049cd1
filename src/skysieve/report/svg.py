"""One door from matplotlib to the page: figures as inline SVG, the same bytes each time."""

import re
import threading
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import Collection
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

INK = "#010203"
"""Stands for the page's text color and becomes ``currentColor``, so figures follow light and dark pages."""

BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
"""Okabe & Ito's color-blind-safe palette; legible on white and on near-black."""

_SETTINGS: dict[Any, Any] = {"svg.hashsalt": "skysieve", "svg.fonttype": "none", "font.family": ["sans-serif"]}
_LOCK = threading.Lock()
"""Matplotlib's settings are shared by all threads while a figure is written."""


def make_figure(width: float = 5.2, height: float = 3.6) -> tuple[Figure, Axes]:
    """Return an empty transparent figure [inch] whose ink follows the page."""
    figure = Figure(figsize=(width, height))  # fixed margins: measuring every label takes longer than drawing
    figure.subplots_adjust(left=0.8 / width, right=1 - 0.15 / width, bottom=0.55 / height, top=1 - 0.3 / height)
    figure.patch.set_alpha(0.0)
    axes = figure.add_subplot()
    axes.patch.set_alpha(0.0)
    return figure, ink_axes(axes)


def ink_axes(axes: Axes) -> Axes:
    """Draw frame, ticks and labels in the page's text color."""
    axes.tick_params(which="both", colors=INK, direction="in", top=True, right=True, labelsize=9)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    for spine in axes.spines.values():
        spine.set_color(INK)
    return axes


def add_colorbar(figure: Figure, colored: AxesImage | Collection, axes: Axes, *, label: str) -> Colorbar:
    """Add a color bar with inked labels for an image or a collection."""
    bar = figure.colorbar(colored, ax=axes, pad=0.02)
    bar.set_label(label, color=INK)
    bar.outline.set_edgecolor(INK)
    bar.ax.tick_params(which="both", colors=INK, labelsize=9)
    return bar


def make_colormap(*, low: float = 0.18, high: float = 0.95) -> LinearSegmentedColormap:
    """Return viridis without its ends, which vanish on black and on white."""
    colors = mpl.colormaps["viridis"](np.linspace(low, high, 256))
    return LinearSegmentedColormap.from_list("skysieve", colors)


def draw_density(axes: Axes, counts: Float[np.ndarray, "x y"], extent: tuple[float, float, float, float]) -> AxesImage:
    """Draw a two-dimensional histogram on a logarithmic color scale; empty bins are clear."""
    shown = np.ma.masked_less_equal(counts.T, 0)
    norm = LogNorm(1, max(float(counts.max()), 2.0))
    return axes.imshow(
        shown, origin="lower", aspect="auto", interpolation="none", extent=extent, cmap=make_colormap(), norm=norm
    )


def render_svg(figure: Figure) -> bytes:
    """Return a figure as an SVG element to place inside HTML."""
    out = BytesIO()
    with _LOCK, mpl.rc_context(_SETTINGS):
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(out, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = out.getvalue().decode()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"|height="[\d.]+pt"|width="[\d.]+pt"', "", text, count=2)
    text = re.sub(r"(font: [\d.]+px|font-family:) [^;\"]*", r"\1 sans-serif", text)
    return re.sub(r"\n\s*", "\n", text).encode()
