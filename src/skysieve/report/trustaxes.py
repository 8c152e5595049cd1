"""Axes, colors and marks that all figures of a trust report share."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from skysieve.report.svg import BLUE, GREEN, INK, ORANGE

PURPLE = "#a8528a"
STYLES = {
    "skysieve": (BLUE, "o"), "sep": (ORANGE, "s"), "photutils": (GREEN, "^"), "source-extractor": (PURPLE, "D"),
}  # fmt: skip
"""Color and marker of each method, the same in all figures."""

Scores = Mapping[str, Any]
Bins = Sequence[Mapping[str, Any]]


def draw_share(axes: Axes, bins: Bins, keys: tuple[str, str], style: tuple[str, str], words: str) -> None:
    """Draw a share with its interval as a band."""
    at, key = keys
    color, marker = style
    bins = [one for one in bins if one[key] is not None]
    x = take_key(bins, at)
    axes.fill_between(x, take_key(bins, f"{key}_lo"), take_key(bins, f"{key}_hi"), color=color, alpha=0.25, lw=0)
    axes.plot(x, take_key(bins, key), f"-{marker}", ms=4, color=color, lw=1.2, label=words)


def finish_axes(
    axes: Axes, x: str, y: str, *, share: bool = False, place: Literal["best", "lower left", "upper left"] = "best"
) -> None:
    """Label the axes, write plain numbers on logarithmic ones, add the legend."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if share:
        axes.set_ylim(-0.02, 1.02)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, labelcolor=INK, fontsize=8.5, loc=place)


def take_key(bins: Bins, key: str) -> np.ndarray:
    """Return one key of all bins as numbers, NaN for null."""
    return np.array([np.nan if one[key] is None else one[key] for one in bins], float)


def write_number(value: float | None) -> str:
    """Write a number with two decimals, null as a word."""
    return "unknown" if value is None else f"{value:.2f}"
