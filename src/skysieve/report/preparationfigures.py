"""Figures of a set of images that a map is to learn from: classes, sums of the channels, examples."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from skysieve.report.figures import Panel
from skysieve.report.svg import BLUE, GREEN, INK, ORANGE, make_colormap, make_figure, render_svg

COLORS = (BLUE, ORANGE, GREEN)
MOST_CLASSES = 20
ACROSS = 8
"""Examples in a row."""


def draw_classes(counts: Mapping[str, int]) -> Panel:
    """Draw how many images each class has, the largest first, at most twenty classes."""
    title = "Classes"
    if not counts:
        return Panel(title, "No column of labels was named, so balance cannot be judged.")
    ranked = sorted(counts.items(), key=lambda item: -item[1])[:MOST_CLASSES]
    figure, axes = make_figure()
    axes.bar(range(len(ranked)), [count for _, count in ranked], color=BLUE, width=0.7)
    axes.set_xticks(
        range(len(ranked)), [name or "(none)" for name, _ in ranked], rotation=20 if len(ranked) > 4 else 0, fontsize=9
    )
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel("images")
    for position, (_, count) in enumerate(ranked):
        axes.annotate(f"{count}", (position, count), ha="center", va="bottom", fontsize=9, color=INK)
    axes.margins(y=0.12)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    return Panel(title, _tell_balance(counts, drawn=len(ranked)), render_svg(figure))


def _tell_balance(counts: Mapping[str, int], *, drawn: int) -> str:
    """Say how unequal the classes are."""
    if len(counts) == 1:
        return "All images are of one class."
    ratio = max(counts.values()) / min(counts.values())
    unequal = f"The largest class has {ratio:.3g} times the images of the smallest; a dominant one takes most neurons."
    rest = f" {len(counts) - drawn} smaller classes are not drawn." if len(counts) > drawn else ""
    return f"{unequal if ratio > 1 else 'All classes have the same number of images.'}{rest}"


def draw_channel_sums(sums: Float[np.ndarray, "image channel"], bands: Sequence[str]) -> Panel:
    """Draw how the sums of the pixels of each channel are distributed; empty channels are left out."""
    title = "Sums of the channels"
    filled = {band: one[one > 0] for band, one in zip(bands, sums.T, strict=True) if (one > 0).any()}
    if not filled:
        return Panel(title, "No image has emission in any channel.")
    low = min(float(one.min()) for one in filled.values())
    high = max(float(one.max()) for one in filled.values())
    edges = np.geomspace(low * 0.98, high * 1.02, 41).tolist()
    figure, axes = make_figure()
    for (band, one), color in zip(filled.items(), _repeat(COLORS, len(filled)), strict=True):
        axes.hist(one, edges, histtype="step", color=color, lw=1.6, label=f"{band}: median {np.median(one):.3g}")
        axes.axvline(float(np.median(one)), color=color, lw=1, ls=":")
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0) if high < 1000 * low else (1.0,)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("sum of an image's pixels")
    axes.set_ylabel("images")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, labelcolor=INK, fontsize=9)
    caption = "Channels of equal medians (dotted) count alike; the weights or shares of the recipe change that."
    return Panel(title, caption, render_svg(figure))


def draw_mean_image(mean: Float[np.ndarray, "channel y x"], bands: Sequence[str]) -> Panel:
    """Draw the mean of all images, a picture a channel; a peak off the middle betrays cutouts that are not centered."""
    figure = Figure(figsize=(2.6 * len(bands), 2.9))
    figure.patch.set_alpha(0.0)
    for number, (band, one) in enumerate(zip(bands, mean, strict=True)):
        axes = figure.add_subplot(1, len(bands), number + 1)
        _show(axes, one)
        axes.set_title(band, color=INK, fontsize=10)
    caption = "The mean of all images, each channel from its least to its largest value; row 0 is at the bottom."
    return Panel("Mean image", caption, render_svg(figure))


def draw_examples(images: Float[np.ndarray, "image channel y x"], bands: Sequence[str]) -> Panel:
    """Draw images drawn at random, a line of pictures a channel."""
    title = "Examples"
    if not len(images):
        return Panel(title, "There is no image.")
    groups = [images[start : start + ACROSS] for start in range(0, len(images), ACROSS)]
    height = len(groups) * len(bands)
    figure = Figure(figsize=(ACROSS * 0.95, height * 0.95))
    figure.patch.set_alpha(0.0)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.99, wspace=0.06, hspace=0.06)
    for line, (group, channel) in enumerate((group, channel) for group in groups for channel in range(len(bands))):
        for column, image in enumerate(group):
            _show(figure.add_subplot(height, ACROSS, line * ACROSS + column + 1), image[channel])
    order = f" Each group of {len(bands)} lines shows {', '.join(bands)}." if len(bands) > 1 else ""
    caption = (
        f"{len(images)} images at random, each from its least to its largest value; row 0 is at the bottom.{order}"
    )
    return Panel(title, caption, render_svg(figure))


def _show(axes: Axes, image: Float[np.ndarray, "y x"]) -> None:
    axes.imshow(image, origin="lower", cmap=make_colormap(low=0.0, high=1.0), interpolation="none")
    axes.set_xticks([])
    axes.set_yticks([])


def _repeat(colors: Sequence[str], count: int) -> list[str]:
    return [colors[number % len(colors)] for number in range(count)]
