"""Learning curves of several networks: what was watched after each epoch, on training and on validation exposures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from skysieve.report.figures import Panel
from skysieve.report.scorefigures import STYLES
from skysieve.report.svg import INK, ink_axes, make_figure, render_svg

PARTS = (("train", "--"), ("validation", "-"))
"""Prefix of the columns of a log, and how their lines are drawn."""


@dataclass(frozen=True)
class Training:
    """The log of one training: its name, and by column a value an epoch, NaN where an epoch lacks it."""

    name: str
    columns: Mapping[str, Float[np.ndarray, " epoch"]]


def draw_learning(trainings: Sequence[Training]) -> Panel:
    """Draw the learning curves of up to four networks.

    Parameters
    ----------
    trainings : sequence of Training
        Columns ``train_X`` and ``validation_X`` are drawn dashed and solid, one field for each X.

    Returns
    -------
    Panel
        Without figure where there is nothing to draw.
    """
    title, quantities = "Learning curves", _list_quantities(trainings)
    if not quantities:
        return Panel(title, "Nothing to draw: no training has left a log.")
    width = 5.2 * len(quantities)
    figure, axes = make_figure(width, 3.8)
    axes.remove()
    figure.subplots_adjust(left=0.7 / width, right=1 - 0.15 / width, bottom=0.14, top=0.97, wspace=0.2)
    for place, quantity in enumerate(quantities):
        part = ink_axes(figure.add_subplot(1, len(quantities), place + 1))
        part.patch.set_alpha(0.0)
        _draw_quantity(part, trainings, quantity)
        if place == 0:
            part.legend(frameon=False, labelcolor=INK, fontsize=8)
    caption = (
        "Solid: validation exposures, dashed: training exposures. Ringed: the best epoch on validation exposures, "
    )
    return Panel(title, f"{caption}of which the weights are kept. {_list_best(trainings)}", render_svg(figure))


def _draw_quantity(axes: Axes, trainings: Sequence[Training], quantity: str) -> None:
    for one, (color, marker) in zip(trainings, STYLES, strict=False):
        for part, line in PARTS:
            values = one.columns.get(f"{part}_{quantity}")
            if values is None:
                continue
            epochs = np.arange(1, len(values) + 1)
            axes.plot(epochs, values, line, marker=marker, ms=3, lw=1.3, color=color, label=f"{one.name}, {part}")
        best, watched = _find_best(one), one.columns.get(f"validation_{quantity}")
        if best is not None and watched is not None:
            axes.plot(best + 1, watched[best], "o", ms=10, mfc="none", mec=color, mew=1.3)
    axes.set_xlabel("epoch")
    axes.set_ylabel(f"{quantity.replace('_', ' ')}{' (cross-entropy)' if quantity == 'loss' else ''}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _list_quantities(trainings: Sequence[Training]) -> list[str]:
    """Return what at least one training measured, in the order of the logs."""
    names = [name.split("_", 1) for one in trainings for name in one.columns]
    return list(dict.fromkeys(name[1] for name in names if len(name) == 2 and name[0] in {part for part, _ in PARTS}))


def _find_best(one: Training) -> int | None:
    loss = one.columns.get("validation_loss")
    return None if loss is None or np.isnan(loss).all() else int(np.nanargmin(loss))


def _list_best(trainings: Sequence[Training]) -> str:
    found = [(one.name, _find_best(one), len(next(iter(one.columns.values())))) for one in trainings if one.columns]
    texts = [f"{name}: epoch {best + 1} of {count}" for name, best, count in found if best is not None]
    return f"{'; '.join(texts)}." if texts else ""
