"""Figures of a whole run: every source enters a histogram, none is drawn by itself."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import gammaincinv

from skysieve.records import Catalog
from skysieve.report.quantities import (
    IMAGE_WIDE,
    Magnitudes,
    get_flags,
    get_numbers,
    measure_magnitudes,
    select_stars,
)
from skysieve.report.svg import BLUE, GREEN, INK, ORANGE, add_colorbar, draw_density, make_figure, render_svg

BIN_WIDTH = 0.5
"""Width of the bins of the number counts [mag]."""


@dataclass(frozen=True)
class Panel:
    """A figure with its heading and caption; ``svg`` is None, and the caption says why, where nothing is drawn."""

    title: str
    caption: str
    svg: bytes | None = None


def draw_run_figures(catalog: Catalog, *, area: float) -> tuple[Panel, ...]:
    """Draw counts, sizes, stellarity and errors against magnitude.

    Parameters
    ----------
    catalog : Catalog
        All sources of a run; absent columns and NaN values are allowed.
    area : float
        Sky area behind the catalog [deg2]; NaN counts per image area.
    """
    magnitudes = measure_magnitudes(catalog)
    return (
        draw_counts(catalog, magnitudes, area=area),
        draw_sizes(catalog, magnitudes),
        draw_stellarity(catalog, magnitudes),
        draw_errors(magnitudes),
    )


def measure_poisson_interval(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the central 68.3 % confidence limits of Poisson means, exact also for small counts.

    Notes
    -----
    Gehrels 1986, ApJ 303, 336, equations 1 and 2, through the inverse of the incomplete gamma function.

    Examples
    --------
    >>> [round(float(limit[0]), 2) for limit in measure_poisson_interval(np.array([1]))]
    [0.17, 3.3]
    """
    tail = 0.158655
    lower = np.where(counts > 0, gammaincinv(np.maximum(counts, 1), tail), 0.0)
    return lower, gammaincinv(counts + 1, 1 - tail)


def draw_counts(catalog: Catalog, magnitudes: Magnitudes, *, area: float) -> Panel:
    """Draw the number of sources per half magnitude, with Poisson errors."""
    title, known = "Number counts", np.isfinite(magnitudes.values)
    if not known.any():
        return _explain_nothing(title, "magnitude")
    scale = 1.0 / area if area > 0 else 1.0
    clean = get_flags(catalog, ignore=IMAGE_WIDE) == 0
    low, high = _measure_range(magnitudes.values)
    edges = np.arange(np.floor(low / BIN_WIDTH), np.ceil(high / BIN_WIDTH) + 1) * BIN_WIDTH
    figure, axes = make_figure()
    series = [(known, "all sources", BLUE, "o", -0.05), (known & clean, "unflagged", ORANGE, "s", 0.05)]
    for chosen, name, color, marker, shift in series:
        counts = np.histogram(magnitudes.values[chosen], edges)[0]
        lower, upper = measure_poisson_interval(counts)
        seen = counts > 0
        middle = (edges[:-1] + BIN_WIDTH / 2 + shift)[seen]
        errors = np.stack([counts - lower, upper - counts])[:, seen] * scale
        axes.errorbar(middle, counts[seen] * scale, errors, fmt=marker, ms=4, color=color, lw=1, label=name)
    axes.set_yscale("log")
    unit = "deg⁻²" if area > 0 else "(imaged area)⁻¹"
    axes.set_ylabel(f"sources [(0.5 mag)⁻¹ {unit}]")
    axes.set_xlabel(magnitudes.label)
    axes.legend(frameon=False, labelcolor=INK, fontsize=9, loc="upper left")
    note = f" over {area:.4g} deg²" if area > 0 else "; the area on the sky is unknown"
    return Panel(
        title,
        f"Sources per half magnitude{note}, with 68 % Poisson intervals.{_count_missing(known)}",
        render_svg(figure),
    )


