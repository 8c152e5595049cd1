"""What the networks see of exposures: one cutout of each cluster, detector by detector; empty clusters stay empty."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped, UInt8
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from PIL import Image

from skysieve.report.figures import Panel
from skysieve.report.svg import INK, make_figure, render_svg

GAP = 1
"""Between cutouts [pixel of a cutout]."""

SHOWN = (-2.0, 6.0)
"""Darkest and brightest value drawn [arcsinh of the noise of a pixel]: 3.6 times the noise below the sky, 200 above."""

EMPTY = 128
"""Gray of a cutout that is not there, in pictures without lines."""


@dataclass(frozen=True)
class Representative:
    """One detector as the networks see it: its cutouts, the sources of each cluster, and what to call it."""

    name: str
    cutouts: Shaped[np.ndarray, "cluster y x"]
    counts: Int[np.ndarray, " cluster"]


def draw_representatives(found: Sequence[Representative], *, columns: int = 10) -> Panel:
    """Draw detectors as rows of cutouts, with the number of similar sources above each.

    Parameters
    ----------
    found : sequence of Representative
        All with the same number of clusters.
    columns : int
        Cutouts in a row.
    """
    title = "Representative images"
    if not found:
        return Panel(title, "Nothing to draw: there is no detector.")
    clusters = len(found[0].counts)
    rows = -(-clusters // columns)
    tall = (1.06 * rows + 0.36) * len(found)
    figure, axes = make_figure(9.2, tall)
    axes.remove()
    outer = figure.add_gridspec(len(found), 1, left=0.01, right=0.99, top=1 - 0.45 / tall, bottom=0.005, hspace=0.2)
    for place, one in enumerate(found):
        inner = outer[place].subgridspec(rows, columns, wspace=0.06, hspace=0.32)
        for number in range(clusters):
            part = figure.add_subplot(inner[number // columns, number % columns])
            _draw_one(part, one.cutouts[number], text=f"{number}: {one.counts[number]:,}")
            if number == 0:
                part.annotate(one.name, (0, 1.27), xycoords="axes fraction", color=INK, fontsize=10, weight="bold")
    side = found[0].cutouts.shape[-1]
    caption = (
        f"One cutout of {side} x {side} pixels for each of {clusters} clusters; above it the cluster and its number of "
        "sources on the detector. Crossed out: no source. Black is 3.6 times the noise of a pixel below the detector's "
        "sky, white 200 times above, by arcsinh."
    )
    return Panel(title, caption, render_svg(figure))


def draw_fingerprint(
    title: str, cutouts: Shaped[np.ndarray, "row cluster y x"], *, names: Sequence[str], dead: Bool[np.ndarray, " row"]
) -> Panel:
    """Draw the fingerprint of an exposure: a row a detector, a column a cluster.

    Parameters
    ----------
    names : sequence of str
        Of the detectors.
    dead : ndarray, shape (row,)
        Those that hold no light are named so.
    """
    if not len(cutouts):
        return Panel(title, "Nothing to draw: no detector could be read.")
    mosaic, empty = make_mosaic(cutouts)
    rows, clusters, side = *cutouts.shape[:2], cutouts.shape[-1]
    pitch = side + GAP
    width = 9.2
    figure, axes = make_figure(width, (width - 0.9) * rows / clusters + 0.62)
    figure.subplots_adjust(left=0.75 / width, right=1 - 0.15 / width, top=1 - 0.04, bottom=0.02)
    axes.imshow(np.ma.masked_invalid(mosaic), cmap="gray", vmin=SHOWN[0], vmax=SHOWN[1], interpolation="none")
    row, column = np.nonzero(empty)
    _cross_out(axes, np.stack([column, row], axis=1) * pitch - 0.5, side)
    axes.set_xticks(np.arange(clusters) * pitch + side / 2, [f"G{number}" for number in range(clusters)], fontsize=8)
    labels = [f"{name} dead" if no_light else name for name, no_light in zip(names, dead.tolist(), strict=True)]
    axes.set_yticks(np.arange(rows) * pitch + side / 2, labels, fontsize=8)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    caption = (
        f"{rows} detectors (rows), {clusters} clusters (columns), cutouts of {side} x {side} pixels. "
        f"{int(empty.sum())} of {empty.size} are crossed out: no source of that kind on that detector."
    )
    return Panel(title, caption, render_svg(figure))


def make_mosaic(
    cutouts: Shaped[np.ndarray, "row cluster y x"],
) -> tuple[Float[np.ndarray, "height width"], Bool[np.ndarray, "row cluster"]]:
    """Put cutouts side by side, the first row of each at its bottom; NaN between them and where there is none.

    Returns
    -------
    tuple of ndarray
        The mosaic, row 0 on top, and which cutouts are empty: zero all over, as those of clusters without a source.
    """
    empty: np.ndarray = ~np.any(cutouts != 0, axis=(2, 3))
    shown = np.where(empty[..., None, None], np.nan, cutouts.astype(np.float64))[:, :, ::-1]
    padded = np.pad(shown, ((0, 0), (0, 0), (0, GAP), (0, GAP)), constant_values=np.nan)
    rows, clusters, height, width = padded.shape
    return padded.transpose(0, 2, 1, 3).reshape(rows * height, clusters * width)[:-GAP, :-GAP], empty


def encode_fingerprint(cutouts: Shaped[np.ndarray, "row cluster y x"]) -> bytes:
    """Return a fingerprint as a small PNG, as pages of many exposures hold it: gray levels, empty cutouts hatched."""
    mosaic, empty = make_mosaic(cutouts)
    low, high = SHOWN
    codes = np.where(np.isfinite(mosaic), np.clip(255 * (np.nan_to_num(mosaic) - low) / (high - low), 0, 255), EMPTY)
    y, x = np.indices(codes.shape)
    pitch = cutouts.shape[-1] + GAP
    hatched = empty.repeat(pitch, 0).repeat(pitch, 1)[: codes.shape[0], : codes.shape[1]] & ((x + y) % 8 == 0)
    codes[hatched] = EMPTY - 40
    return _encode_gray(codes.astype(np.uint8))


def _encode_gray(codes: UInt8[np.ndarray, "y x"]) -> bytes:
    out = BytesIO()
    Image.fromarray(codes).save(out, "PNG", compress_level=9)
    return out.getvalue()


def _draw_one(axes: Axes, cutout: Shaped[np.ndarray, "y x"], *, text: str) -> None:
    side = cutout.shape[-1]
    axes.patch.set_alpha(0.0)
    if np.any(cutout != 0):
        axes.imshow(cutout.astype(float), cmap="gray", vmin=SHOWN[0], vmax=SHOWN[1], origin="lower",
                    interpolation="none")  # fmt: skip
    else:
        axes.set_xlim(-0.5, side - 0.5)
        axes.set_ylim(-0.5, side - 0.5)
        axes.set_aspect("equal")
        _cross_out(axes, np.array([[-0.5, -0.5]]), side)
    axes.set_title(text, fontsize=8, color=INK, pad=2)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color=INK, alpha=0.4)


def _cross_out(axes: Axes, corners: Float[np.ndarray, "empty 2"], side: int) -> None:
    """Draw a thin diagonal over each cutout that is not there, and its frame."""
    path = np.array([[0, 0], [side, 0], [side, side], [0, side], [0, 0], [side, side]])
    axes.add_collection(LineCollection(list(corners[:, None] + path), colors=INK, linewidths=0.5, alpha=0.35))
