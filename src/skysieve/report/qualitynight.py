"""Exposures in the order in which they were taken: their probabilities and verdicts, and the time that they lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skysieve.report.figures import Panel
from skysieve.report.qualitycolors import CLASS_COLORS, CLASS_NAMES, LOSS_STYLES, VERDICT_MARKS
from skysieve.report.svg import INK, ink_axes, make_figure, render_svg

NAMED = 45
"""Up to so many exposures are named below their bars."""


@dataclass(frozen=True)
class Night:
    """Exposures in order.

    ``labels`` are written below them where there is room; ``order`` says what the order is; ``probability`` by class
    and ``lost`` [s] by cause are NaN where nothing was measured.
    """

    labels: tuple[str, ...]
    order: str
    verdicts: tuple[str, ...]
    probability: Mapping[str, Float[np.ndarray, " exposure"]]
    lost: Mapping[str, Float[np.ndarray, " exposure"]]

    def __len__(self) -> int:
        return len(self.labels)


def draw_night(night: Night) -> Panel:
    """Draw the probabilities of each exposure as a bar, and its verdict above."""
    title = "Verdict over the night"
    if not len(night):
        return Panel(title, "Nothing to draw: there is no exposure.")
    figure, axes = _make_wide(night, 3.6)
    place, base = np.arange(len(night)), np.zeros(len(night))
    for name, color in CLASS_COLORS.items():
        values = np.nan_to_num(night.probability[name])
        axes.bar(place, values, bottom=base, width=_choose_width(night), color=color, label=CLASS_NAMES[name])
        base = base + values
    for name, (marker, color) in VERDICT_MARKS.items():
        rows = np.flatnonzero(np.array(night.verdicts) == name)
        size = float(np.clip(700 / len(night), 2, 6))
        if len(rows):
            axes.plot(rows, np.full(len(rows), 1.08), marker, ms=size, color=color, mec="none", label=f"verdict {name}")
    axes.set_ylim(0, 1.15)
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.set_ylabel("probability")
    _finish(axes, night)
    unknown = int(np.isnan(night.probability["good"]).sum())
    rest = f" Without a bar, as they have no light or could not be read: {unknown}." if unknown else ""
    caption = f"{len(night)} exposures, {night.order}; bars are the five probabilities, marks the verdicts.{rest}"
    return Panel(title, caption, render_svg(figure))


def draw_losses(night: Night) -> Panel:
    """Draw the seconds of effective time that each exposure lost, stacked by cause."""
    title = "Effective exposure time lost"
    known = np.isfinite([*night.lost.values()]).any(axis=0) if night.lost else np.zeros(len(night), bool)
    if not known.any():
        return Panel(title, "Nothing to draw: no loss was measured (no exposure time, PSF, usual sky or zeropoint).")
    figure, axes = _make_wide(night, 3.2)
    place, base = np.arange(len(night)), np.zeros(len(night))
    for name in night.lost:
        color, hatch = LOSS_STYLES[name]
        values = np.nan_to_num(night.lost[name])
        axes.bar(
            place, values, bottom=base, width=_choose_width(night), color=color, label=name,
            hatch=hatch if len(night) <= NAMED else "", edgecolor="#ffffff80", linewidth=0,
        )  # fmt: skip
        base = base + values
    axes.set_ylabel("effective time lost [s]")
    axes.set_ylim(0, max(1.05 * float(base.max()), 1.0))
    _finish(axes, night)
    total = {name: float(np.nansum(values)) for name, values in night.lost.items()}
    parts = ", ".join(f"{name} {value:,.0f} s" for name, value in sorted(total.items(), key=lambda one: -one[1]))
    caption = f"In all {sum(total.values()):,.0f} s of {int(known.sum())} exposures: {parts}."
    missing = len(night) - int(known.sum())
    return Panel(title, f"{caption} Not measured: {missing}." if missing else caption, render_svg(figure))


def _make_wide(night: Night, height: float) -> tuple[Figure, Axes]:
    below = 0.058 * max(map(len, night.labels)) if len(night) <= NAMED else 0.35
    figure, axes = make_figure(10.0, height + below)
    figure.subplots_adjust(left=0.075, right=0.8, bottom=(below + 0.1) / (height + below), top=0.98)
    return figure, ink_axes(axes)


def _finish(axes: Axes, night: Night) -> None:
    """Name the exposures where there is room, and put the legend beside the bars."""
    axes.set_xlim(-0.7, len(night) - 0.3)
    axes.tick_params(axis="x", top=False)
    if len(night) <= NAMED:
        axes.set_xticks(np.arange(len(night)), night.labels, rotation=90, fontsize=7)
    else:
        rows = np.unique(np.linspace(0, len(night) - 1, 8).astype(int))
        axes.set_xticks(rows, _shorten([night.labels[row] for row in rows]), fontsize=7)
    axes.legend(frameon=False, labelcolor=INK, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.02))


def _shorten(labels: Sequence[str]) -> list[str]:
    return [label if len(label) <= 22 else f"{label[:10]}…{label[-10:]}" for label in labels]


def _choose_width(night: Night) -> float:
    return 0.82 if len(night) <= 300 else 1.0
