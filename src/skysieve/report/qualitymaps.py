"""The map of sources: how many fall on each neuron, which neurons make a cluster, what a cluster's sources are like."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import LogNorm
from matplotlib.ticker import LogLocator

from skysieve.report.figures import Panel
from skysieve.report.somlattice import frame_lattice, make_outlines, place_neurons
from skysieve.report.svg import BLUE, INK, add_colorbar, ink_axes, make_colormap, make_figure, render_svg
from skysieve.som.lattice import Lattice

TINTS = ("#56b4e9", "#e69f00", "#f0e442", "#cc79a7", "#66c2a5", "#c9ccd1")
"""Okabe & Ito's light colors: clusters that touch differ in tint, and each cell says its number."""

SIDE = 8.0
"""Of the figures of the map [inch], wide enough for the count on each of 15 x 15 neurons."""


@dataclass(frozen=True)
class ClusterTable:
    """What the sources of each cluster are like.

    ``labels`` name the features with their units; ``mean`` and ``scatter`` (one standard deviation) are NaN for
    clusters without ``sources``; ``of`` says over what they were taken.
    """

    labels: tuple[str, ...]
    mean: Float[np.ndarray, "cluster feature"]
    scatter: Float[np.ndarray, "cluster feature"]
    sources: Int[np.ndarray, " cluster"]
    of: str


def draw_hits(hits: Int[np.ndarray, " neuron"], lattice: Lattice) -> Panel:
    """Draw how many sources fall on each neuron; neurons without any are clear."""
    title = "Hit map of the sources"
    if not hits.any():
        return Panel(title, "Nothing to draw: no source falls on the map.")
    figure, axes = make_figure(SIDE, 0.85 * SIDE)
    outlines = make_outlines(lattice)
    least, most = float(hits[hits > 0].min()), float(hits.max())
    norm = LogNorm(least, max(most, 1.01 * least))
    cells = PolyCollection(
        list(outlines), array=np.ma.masked_less_equal(hits.astype(float), 0), norm=norm, cmap=make_colormap(),
        edgecolors=INK, linewidths=0.3,
    )  # fmt: skip
    axes.add_collection(cells)
    colors = np.where(hits == 0, INK, np.where(norm(np.maximum(hits, least)) > 0.45, "black", "white"))
    _write_cells(axes, outlines, [f"{hit}" for hit in hits.tolist()], colors=colors.tolist())
    bar = add_colorbar(figure, cells, axes, label="sources of a neuron")
    bar.ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    bar.ax.yaxis.set_major_formatter("{x:,.0f}")
    bar.ax.minorticks_off()
    frame_lattice(axes, lattice, outlines)
    empty = int((hits == 0).sum())
    caption = f"{int(hits.sum()):,} sources on {len(hits)} neurons, {empty} of them without any; the median neuron has "
    return Panel(title, f"{caption}{np.median(hits):,.0f}.", render_svg(figure))


def draw_clusters(
    cluster: Int[np.ndarray, " neuron"], hits: Int[np.ndarray, " neuron"], lattice: Lattice
) -> Panel:  # fmt: skip
    """Draw which neurons make a cluster, each with the number of its cluster."""
    figure, axes = make_figure(SIDE, 0.95 * SIDE)
    outlines, tint = make_outlines(lattice), _choose_tints(cluster, lattice)
    faces = [TINTS[k] for k in tint[cluster]]
    axes.add_collection(PolyCollection(list(outlines), facecolors=faces, edgecolors="white", linewidths=0.3))
    axes.add_collection(LineCollection(_find_borders(cluster, lattice), colors=INK, linewidths=1.8))
    _write_cells(axes, outlines, [f"{number}" for number in cluster.tolist()], colors=["black"] * len(cluster))
    frame_lattice(axes, lattice, outlines)
    counts = np.bincount(cluster, weights=hits).astype(int)
    caption = (
        f"The same map in {len(counts)} clusters; clusters that touch differ in color. The fullest is "
        f"{counts.argmax()} with {counts.max():,} sources, the emptiest {counts.argmin()} with {counts.min():,}."
    )
    return Panel("Clusters of the map", caption, render_svg(figure))