def draw_sizes(catalog: Catalog, magnitudes: Magnitudes) -> Panel:
    """Draw half-light radius (else FWHM) against magnitude, with the stars' own size marked."""
    title = "Sizes"
    name = next((n for n in ("flux_radius", "fwhm") if np.isfinite(get_numbers(catalog, n)).any()), "")
    size = get_numbers(catalog, name)
    known = np.isfinite(magnitudes.values + size) & (size > 0)
    if not known.any():
        return _explain_nothing(title, "magnitude and size")
    top = 1.3 * float(np.percentile(size[known], 95)) + 0.5
    figure, axes = make_figure()
    _draw_against_magnitude((figure, axes), magnitudes, size, limits=(0.0, top))
    stars = known & select_stars(catalog)
    caption = "No bright unflagged star marks the stellar locus."
    if stars.sum() >= 5:
        center, spread = float(np.median(size[stars])), _measure_spread(size[stars])
        axes.axhline(center, color=ORANGE, lw=1.2, ls="--", label=f"stars: {center:.2f} pixel")
        axes.axhspan(center - spread, center + spread, color=ORANGE, alpha=0.2, lw=0)
        axes.legend(frameon=False, labelcolor=INK, fontsize=9, loc="upper right")
        caption = (
            f"Dashed: median of {stars.sum()} unflagged stars (stellarity above 0.8), shaded: their 1 sigma scatter."
        )
    axes.set_ylabel(f"{name} [pixel]")
    return Panel(title, f"{caption}{_count_missing(known)}", render_svg(figure))


def draw_stellarity(catalog: Catalog, magnitudes: Magnitudes) -> Panel:
    """Draw stellarity against magnitude."""
    title, stellarity = "Stars and galaxies", get_numbers(catalog, "stellarity")
    known = np.isfinite(magnitudes.values + stellarity)
    if not known.any():
        return _explain_nothing(title, "magnitude and stellarity")
    figure, axes = make_figure()
    _draw_against_magnitude((figure, axes), magnitudes, stellarity, limits=(-0.02, 1.02))
    axes.axhline(0.8, color=ORANGE, lw=1, ls="--")
    axes.set_ylabel("stellarity (0 extended, 1 point-like)")
    caption = "Where the two bands merge, stars and galaxies can no longer be told apart; dashed: the cut for stars."
    return Panel(title, f"{caption}{_count_missing(known)}", render_svg(figure))


def draw_errors(magnitudes: Magnitudes) -> Panel:
    """Draw the magnitude error against magnitude, with the limits for 5 and 10 sigma."""
    title, errors = "Photometric errors", np.log10(np.where(magnitudes.errors > 0, magnitudes.errors, np.nan))
    known = np.isfinite(magnitudes.values + errors)
    if not known.any():
        return _explain_nothing(title, "magnitude error")
    low, high = np.percentile(errors[known], [0.1, 99.5])
    figure, axes = make_figure()
    limits = (float(low) - 0.1, float(high) + 0.1)
    _draw_against_magnitude((figure, axes), magnitudes, errors, limits=limits)
    for snr, color in ((5, ORANGE), (10, GREEN)):
        axes.axhline(np.log10(1.0857 / snr), color=color, lw=1, ls="--", label=f"signal to noise {snr}")
    axes.legend(frameon=False, labelcolor=INK, fontsize=9, loc="lower right")
    axes.set_ylabel("log₁₀ magnitude error [mag]")
    return Panel(title, f"Formal errors from the pixel noise.{_count_missing(known)}", render_svg(figure))


def _draw_against_magnitude(
    drawing: tuple[Figure, Axes],
    magnitudes: Magnitudes,
    values: Float[np.ndarray, " source"],
    *,
    limits: tuple[float, float],
) -> None:
    """Draw the density of sources over magnitude and a second quantity that lies between ``limits``."""
    figure, axes = drawing
    low, high = _measure_range(magnitudes.values)
    known = np.isfinite(magnitudes.values + values)
    bins = (110, 70) if known.sum() > 20000 else (70, 45)
    counts = np.histogram2d(magnitudes.values[known], values[known], bins, ((low, high), limits))[0]
    image = draw_density(axes, counts, (low, high, *limits))
    add_colorbar(figure, image, axes, label="sources per bin")
    axes.set_xlabel(magnitudes.label)


def _explain_nothing(title: str, what: str) -> Panel:
    return Panel(title, f"Nothing to draw: no source has a finite {what}.")


def _count_missing(known: np.ndarray) -> str:
    """Say how many rows a figure leaves out."""
    missing = int(known.size - known.sum())
    return f" {missing} of {known.size} sources lack a value and are not drawn." if missing else ""


def _measure_range(values: Float[np.ndarray, " source"]) -> tuple[float, float]:
    """Range that holds all but one in two thousand of the finite values on either side, at least one wide."""
    low, high = np.nanpercentile(np.clip(values, -60, 60), [0.05, 99.95])
    return (float(low), float(high)) if high - low > 1 else (float(low) - 0.5, float(high) + 0.5)


def _measure_spread(values: Float[np.ndarray, " source"]) -> float:
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))
