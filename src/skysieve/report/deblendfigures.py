"""Figures of deblended fluxes: measured against true, bias and scatter along a quantity, coverage, masks."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from skysieve.report.figures import Panel
from skysieve.report.svg import BLUE, GREEN, INK, ORANGE, draw_density, make_figure, render_svg

COLORS = (BLUE, ORANGE, GREEN, INK)
MARKERS = ("o", "s", "^", "D")

RANGE = 0.6
"""Errors are drawn up to here [mag]."""

Pair = tuple[np.ndarray, np.ndarray]


def draw_flux_plane(title: str, caption: str, *, measured: np.ndarray, truth: np.ndarray) -> Panel:
    """Draw the error of the magnitude against the true flux, every source in a bin; as Figures 5 and 6 of the paper.

    Parameters
    ----------
    title, caption : str
        Of the panel.
    measured, truth : ndarray, shape (source,)
        Fluxes in one unit; those that are not positive are left out.
    """
    known = np.isfinite(measured) & (measured > 0) & (truth > 0)
    if not known.any():
        return Panel(title, f"{caption} Nothing to draw: no source has a flux.")
    delta = np.clip(-2.5 * np.log10(measured[known] / truth[known]), -RANGE, RANGE)
    bright = np.log10(truth[known])
    low, high = np.percentile(bright, [0.2, 99.8])
    edges = np.linspace(low, high + 1e-6, 61), np.linspace(-RANGE, RANGE, 61)
    counts = np.histogram2d(bright, delta, bins=list(edges))[0]
    figure, axes = make_figure()
    draw_density(axes, counts, (float(low), float(high), -RANGE, RANGE))
    axes.axhline(0, color=INK, lw=0.8, ls=":")
    axes.set_xlabel("log₁₀ true flux / noise of a pixel")
    axes.set_ylabel("magnitude measured - true")
    return Panel(title, f"{caption} {int(known.sum())} sources; errors beyond the axis lie on its ends.",
                 render_svg(figure))  # fmt: skip


def draw_error_histogram(title: str, caption: str, methods: Mapping[str, Pair]) -> Panel:
    """Draw the distribution of the error of the magnitude for up to four methods."""
    figure, axes = make_figure()
    edges = np.linspace(-RANGE, RANGE, 81)
    for (name, (measured, truth)), color in zip(methods.items(), COLORS, strict=False):
        known = np.isfinite(measured) & (measured > 0)
        delta = -2.5 * np.log10(measured[known] / truth[known])
        axes.hist(
            delta,
            bins=edges.tolist(),
            density=True,
            histtype="step",
            color=color,
            lw=1.4,
            label=f"{name} ({known.sum()})",
        )
    axes.axvline(0, color=INK, lw=0.8, ls=":")
    axes.set_xlabel("magnitude measured - true")
    axes.set_ylabel("sources per mag, as a share")
    axes.legend(frameon=False, labelcolor=INK, fontsize=8)
    return Panel(title, caption, render_svg(figure))


def draw_trend(
    title: str, caption: str, *, label: str, values: np.ndarray, edges: Sequence[float], methods: Mapping[str, Pair]
) -> Panel:
    """Draw bias (lines) and scatter (dotted) of the magnitude along a quantity; as Figures 7 and 8 of the paper.

    Parameters
    ----------
    title, caption, label : str
        Of the panel, and what the quantity is called.
    values : ndarray, shape (source,)
        The quantity.
    edges : sequence of float
        Of its bins; bins with fewer than 50 sources are left out.
    methods : mapping of str to pair of ndarray
        Measured and true fluxes of every source, NaN where there is none.
    """
    figure, axes = make_figure()
    middle = (np.array(edges[:-1]) + np.array(edges[1:])) / 2
    for (name, (measured, truth)), color, marker in zip(methods.items(), COLORS, MARKERS, strict=False):
        rows = [_summarize(measured, truth, (values >= low) & (values < high)) for low, high in
                pairwise(edges)]  # fmt: skip
        bias, scatter = np.array(rows).T
        axes.plot(middle, bias, f"{marker}-", ms=5, lw=1.3, color=color, label=name)
        axes.plot(middle, scatter, f"{marker}:", ms=3, lw=1.2, color=color)
    axes.axhline(0, color=INK, lw=0.6)
    axes.set_xlabel(label)
    axes.set_ylabel("bias, scatter [mag]")
    axes.legend(frameon=False, labelcolor=INK, fontsize=8)
    return Panel(
        title, f"{caption} Lines: median; dotted: 1.48 times the median absolute deviation.", render_svg(figure)
    )


def draw_coverage(
    title: str, caption: str, *, promised: Sequence[float], found: Mapping[str, Sequence[float]]
) -> Panel:
    """Draw how often true fluxes lie below each quantile, for up to four kinds of blends."""
    figure, axes = make_figure()
    axes.plot([0, 1], [0, 1], color=INK, lw=0.8, ls=":")
    for (name, shares), color, marker in zip(found.items(), COLORS, MARKERS, strict=False):
        axes.plot(promised, shares, f"{marker}-", ms=5, lw=1.2, color=color, label=name)
    axes.set_xlabel("quantile")
    axes.set_ylabel("share of true fluxes below")
    axes.legend(frameon=False, labelcolor=INK, fontsize=8)
    return Panel(title, caption, render_svg(figure))


def draw_overlaps(title: str, caption: str, kinds: Mapping[str, Float[np.ndarray, " source"]]) -> Panel:
    """Draw the distribution of the IoU of masks; as Figure 12 of the paper."""
    figure, axes = make_figure()
    edges = np.linspace(0, 1, 51)
    for (name, values), color in zip(kinds.items(), COLORS, strict=False):
        axes.hist(values, bins=edges.tolist(), density=True, histtype="step", color=color, lw=1.4,
                  label=f"{name}, mean {values.mean():.2f}")  # fmt: skip
    axes.set_xlabel("IoU of masks")
    axes.set_ylabel("density")
    axes.legend(frameon=False, labelcolor=INK, fontsize=8, loc="upper left")
    return Panel(title, caption, render_svg(figure))


def _summarize(measured: np.ndarray, truth: np.ndarray, chosen: np.ndarray) -> tuple[float, float]:
    """Return median and scatter of the error of the magnitude; NaN of few sources."""
    with np.errstate(invalid="ignore"):
        known = chosen & (measured > 0)
    if known.sum() < 50:
        return float("nan"), float("nan")
    delta = -2.5 * np.log10(measured[known] / truth[known])
    return float(np.median(delta)), float(1.4826 * np.median(np.abs(delta - np.median(delta))))