def draw_properties(table: ClusterTable) -> Panel:
    """Draw the mean of each feature in each cluster with its scatter, and how many sources the cluster has."""
    figure, axes = make_figure(9.0, 2.1 * (-(-(len(table.labels) + 1) // 2)) + 0.4)
    axes.remove()
    rows = -(-(len(table.labels) + 1) // 2)
    number = np.arange(len(table.sources))
    figure.subplots_adjust(left=0.085, right=0.99, bottom=0.55 / (2.1 * rows + 0.4), top=0.97, wspace=0.22, hspace=0.12)
    for place, label in enumerate((*table.labels, "sources")):
        part = ink_axes(figure.add_subplot(rows, 2, place + 1))
        part.patch.set_alpha(0.0)
        if place < len(table.labels):
            part.errorbar(number, table.mean[:, place], table.scatter[:, place], fmt="o", ms=4.5, lw=1.2, color=BLUE)
        else:
            part.bar(number, table.sources, color=BLUE, width=0.7)
        part.set_ylabel(label, fontsize=9)
        part.set_xlim(-0.7, len(number) - 0.3)
        part.set_xticks(number)
        part.tick_params(labelbottom=place >= len(table.labels) - 1, labelsize=8)
        part.grid(visible=True, axis="x", color=INK, alpha=0.12, lw=0.6)
        if place >= len(table.labels) - 1:
            part.set_xlabel("cluster", fontsize=9)
    empty = int((table.sources == 0).sum())
    caption = f"Mean and standard deviation over {table.of} ({int(table.sources.sum()):,} sources)."
    return Panel(
        "What the sources of each cluster are like",
        f"{caption} {empty} clusters have no source." if empty else caption,
        render_svg(figure),
    )


def _choose_tints(cluster: Int[np.ndarray, " neuron"], lattice: Lattice) -> Int[np.ndarray, " cluster"]:
    """Choose a tint for each cluster that none of those it touches has, as far as there are enough."""
    touching, count = lattice.find_neighbors(), int(cluster.max()) + 1
    first, second = np.nonzero(touching)
    meets = np.zeros((count, count), bool)
    meets[cluster[first], cluster[second]] = True
    tint = np.full(count, -1)
    for one in np.argsort(-meets.sum(axis=1), kind="stable"):
        used = np.bincount(tint[meets[one] & (tint >= 0)], minlength=len(TINTS))
        # Of the free tints the one least used on the whole map, so that all of them appear.
        tint[one] = min(range(len(TINTS)), key=lambda k: (used[k], int((tint == k).sum())))
    return tint


def _find_borders(cluster: Int[np.ndarray, " neuron"], lattice: Lattice) -> list[Float[np.ndarray, "2 2"]]:
    """Return the sides that part neurons of different clusters, and those around the map."""
    outlines, centers = make_outlines(lattice), place_neurons(lattice)
    sides = np.stack([outlines, np.roll(outlines, -1, axis=1)], axis=2)
    sides = sides.reshape(-1, 2, 2)
    owner = np.repeat(np.arange(len(centers)), outlines.shape[1])
    keys: dict[tuple[float, ...], list[int]] = {}
    for row, middle in enumerate(sides.mean(axis=1).round(3) + 0.0):
        keys.setdefault(tuple(middle.tolist()), []).append(row)
    parted = [rows[0] for rows in keys.values() if len({int(cluster[owner[row]]) for row in rows}) > 1 or len(rows) < 2]
    return list(sides[parted])


def _write_cells(
    axes: Axes, outlines: Float[np.ndarray, "neuron corner 2"], texts: Sequence[str], *, colors: Sequence[str]
) -> None:
    """Write a text on each cell, small enough for the longest."""
    wide = float(np.ptp(outlines[..., 0]))
    room = 72 * 0.85 * SIDE / wide
    size = min(9.0, room / (0.62 * max(3, *map(len, texts))))
    for text, (x, y), color in zip(texts, outlines.mean(axis=1), colors, strict=True):
        axes.text(x, y, text, size=size, ha="center", va="center", color=color)
