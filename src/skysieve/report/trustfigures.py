"""Figures of a trust report: completeness, purity, flux, errors, positions, shapes, each with its own errors."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from scipy.stats import norm

from skysieve.report.figures import Panel
from skysieve.report.svg import BLUE, GREEN, INK, ORANGE, make_figure, render_svg

PURPLE, SKY = "#a8528a", "#56b4e9"
STYLES = {
    "skysieve": (BLUE, "o"), "sep": (ORANGE, "s"), "photutils": (GREEN, "^"), "source-extractor": (PURPLE, "D"),
}  # fmt: skip
"""Color and marker of each method, the same in all figures."""

LEAST_PROBABLE = 5
LEAST_PULLS = 50
"""A bin of probability, or a histogram of pulls, of fewer values shows nothing."""

Scores = Mapping[str, Any]
Bins = Sequence[Mapping[str, Any]]


def draw_trust_figures(methods: Mapping[str, Scores], *, own: str, label: str) -> tuple[Panel, ...]:
    """Draw all figures of a trust report.

    Parameters
    ----------
    methods : mapping
        Method -> scores, as in ``trust.json``; methods without bins are left out.
    own : str
        The method that the report is about.
    label : str
        What to write on the magnitude axis.
    """
    known = {name: scores for name, scores in methods.items() if scores["bins"]}
    if own not in known:
        return ()
    return (
        draw_completeness(known, label),
        draw_kinds(known[own], label),
        draw_coverage(known, label, isolated=True),
        draw_pulls(known),
        draw_flux_bias(known, label),
        draw_flux_scatter(known, label),
        draw_purity(known, label),
        draw_false_detections(known[own], label),
        draw_astrometry(known, label),
        draw_shapes(known[own], label),
        draw_neighbors(known),
        draw_sizes(known),
        draw_coverage(known, label, isolated=False),
        *draw_reliability(known[own]),
    )


def draw_completeness(methods: Mapping[str, Scores], label: str) -> Panel:
    """Draw the recovered share of all injected sources against true magnitude."""
    figure, axes = make_figure()
    for name, scores in methods.items():
        half = scores["completeness50"]["all"]["mag"]
        words = name if half is None else f"{name}, 50 % at {half:.2f}"
        _draw_share(axes, scores["bins"], ("mag", "completeness"), STYLES[name], words)
    _finish(axes, f"true {label}", "completeness", share=True)
    return Panel("Completeness", "Share of injected sources that are found as sources of their own; bands are 68 % "
                 "binomial intervals.", render_svg(figure))  # fmt: skip


def draw_kinds(scores: Scores, label: str) -> Panel:
    """Draw what became of the injected stars and galaxies of one method."""
    figure, axes = make_figure()
    for key, style in (("stars", (BLUE, "o")), ("galaxies", (ORANGE, "s"))):
        half = scores["completeness50"][key]["mag"]
        words = key if half is None else f"{key}, 50 % at {half:.2f}"
        _draw_share(axes, scores[key], ("mag", "completeness"), style, words)
    bins = [one for one in scores["bins"] if one["n"]]
    axes.plot(_take(bins, "mag"), _take(bins, "blended"), ":", color=INK, lw=1.2, label="swallowed by another source")
    _finish(axes, f"true {label}", "share", share=True)
    return Panel("Stars and galaxies", "Completeness by kind; dotted: the share of all that lies in the footprint of a "
                 "source that was there before, which holds most of the light.", render_svg(figure))  # fmt: skip


def draw_coverage(methods: Mapping[str, Scores], label: str, *, isolated: bool) -> Panel:
    """Draw how often the stated flux intervals hold the noise-free flux in the same aperture."""
    figure, axes = make_figure()
    for level, value in (("coverage68", 0.68), ("coverage95", 0.95)):
        axes.axhline(value, color=INK, lw=1, ls="--")
        for shift, (name, scores) in enumerate(methods.items()):
            color, marker = STYLES[name]
            bins = [{"mag": one["mag"], **(one["isolated"] if isolated else one)} for one in scores["bins"]]
            bins = [one for one in bins if one[level] is not None and one["n_coverage"] >= 10]
            y = _take(bins, level)
            error = np.abs(np.stack([y - _take(bins, f"{level}_lo"), _take(bins, f"{level}_hi") - y]))
            face = color if level == "coverage68" else "none"
            axes.errorbar(_take(bins, "mag") + 0.06 * (shift - 1), y, error, fmt=marker, ms=4.5, color=color, lw=1,
                          markerfacecolor=face, label=name if level == "coverage68" else None)  # fmt: skip
    _finish(axes, f"true {label}", "share of intervals that hold the truth", share=True)
    axes.set_ylim(0.2, 1.02)
    which = "isolated sources (unflagged, no other Kron aperture touches theirs)" if isolated else "all found sources"
    return Panel(f"Coverage of flux errors, {'isolated' if isolated else 'all'}", f"68 % (filled) and 95 % (open) "
                 f"intervals of {which}, against the noise-free flux in the same aperture; dashed: what right errors "
                 "give. Bins of fewer than 10 are not drawn.", render_svg(figure))  # fmt: skip


def draw_pulls(methods: Mapping[str, Scores]) -> Panel:
    """Draw the histograms of flux pulls of isolated sources over the unit normal."""
    figure, axes = make_figure()
    for name, scores in methods.items():
        edges, counts = np.array(scores["pulls"]["edges"]), np.array(scores["pulls"]["isolated"], float)
        if counts.sum() >= LEAST_PULLS:
            sigma = scores["overall"]["isolated"]["pull_sigma"]
            density = counts / counts.sum() / np.diff(edges)
            axes.stairs(density, edges, color=STYLES[name][0], lw=1.5, label=f"{name}, width {sigma:.2f}")
    at = np.linspace(-6, 6, 241)
    axes.plot(at, norm.pdf(at), "--", color=INK, lw=1.2, label="unit normal")
    _finish(axes, "(measured - true flux in the aperture) / stated error", "density")
    axes.set_xlim(-6, 6)
    return Panel("Pulls of fluxes, isolated", "Right errors make the unit normal; values beyond the ends are counted "
                 "in the last bins. Width: from the median absolute deviation.", render_svg(figure))  # fmt: skip


def draw_flux_bias(methods: Mapping[str, Scores], label: str) -> Panel:
    """Draw the median magnitude error against the true total, and the part that lies outside of the aperture."""
    figure, axes = make_figure()
    axes.axhline(0, color=INK, lw=1, ls="--")
    for shift, (name, scores) in enumerate(methods.items()):
        color, marker = STYLES[name]
        bins = [one for one in scores["bins"] if one["flux_bias"] is not None and one["n_recovered"] >= 5]
        error = [one["flux_bias_err"] or 0 for one in bins]
        axes.errorbar(_take(bins, "mag") + 0.06 * (shift - 1), _take(bins, "flux_bias"), error, fmt=marker, ms=4,
                      color=color, lw=1, label=name)  # fmt: skip
        outside = [one for one in bins if one["outside_bias"] is not None]
        axes.plot(_take(outside, "mag"), _take(outside, "outside_bias"), color=color, lw=1, alpha=0.7)
    axes.invert_yaxis()
    _finish(axes, f"true {label}", "median of measured - true [mag]", place="lower left")
    return Panel("Flux bias", "Kron against true total magnitude; downward means light is lost. Lines: what lies "
                 "outside of the aperture without any noise. Near the limit only upward fluctuations are found.",
                 render_svg(figure))  # fmt: skip


def draw_flux_scatter(methods: Mapping[str, Scores], label: str) -> Panel:
    """Draw the robust scatter of magnitudes."""
    figure, axes = make_figure()
    for name, scores in methods.items():
        color, marker = STYLES[name]
        bins = [one for one in scores["bins"] if one["sigma_mag"] and one["n_recovered"] >= 5]
        axes.plot(_take(bins, "mag"), _take(bins, "sigma_mag"), f"-{marker}", ms=4, color=color, lw=1, label=name)
    axes.set_yscale("log")
    _finish(axes, f"true {label}", "scatter of measured - true [mag]")
    return Panel("Flux scatter", "1.4826 times the median absolute deviation, stars and galaxies together.",
                 render_svg(figure))  # fmt: skip


def draw_purity(methods: Mapping[str, Scores], label: str) -> Panel:
    """Draw the share of new detections that are injected sources."""
    figure, axes = make_figure()
    lowest = 0.9
    for name, scores in methods.items():
        bins = [one for one in scores["purity"] if one["n"]]
        lowest = min([lowest, *(one["purity_lo"] for one in bins)])
        _draw_share(axes, bins, ("mag", "purity"), STYLES[name], name)
    _finish(axes, f"measured {label}", "purity", share=True)
    axes.set_ylim(max(0.0, lowest - 0.03), 1.005)
    return Panel("Purity against injected truth", "Share of the detections brought by injections that are injected "
                 "sources; the others are fragments of them, or of sources that they touch.",
                 render_svg(figure))  # fmt: skip


def draw_false_detections(scores: Scores, label: str) -> Panel:
    """Draw counts on the image, on its negative and on noise alone."""
    figure, axes = make_figure()
    series = {"catalog": ("image", BLUE, "-"), "negated": ("negative image", ORANGE, "-"),
              "blank": ("noise alone", GREEN, "--")}  # fmt: skip
    found = scores["detections"]
    for key, (name, color, style) in series.items():
        counts = np.array(found[key], float)
        words = f"{name}: {int(counts.sum())}"
        axes.stairs(np.where(counts > 0, counts, 0.3), found["edges"], color=color, ls=style, lw=1.6, label=words)
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.3)
    _finish(axes, f"measured {label}", "detections per bin")
    return Panel("False detections", "What the method finds on the image, on the image turned upside down, and on "
                 "noise as strong and correlated as the image's own.", render_svg(figure))  # fmt: skip


def draw_astrometry(methods: Mapping[str, Scores], label: str) -> Panel:
    """Draw the scatter of positions and their bias."""
    figure, axes = make_figure()
    for name, scores in methods.items():
        color, marker = STYLES[name]
        bins = [one for one in scores["bins"] if one["x_sigma"] and one["y_sigma"] and one["n_recovered"] >= 5]
        scatter = np.hypot(_take(bins, "x_sigma"), _take(bins, "y_sigma")) / np.sqrt(2)
        offset = np.hypot(_take(bins, "x_bias"), _take(bins, "y_bias"))
        axes.plot(_take(bins, "mag"), scatter, f"-{marker}", ms=4, color=color, lw=1, label=name)
        axes.plot(_take(bins, "mag"), offset, ":", color=color, lw=1)
    axes.set_yscale("log")
    _finish(axes, f"true {label}", "per axis [pixel]")
    own = next(iter(methods.values()))["overall"]
    return Panel("Positions", f"Lines: scatter per axis; dotted: length of the median offset. Pulls of x and y of the "
                 f"first method have widths {_write(own['x_pull_sigma'])} and {_write(own['y_pull_sigma'])} "
                 "(1 where errors are right).", render_svg(figure))  # fmt: skip


def draw_shapes(scores: Scores, label: str) -> Panel:
    """Draw bias and scatter of width, axes and ellipticity."""
    figure, axes = make_figure()
    axes.axhline(0, color=INK, lw=1, ls="--")
    series = (("fwhm", "FWHM", BLUE, "o"), ("a", "semi-major axis", ORANGE, "s"),
              ("ellipticity", "ellipticity (absolute)", GREEN, "^"))  # fmt: skip
    for shift, (key, name, color, marker) in enumerate(series):
        bins = [one for one in scores["bins"] if one[f"{key}_bias"] is not None and one["n_recovered"] >= 5]
        at = _take(bins, "mag") + 0.08 * (shift - 1)
        axes.errorbar(at, _take(bins, f"{key}_bias"), _take(bins, f"{key}_sigma"), fmt=marker, ms=4, color=color,
                      lw=1, label=name)  # fmt: skip
    _finish(axes, f"true {label}", "measured / noise-free - 1", place="lower left")
    axes.set_ylim(-1, 1)
    return Panel("Shapes", "Median difference from the noise-free shape above the same threshold; bars are the scatter "
                 "of single sources, not the error of the median.", render_svg(figure))  # fmt: skip


def draw_neighbors(methods: Mapping[str, Scores]) -> Panel:
    """Draw completeness against the distance to the nearest neighbor."""
    figure, axes = make_figure()
    for name, scores in methods.items():
        _draw_share(axes, scores["neighbor"], ("distance", "completeness"), STYLES[name], name)
    axes.set_xscale("log")
    _finish(axes, "distance to the nearest source [PSF FWHM]", "completeness", share=True)
    return Panel("Crowding", "Completeness of sources at least one magnitude brighter than the 50 % limit, which would "
                 "be found if they were alone.", render_svg(figure))  # fmt: skip


def draw_sizes(methods: Mapping[str, Scores]) -> Panel:
    """Draw completeness against true size."""
    figure, axes = make_figure()
    for name, scores in methods.items():
        _draw_share(axes, scores["size"], ("size", "completeness"), STYLES[name], name)
    _finish(axes, "half-light radius before the PSF [PSF FWHM]; 0: stars", "completeness", share=True)
    return Panel("Size", "Completeness of sources within one magnitude of the 50 % limit, where size decides.",
                 render_svg(figure))  # fmt: skip


def draw_reliability(scores: Scores) -> tuple[Panel, ...]:
    """Draw how often each probability came true; nothing for a method that gives none."""
    panels = []
    for name, table in scores["reliability"].items():
        figure, axes = make_figure()
        axes.plot([0, 1], [0, 1], "--", color=INK, lw=1)
        bins = [one for one in table["bins"] if one["n"] >= LEAST_PROBABLE]
        axes.errorbar(_take(bins, "probability"), _take(bins, "fraction"), _take(bins, "error"), fmt="o", ms=4,
                      color=BLUE, lw=1, label=f"{table['n']} found sources")  # fmt: skip
        _finish(axes, name, "share that are stars", share=True)
        axes.set_xlim(-0.02, 1.02)
        caption = (
            f"Dashed: a calibrated probability. Calibration error {_write(table['calibration_error'])}, area under "
            f"the ROC curve {_write(table['auc'])}; among the injected sources, whose mixture is the recipe's."
        )
        panels.append(Panel(f"Reliability of {name}", caption, render_svg(figure)))
    return tuple(panels)


def _draw_share(axes: Axes, bins: Bins, keys: tuple[str, str], style: tuple[str, str], words: str) -> None:
    """Draw a share with its interval as a band."""
    at, key = keys
    color, marker = style
    bins = [one for one in bins if one[key] is not None]
    x = _take(bins, at)
    axes.fill_between(x, _take(bins, f"{key}_lo"), _take(bins, f"{key}_hi"), color=color, alpha=0.25, lw=0)
    axes.plot(x, _take(bins, key), f"-{marker}", ms=4, color=color, lw=1.2, label=words)


def _finish(axes: Axes, x: str, y: str, *, share: bool = False, place: Literal["best", "lower left"] = "best") -> None:
    """Label the axes, write plain numbers on logarithmic ones, add the legend."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if share:
        axes.set_ylim(-0.02, 1.02)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, labelcolor=INK, fontsize=8.5, loc=place)


def _take(bins: Bins, key: str) -> np.ndarray:
    return np.array([np.nan if one[key] is None else one[key] for one in bins], float)


def _write(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"
