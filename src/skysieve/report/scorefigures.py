"""Figures of how good a classifier is: scores along a quantity, reliability, and its verdicts on a catalog."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from skysieve.metrics import Reliability
from skysieve.metrics.proportions import make_proportion
from skysieve.records import Catalog
from skysieve.report.figures import Panel
from skysieve.report.quantities import get_numbers, measure_magnitudes
from skysieve.report.svg import BLUE, GREEN, INK, ORANGE, add_colorbar, make_colormap, make_figure, render_svg

STYLES = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (INK, "D"))
"""Color and marker of the methods, in order; the first is the one that the page is about."""

Point = tuple[float | None, float | None]


def draw_score_curves(
    title: str, caption: str, *, label: str, edges: Sequence[float], series: Mapping[str, Sequence[Point]]
) -> Panel:
    """Draw a score of several methods in bins of a quantity.

    Parameters
    ----------
    title, caption, label : str
        Heading, text below, and name of the quantity with its unit.
    edges : sequence of float
        Edges of the bins, positive; they are drawn on a logarithmic scale.
    series : mapping of str to sequence of tuple
        By method the value and standard error in each bin, None where unknown; up to four methods.
    """
    if not any(value is not None for points in series.values() for value, _ in points):
        return Panel(title, f"{caption} Nothing to draw: no bin holds enough sources.")
    figure, axes = make_figure()
    middle = np.sqrt(np.array(edges[:-1], float) * np.array(edges[1:], float))
    for number, ((name, points), (color, marker)) in enumerate(zip(series.items(), STYLES, strict=False)):
        value = np.array([np.nan if one is None else one for one, _ in points])
        error = np.array([0.0 if one is None else one for _, one in points])
        shifted = middle * 1.02 ** (number - 1)
        axes.errorbar(shifted, value, error, fmt=f"{marker}-", ms=5, lw=1.2, color=color, label=name)
    axes.set_xscale("log")
    axes.set_xticks(list(edges), [f"{edge:g}" for edge in edges])
    axes.minorticks_off()
    axes.set_xlabel(label)
    axes.set_ylabel(title)
    axes.legend(frameon=False, labelcolor=INK, fontsize=9)
    return Panel(title, caption, render_svg(figure))


def draw_reliability(title: str, caption: str, curves: Mapping[str, Reliability]) -> Panel:
    """Draw how often a probability came true, for up to four methods."""
    figure, axes = make_figure()
    axes.plot([0, 1], [0, 1], color=INK, lw=0.8, ls=":")
    for (name, curve), (color, marker) in zip(curves.items(), STYLES, strict=False):
        seen = curve.n > 0
        axes.errorbar(
            curve.mean_probability[seen], curve.fraction[seen], _measure_bars(curve)[:, seen], fmt=f"{marker}-", ms=4,
            lw=1, color=color, label=name,
        )  # fmt: skip
    axes.set_xlabel("probability given")
    axes.set_ylabel("fraction that came true")
    axes.legend(frameon=False, labelcolor=INK, fontsize=9, loc="upper left")
    return Panel(title, caption, render_svg(figure))


def _measure_bars(curve: Reliability) -> Float[np.ndarray, "2 bin"]:
    """Return how far down and up the 68 % Wilson intervals reach from the fractions."""
    hits = np.rint(np.nan_to_num(curve.fraction) * curve.n).astype(int).tolist()
    shares = [make_proportion(hit, n, level=0.68) for hit, n in zip(hits, curve.n.tolist(), strict=True)]
    return np.array([[one.value - one.low for one in shares], [one.high - one.value for one in shares]])


def draw_verdicts(title: str, catalog: Catalog) -> Panel:
    """Draw the mean stellarity over magnitude and size in units of the PSF's width."""
    magnitudes, stellarity = measure_magnitudes(catalog), get_numbers(catalog, "stellarity")
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.log10(get_numbers(catalog, "flux_radius") / get_numbers(catalog, "psf_fwhm"))
    known = np.isfinite(magnitudes.values + size + stellarity)
    if not known.any():
        return Panel(title, "Nothing to draw: no source has a magnitude, a size, a PSF and a verdict.")
    low, high = np.percentile(magnitudes.values[known], [0.5, 99.5])
    edges = (np.linspace(low - 0.1, high + 0.1, 81), np.linspace(-0.6, 0.6, 61))
    mean = _average(magnitudes.values[known], size[known], stellarity[known], edges=edges)
    figure, axes = make_figure()
    extent = (float(edges[0][0]), float(edges[0][-1]), float(edges[1][0]), float(edges[1][-1]))
    image = axes.imshow(
        mean.T, origin="lower", aspect="auto", interpolation="none", extent=extent, cmap=make_colormap(), vmin=0, vmax=1
    )
    add_colorbar(figure, image, axes, label="mean stellarity")
    axes.set_xlabel(magnitudes.label)
    axes.set_ylabel("log₁₀ flux_radius / psf_fwhm")
    return Panel(title, f"Mean stellarity of {int(known.sum())} of {len(known)} sources.", render_svg(figure))


def _average(
    x: np.ndarray, y: np.ndarray, values: np.ndarray, *, edges: tuple[np.ndarray, np.ndarray]
) -> Float[np.ndarray, "x y"]:
    """Mean of the values in each bin, masked where there are none."""
    count = np.histogram2d(x, y, bins=list(edges))[0]
    total = np.histogram2d(x, y, bins=list(edges), weights=values)[0]
    return np.ma.masked_where(count == 0, total / np.maximum(count, 1))
