"""Sheets to look at before galaxies are blended: what each stamp was, and what was left of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from skysieve.report.stretch import Limits, measure_limits, stretch_asinh

SIDE = 1.9
"""Of a picture [inch]."""

COLUMNS = ("original", "alone", "segmentation")

OWN, OTHER = (0.95, 0.75, 0.2), (0.35, 0.55, 0.75)
"""Colors of the galaxy's pixels and of its neighbors'."""


@dataclass(frozen=True)
class SheetRow:
    """A galaxy of a sheet.

    ``original`` and ``alone`` show it with and without its neighbors [same unit; NaN allowed]; ``labels`` is the map of
    the original's objects, ``mask`` the galaxy's own pixels; ``name`` is what to reject it by, ``note`` what its flags
    say.
    """

    original: Float[np.ndarray, "y x"]
    alone: Float[np.ndarray, "y x"]
    labels: Int[np.ndarray, "y x"]
    mask: Bool[np.ndarray, "y x"]
    name: str = ""
    note: str = ""


def draw_isolation_sheet(rows: Sequence[SheetRow], *, dpi: int = 100) -> bytes:
    """Draw a sheet for inspection by eye: original, alone and segmentation side by side, a row a galaxy.

    Parameters
    ----------
    rows : sequence of SheetRow
        A dozen or two make a sheet that can be looked at.
    dpi : int, optional
        Screen pixels an inch.

    Returns
    -------
    bytes
        A PNG; the same rows give the same bytes. An empty sheet for no rows.

    Notes
    -----
    As Figure 1 of Boucaud et al. 2020; both pictures of a row are stretched alike.
    """
    figure = Figure(figsize=(SIDE * len(COLUMNS), SIDE * max(len(rows), 1) + 0.25), dpi=dpi)
    top = 1 - 0.25 / figure.get_figheight()
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=top, wspace=0.03, hspace=0.03)
    axes = figure.subplots(max(len(rows), 1), len(COLUMNS), squeeze=False)
    for column, title in zip(axes[0], COLUMNS, strict=True):
        column.set_title(title, fontsize=9)
    for axis in axes.flat:
        axis.set_axis_off()
    for line, row in zip(axes, rows, strict=False):
        _draw_row(list(line), row)
    out = BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _draw_row(line: Sequence[Axes], row: SheetRow) -> None:
    limits = measure_limits(row.original.ravel())
    for axes, stamp in zip(line[:2], (row.original, row.alone), strict=True):
        axes.imshow(_shade(stamp, limits), origin="lower", interpolation="nearest", cmap="gray", vmin=0, vmax=1)
    line[2].imshow(_color(row), origin="lower", interpolation="nearest")
    for axes, text in zip(line[1:], (row.name, row.note), strict=True):
        axes.text(0.02, 0.97, text, transform=axes.transAxes, va="top", fontsize=7, color="white")


def _shade(stamp: Float[np.ndarray, "y x"], limits: Limits) -> Float[np.ndarray, "y x"]:
    return stretch_asinh(np.nan_to_num(stamp.astype(float), nan=limits.black), limits)


def _color(row: SheetRow) -> Float[np.ndarray, "y x 3"]:
    """Return black sky, neighbors in alternating shades, and the galaxy in a color of its own."""
    colors = np.zeros((*row.labels.shape, 3))
    others = row.labels > 0
    colors[others] = np.array(OTHER) * (0.6 + 0.4 * (row.labels[others] % 3)[:, None] / 2)
    colors[row.mask] = OWN
    return colors
