"""One value a neuron, drawn where the neurons stand: hits, U-matrix, coherence, labels, sums of channels."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int, Shaped
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm, Normalize

from skysieve.report.figures import Panel
from skysieve.report.svg import INK, add_colorbar, make_colormap, make_figure, render_svg
from skysieve.som.lattice import Lattice

NUMBERS = 144
"""Maps of up to this many neurons show the values as numbers too."""


def draw_lattice(
    title: str,
    caption: str,
    *,
    values: Shaped[np.ndarray, " neuron"],
    lattice: Lattice,
    label: str,
    logarithmic: bool = False,
) -> Panel:
    """Draw one value a neuron.

    Parameters
    ----------
    title, caption, label
        Heading, text below, and name of the value with its unit.
    values
        NaN is left empty.
    lattice
        Hexagons for a hexagonal one, squares otherwise; layers of three-dimensional ones stand side by side. The edge
        of a periodic map is dashed.
    logarithmic
        Color by the logarithm; zeros are left empty.

    Returns
    -------
    Panel
        Without figure where no value is known.
    """
    numbers = np.asarray(values, np.float64)
    shown = numbers > 0 if logarithmic else np.isfinite(numbers)
    if not shown.any():
        return Panel(title, f"{caption} Nothing to draw: no value is known.")
    cells = make_outlines(lattice)
    spread = np.ptp(cells.reshape(-1, 2), axis=0)
    figure, axes = make_figure(5.2, float(np.clip(0.9 + 4.0 * spread[1] / spread[0], 1.4, 6.0)))
    norm = _make_norm(numbers[shown], logarithmic=logarithmic)
    collection = PolyCollection(
        list(cells), array=np.ma.masked_where(~shown, numbers), norm=norm, cmap=make_colormap(), edgecolors=INK,
        linewidths=0.3,
    )  # fmt: skip
    axes.add_collection(collection)
    if len(numbers) <= NUMBERS:
        _write_numbers(axes, numbers, cells)
    bar = add_colorbar(figure, collection, axes, label=label)
    if logarithmic:
        ticks = _choose_ticks(numbers[shown])
        bar.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
        bar.ax.minorticks_off()
    frame_lattice(axes, lattice, cells)
    return Panel(title, caption, render_svg(figure))


def draw_labels(counts: Mapping[str, Int[np.ndarray, " neuron"]], lattice: Lattice) -> list[Panel]:
    """Draw where the images with each label lie: their part of the labeled images of each neuron.

    Parameters
    ----------
    counts
        As from `skysieve.som.inspection.count_labels`.
    """
    total = np.sum(list(counts.values()), axis=0) if counts else np.zeros(lattice.n_neurons)
    return [
        draw_lattice(
            f"Label {name}",
            f"Part of the labeled images of each neuron that are {name} ({int(count.sum())} of {int(total.sum())} in "
            "all). Neurons without labeled images are empty.",
            values=np.where(total > 0, count / np.maximum(total, 1), np.nan),
            lattice=lattice,
            label=f"fraction {name}",
        )
        for name, count in counts.items()
    ]


def draw_planes(
    neurons: Float[np.ndarray, "neuron channel row column"], lattice: Lattice, *, bands: tuple[str, ...] = ()
) -> list[Panel]:
    """Draw the component planes of a map of images: the mean pixel of each channel of each neuron."""
    names = bands or tuple(f"channel {number}" for number in range(neurons.shape[1]))
    means = neurons.mean(axis=(2, 3), dtype=np.float64)
    return [
        draw_lattice(f"Component plane: {name}", f"Mean pixel of the neurons in {name}, over their whole frame.",
                     values=means[:, number], lattice=lattice, label=f"mean pixel, {name}")
        for number, name in enumerate(names)
    ]  # fmt: skip


def make_outlines(lattice: Lattice) -> Float[np.ndarray, "neuron corner 2"]:
    """Return the outline of each neuron's cell in units of the distance to the next."""
    centers = place_neurons(lattice)
    corners = 6 if lattice.hexagonal else 4
    reach = 1 / np.sqrt(3) if lattice.hexagonal else np.sqrt(0.5)
    turns = 2 * np.pi * (np.arange(corners) + 0.5) / corners
    return centers[:, None] + reach * np.stack([np.cos(turns), np.sin(turns)], axis=-1)


