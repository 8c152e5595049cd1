"""Figures of a classifier of several classes: which class is taken for which, and trust against distance."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int64

from skysieve.metrics import Proportion
from skysieve.report.figures import Panel
from skysieve.report.svg import BLUE, INK, ORANGE, make_colormap, make_figure, render_svg


def draw_confusion(
    title: str, caption: str, *, counts: Int64[np.ndarray, "truth found"], classes: Sequence[str]
) -> Panel:
    """Draw how many images of each true class were given each class, colored by the part of the true class."""
    total = counts.sum(axis=1, keepdims=True)
    share: Float[np.ndarray, "truth found"] = counts / np.maximum(total, 1)
    figure, axes = make_figure(4.6, 4.2)
    axes.imshow(share, vmin=0, vmax=1, cmap=make_colormap(), interpolation="none")
    for row, column in np.ndindex(*counts.shape):
        dark = share[row, column] < 0.6
        text = f"{counts[row, column]}\n{100 * share[row, column]:.0f} %"
        axes.text(column, row, text, ha="center", va="center", fontsize=9, color="#ffffff" if dark else "#000000")
    places = range(len(classes))
    axes.set_xticks(places, list(classes), fontsize=9)
    axes.set_yticks(places, list(classes), fontsize=9, rotation=90, va="center")
    axes.tick_params(length=0)
    axes.set_xlabel("class given")
    axes.set_ylabel("true class")
    return Panel(title, caption, render_svg(figure))


def draw_trust(
    title: str, caption: str, *, distance: Sequence[float], promised: Sequence[float], found: Sequence[Proportion]
) -> Panel:
    """Draw the probability promised and the part that came true against the distance to the best neuron."""
    if not found:
        return Panel(title, f"{caption} Nothing to draw: no image was judged.")
    figure, axes = make_figure()
    value = np.array([one.value for one in found])
    error = np.array([[one.value - one.low, one.high - one.value] for one in found]).T
    axes.plot(distance, promised, "s--", ms=4, lw=1, color=ORANGE, label="probability given")
    axes.errorbar(distance, value, error, fmt="o-", ms=4, lw=1, color=BLUE, label="part that came true")
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("distance to the best-matching unit")
    axes.set_ylabel("of the class given")
    axes.legend(frameon=False, labelcolor=INK, fontsize=9, loc="lower left")
    return Panel(title, caption, render_svg(figure))
