"""Figures of a trust report on errors: of fluxes, positions and shapes, and of probabilities."""

from collections.abc import Mapping

import numpy as np
from scipy.stats import norm

from skysieve.report.figures import Panel
from skysieve.report.svg import BLUE, GREEN, INK, ORANGE, make_figure, render_svg
from skysieve.report.trustaxes import STYLES, Scores, finish_axes, take_key, write_number

LEAST_PROBABLE = 5
LEAST_PULLS = 50
"""A bin of probability, or a histogram of pulls, of fewer values shows nothing."""


def draw_coverage(methods: Mapping[str, Scores], label: str, *, isolated: bool) -> Panel:
    """Draw how often the stated flux intervals hold the noise-free flux in the same aperture."""
    figure, axes = make_figure()
    for level, value in (("coverage68", 0.68), ("coverage95", 0.95)):
        axes.axhline(value, color=INK, lw=1, ls="--")
        for shift, (name, scores) in enumerate(methods.items()):
            color, marker = STYLES[name]
            bins = [{"mag": one["mag"], **(one["isolated"] if isolated else one)} for one in scores["bins"]]
            bins = [one for one in bins if one[level] is not None and one["n_coverage"] >= 10]
            y = take_key(bins, level)
            error = np.abs(np.stack([y - take_key(bins, f"{level}_lo"), take_key(bins, f"{level}_hi") - y]))
            face = color if level == "coverage68" else "none"
            axes.errorbar(take_key(bins, "mag") + 0.06 * (shift - 1), y, error, fmt=marker, ms=4.5, color=color, lw=1,
                          markerfacecolor=face, label=name if level == "coverage68" else None)  # fmt: skip
    finish_axes(axes, f"true {label}", "share of intervals that hold the truth", share=True)
    axes.set_ylim(0.2, 1.02)
    which = (
        "isolated sources (unflagged, no known source in their Kron aperture, no other aperture touching it)"
        if isolated
        else "all found sources"
    )
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
    finish_axes(axes, "(measured - true flux in the aperture) / stated error", "density")
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
        axes.errorbar(take_key(bins, "mag") + 0.06 * (shift - 1), take_key(bins, "flux_bias"), error, fmt=marker, ms=4,
                      color=color, lw=1, label=name)  # fmt: skip
        outside = [one for one in bins if one["outside_bias"] is not None]
        axes.plot(take_key(outside, "mag"), take_key(outside, "outside_bias"), color=color, lw=1, alpha=0.7)
    axes.invert_yaxis()
    finish_axes(axes, f"true {label}", "median of measured - true [mag]", place="upper left")
    return Panel("Flux bias", "Kron against true total magnitude; downward means light is lost. Lines: what lies "
                 "outside of the aperture without any noise. Near the limit only upward fluctuations are found.",
                 render_svg(figure))  # fmt: skip


def draw_flux_scatter(methods: Mapping[str, Scores], label: str) -> Panel:
    """Draw the robust scatter of magnitudes."""
    figure, axes = make_figure()
    for name, scores in methods.items():
        color, marker = STYLES[name]
        bins = [one for one in scores["bins"] if one["sigma_mag"] and one["n_recovered"] >= 5]
        axes.plot(take_key(bins, "mag"), take_key(bins, "sigma_mag"), f"-{marker}", ms=4, color=color, lw=1, label=name)
    axes.set_yscale("log")
    finish_axes(axes, f"true {label}", "scatter of measured - true [mag]")
    return Panel("Flux scatter", "1.4826 times the median absolute deviation, stars and galaxies together.",
                 render_svg(figure))  # fmt: skip


def draw_astrometry(methods: Mapping[str, Scores], label: str) -> Panel:
    """Draw the scatter of positions and their bias."""
    figure, axes = make_figure()
    for name, scores in methods.items():
        color, marker = STYLES[name]
        bins = [one for one in scores["bins"] if one["x_sigma"] and one["y_sigma"] and one["n_recovered"] >= 5]
        scatter = np.hypot(take_key(bins, "x_sigma"), take_key(bins, "y_sigma")) / np.sqrt(2)
        offset = np.hypot(take_key(bins, "x_bias"), take_key(bins, "y_bias"))
        axes.plot(take_key(bins, "mag"), scatter, f"-{marker}", ms=4, color=color, lw=1, label=name)
        axes.plot(take_key(bins, "mag"), offset, ":", color=color, lw=1)
    axes.set_yscale("log")
    finish_axes(axes, f"true {label}", "per axis [pixel]")
    own = next(iter(methods.values()))["overall"]
    widths = " and ".join(write_number(own[f"{axis}_pull_sigma"]) for axis in "xy")
    caption = (
        "Lines: scatter per axis; dotted: length of the median offset. Pulls of x and y of the first method have "
        f"widths {widths} (1 where errors are right)."
    )
    return Panel("Positions", caption, render_svg(figure))


def draw_shapes(scores: Scores, label: str) -> Panel:
    """Draw bias and scatter of width, axes and ellipticity."""
    figure, axes = make_figure()
    axes.axhline(0, color=INK, lw=1, ls="--")
    series = (("fwhm", "FWHM", BLUE, "o"), ("a", "semi-major axis", ORANGE, "s"),
              ("ellipticity", "ellipticity (absolute)", GREEN, "^"))  # fmt: skip
    for shift, (key, name, color, marker) in enumerate(series):
        bins = [one for one in scores["bins"] if one[f"{key}_bias"] is not None and one["n_recovered"] >= 5]
        at = take_key(bins, "mag") + 0.08 * (shift - 1)
        axes.errorbar(at, take_key(bins, f"{key}_bias"), take_key(bins, f"{key}_sigma"), fmt=marker, ms=4, color=color,
                      lw=1, label=name)  # fmt: skip
    finish_axes(axes, f"true {label}", "measured / noise-free - 1", place="lower left")
    axes.set_ylim(-1, 1)
    return Panel("Shapes", "Median difference from the noise-free shape above the same threshold; bars are the scatter "
                 "of single sources, not the error of the median.", render_svg(figure))  # fmt: skip


def draw_reliability(scores: Scores) -> tuple[Panel, ...]:
    """Draw how often each probability came true; nothing for a method that gives none."""
    panels = []
    for name, table in scores["reliability"].items():
        figure, axes = make_figure()
        axes.plot([0, 1], [0, 1], "--", color=INK, lw=1)
        bins = [one for one in table["bins"] if one["n"] >= LEAST_PROBABLE]
        axes.errorbar(take_key(bins, "probability"), take_key(bins, "fraction"), take_key(bins, "error"), fmt="o", ms=4,
                      color=BLUE, lw=1, label=f"{table['n']} found sources")  # fmt: skip
        finish_axes(axes, name, "share that are stars", share=True)
        axes.set_xlim(-0.02, 1.02)
        error, area = (write_number(table[key]) for key in ("calibration_error", "auc"))
        caption = (
            f"Dashed: a calibrated probability. Calibration error {error}, area under the ROC curve {area}; among the "
            "injected sources, whose mixture is the recipe's."
        )
        panels.append(Panel(f"Reliability of {name}", caption, render_svg(figure)))
    return tuple(panels)