def place_neurons(lattice: Lattice) -> Float[np.ndarray, "neuron 2"]:
    """Return where neurons are drawn, x to the right and y up; layers stand side by side."""
    places = lattice.make_positions()
    if places.shape[1] == 3:
        return np.stack([places[:, 0] + places[:, 2] * (lattice.shape[0] + 0.5), places[:, 1]], axis=1)
    return places if places.shape[1] == 2 else np.stack([places[:, 0], 0 * places[:, 0]], axis=1)


def frame_lattice(axes: Axes, lattice: Lattice, cells: Float[np.ndarray, "neuron corner 2"]) -> None:
    """Set limits and labels of a drawn lattice; a dashed line around a periodic one."""
    low, high = cells.min(axis=(0, 1)), cells.max(axis=(0, 1))
    axes.set_aspect("equal")
    axes.set_xlim(low[0] - 0.2, high[0] + 0.2)
    axes.set_ylim(low[1] - 0.2, high[1] + 0.2)
    dash_edges(axes, lattice)
    label_cells(axes, lattice, pitch=(1.0, np.sqrt(0.75) if lattice.hexagonal else 1.0))


def dash_edges(axes: Axes, lattice: Lattice) -> None:
    """Draw a dashed line around a periodic map, and none around others; no ticks."""
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_linestyle((0, (6, 4)) if lattice.periodic else "solid")
        spine.set_visible(lattice.periodic)


def label_cells(
    axes: Axes, lattice: Lattice, *, pitch: tuple[float, float], origin: tuple[float, float] = (0.0, 0.0)
) -> None:
    """Write the cells along the axes, where neighbors lie `pitch` apart and cell (0, 0) lies at `origin`."""
    width, height = lattice.shape[0], lattice.shape[1] if len(lattice.shape) > 1 else 1
    step = max(1, -(-max(width, height) // 16))
    rows, columns = np.arange(0, height, step), np.arange(0, width, step)
    axes.set_yticks(*_place_ticks(rows, pitch[1], origin[1]) if height > 1 else ([], []))
    axes.set_ylabel({1: "", 2: "axial r" if lattice.hexagonal else "y", 3: "y"}[len(lattice.shape)])
    if lattice.hexagonal:
        axes.set_xticks([])
        axes.set_xlabel("axial q, rising to the right")
        return
    layers = lattice.shape[2] if len(lattice.shape) == 3 else 1
    shifted = np.concatenate([columns + layer * (width + 0.5) for layer in range(layers)])
    axes.set_xticks(origin[0] + pitch[0] * shifted, [str(column) for column in columns] * layers)
    axes.set_xlabel("x" if layers == 1 else f"x, in layers z = 0 to {layers - 1}")


def _place_ticks(cells: Int[np.ndarray, " tick"], pitch: float, origin: float) -> tuple[list[float], list[str]]:
    return (origin + pitch * cells).tolist(), [str(cell) for cell in cells]


def _choose_ticks(values: Float[np.ndarray, " shown"]) -> list[float]:
    decades = 10.0 ** np.arange(np.floor(np.log10(values.min())), np.ceil(np.log10(values.max())) + 1)
    ticks = np.outer(decades, (1, 2, 5)).ravel()
    return [float(tick) for tick in ticks if values.min() <= tick <= values.max()]


def _make_norm(values: Float[np.ndarray, " shown"], *, logarithmic: bool) -> Normalize:
    low, high = float(values.min()), float(values.max())
    if logarithmic:
        return LogNorm(low, max(high, 1.01 * low))
    return Normalize(low, high if high > low else low + 1.0)


def _write_numbers(axes: Axes, numbers: Float[np.ndarray, " neuron"], cells: np.ndarray) -> None:
    whole = np.array_equal(numbers[np.isfinite(numbers)], np.rint(numbers[np.isfinite(numbers)]))
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    size = float(np.clip(60 / np.sqrt(len(numbers)), 4.0, 9.0))
    for value, (x, y) in zip(numbers, cells.mean(axis=1), strict=True):
        if np.isfinite(value):
            bright = (value - low) > 0.6 * (high - low) and high > low
            text = f"{value:.0f}" if whole else f"{value:.2g}"
            axes.text(x, y, text, size=size, ha="center", va="center", color="black" if bright else "white")
