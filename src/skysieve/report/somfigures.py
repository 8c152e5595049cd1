"""Figures of a map of images: all neurons, one of them, an image beside its neuron."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from skysieve.report.figures import Panel
from skysieve.report.somlattice import dash_edges, label_cells
from skysieve.report.sompictures import (
    Range,
    Stretch,
    make_palette,
    measure_ranges,
    shrink,
    stretch_values,
)
from skysieve.report.svg import INK, ink_axes, make_figure, render_svg
from skysieve.som.cells import GAP, get_cell, locate_tiles, make_mosaic
from skysieve.som.maps import ImageMap
from skysieve.som.projection import project_image, project_neuron, trim_neuron

MOSAIC_SIDE = 1600
"""Most pixels of the picture of a whole map along its longer side."""

MOST_WRITTEN = 30
"""Neurons along a side from which on their pictures are too small for text."""

CONTOURS = (0.1, 0.25, 0.5, 0.75)
"""Levels of contours, as parts of the peak of a channel."""


def draw_map(
    trained: ImageMap, *, stretch: Stretch = "asinh", overlay: Sequence[str] = (), caption: str = ""
) -> list[Panel]:
    """Draw all neurons of a map, a figure a channel, on one scale over the map.

    Parameters
    ----------
    overlay
        A short text for each neuron, as its number of images or its label; none by default, and none where neurons are
        too small for it.
    caption
        What the overlay is.
    """
    lattice, names = trained.lattice, name_channels(trained)
    if lattice.make_cells().max() >= MOST_WRITTEN:
        overlay, caption = (), ""
    side = max(8, MOSAIC_SIDE // int(lattice.make_cells().max() + 1))
    neurons = np.stack([shrink(neuron, side=side) for neuron in trained.neurons])
    ranges, mosaic = measure_ranges(neurons), make_mosaic(neurons, lattice)
    edge = "The dashed frame says that the map is periodic: opposite edges touch." if lattice.periodic else ""
    words = f"Each tile is a neuron, {stretch} stretch, one scale over the map, row 0 of each at the bottom. {edge}"
    return [
        Panel(
            f"The map in {name}", f"{words} {caption}".strip(),
            _draw_mosaic(mosaic[number], ranges[number], trained, channel=number, stretch=stretch, overlay=overlay),
        )
        for number, name in enumerate(names)
    ]  # fmt: skip


def _draw_mosaic(
    mosaic: Float[np.ndarray, "height width"],
    shown: Range,
    trained: ImageMap,
    *,
    channel: int,
    stretch: Stretch,
    overlay: Sequence[str],
) -> bytes:
    height, width = mosaic.shape
    tall = float(np.clip(8.0 * height / width, 1.2, 12.0))
    figure, axes = make_figure(8.95, tall + 0.85)
    _show(axes, mosaic, shown, channel=channel, stretch=stretch)
    side = _get_tile_side(mosaic, trained)
    corners = locate_tiles(trained.lattice, side=side)
    size = float(np.clip(0.16 * 8.0 * 72 * side / width, 3.5, 10.0))
    for text, (x, y) in zip(overlay, corners.tolist(), strict=False):
        axes.text(x + 0.06 * side, y + 0.94 * side, text, size=size, color="white", va="top", ha="left")
    middle = ((side - 1) / 2, (side - 1) / 2)
    label_cells(axes, trained.lattice, pitch=(float(side + GAP), float(side + GAP)), origin=middle)
    dash_edges(axes, trained.lattice)
    return render_svg(figure)


def _get_tile_side(mosaic: Float[np.ndarray, "height width"], trained: ImageMap) -> int:
    """Side of a tile in a mosaic [pixel], from its height."""
    rows = trained.lattice.shape[1] if len(trained.lattice.shape) > 1 else 1
    return (mosaic.shape[0] + GAP) // rows - GAP


def draw_neuron(trained: ImageMap, neuron: int, *, stretch: Stretch = "asinh") -> Panel:
    """Draw all channels of one neuron with contours of the first, and the part that every rotation covers."""
    names, pixels = name_channels(trained), trained.neurons[neuron]
    ranges = measure_ranges(trained.neurons)
    figure, (row,) = _make_grid(1, len(names), size=3.4, bottom=0.3)
    for number, (axes, name) in enumerate(zip(row, names, strict=True)):
        _show(axes, pixels[number], ranges[number], channel=number, stretch=stretch)
        _add_contours(axes, pixels[0])
        kept = trim_neuron(pixels).shape[-1]
        corner = (pixels.shape[-1] - kept) // 2 - 0.5
        axes.add_patch(Rectangle((corner, corner), kept, kept, fill=False, edgecolor="white", lw=0.8, ls=":"))
        axes.set_title(name, color=INK, fontsize=10)
        axes.tick_params(labelleft=number == 0)
    cell = ", ".join(map(str, get_cell(neuron, trained.lattice)))
    caption = (
        f"Contours of {names[0]} at {', '.join(f'{100 * level:.0f}' for level in CONTOURS)} % of its peak; dotted: the "
        f"square that every rotation covers. Scale of the whole map, {stretch} stretch."
    )
    return Panel(f"Neuron ({cell})", caption, render_svg(figure))


def draw_match(
    trained: ImageMap,
    image: Float[np.ndarray, "channel y x"],
    *,
    neuron: int,
    angle: float,
    flip: bool,
    title: str,
    stretch: Stretch = "asinh",
) -> Panel:
    """Draw an image beside its neuron, in both frames: a row a channel.

    Parameters
    ----------
    image
        Prepared as the map knows images.
    angle, flip
        Its transformation onto the neuron [radian].
    title
        Which image it is.
    """
    pixels = trained.neurons[neuron]
    onto_image = project_neuron(pixels, angle=angle, flip=flip, image_side=image.shape[-1])
    onto_neuron = project_image(image.astype(np.float32), angle=angle, flip=flip, neuron_side=pixels.shape[-1])
    heads = ("image", "neuron, turned onto it", "image, turned onto the neuron", "neuron")
    figure, rows = _make_grid(len(image), 4)
    ranges = measure_ranges(trained.neurons)
    for number, name in enumerate(name_channels(trained)):
        own = measure_ranges(image[None, number : number + 1])[0]
        planes = (image[number], onto_image[number], onto_neuron[number], pixels[number])
        for place, (axes, plane) in enumerate(zip(rows[number], planes, strict=True)):
            shown = own if place in {0, 2} else ranges[number]
            _show(axes, plane, shown, channel=number, stretch=stretch)
            _add_contours(axes, planes[1] if place < 2 else planes[3])
            axes.set_xticks([])
            axes.set_yticks([])
            if number == 0:
                axes.set_title(heads[place], color=INK, fontsize=8)
        rows[number][0].set_ylabel(name)
    turned = f"{np.degrees(angle):.0f}° clockwise with row 0 on top{', then flipped up-down' if flip else ''}"
    caption = f"The image is turned {turned}. Contours are the neuron's. Row 0 is drawn at the bottom."
    return Panel(title, caption, render_svg(figure))


def name_channels(trained: ImageMap) -> tuple[str, ...]:
    """Return the names of the bands, or numbers where nobody named them."""
    return trained.bands or tuple(f"channel {number}" for number in range(trained.neurons.shape[1]))


def _show(axes: Axes, plane: Float[np.ndarray, "y x"], shown: Range, *, channel: int, stretch: Stretch) -> None:
    """Draw one channel as the pixels are, row 0 at the bottom; unknown pixels stay clear."""
    bright = np.ma.masked_invalid(stretch_values(plane, shown, stretch))
    colors = ListedColormap((make_palette(channel)[:-1] / 255).tolist())
    axes.imshow(bright, origin="lower", cmap=colors, vmin=0.0, vmax=1.0, interpolation="none")


def _add_contours(axes: Axes, plane: Float[np.ndarray, "y x"]) -> None:
    peak = float(np.nanmax(plane, initial=0.0))
    if peak > 0:
        axes.contour(plane, levels=[level * peak for level in CONTOURS], colors="white", linewidths=0.5)


def _make_grid(rows: int, columns: int, *, size: float = 2.1, bottom: float = 0.05) -> tuple[Figure, list[list[Axes]]]:
    """Return square axes without gaps between rows of a figure."""
    width, height = columns * size + 0.4, rows * size + 0.25 + bottom
    figure = Figure(figsize=(width, height))
    figure.patch.set_alpha(0.0)
    grid = figure.subplots(rows, columns, squeeze=False)
    figure.subplots_adjust(0.38 / width, bottom / height, 1.0, 1 - 0.25 / height, wspace=0.04, hspace=0.04)
    return figure, [[ink_axes(axes) for axes in row] for row in grid.tolist()]
