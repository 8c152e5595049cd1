"""Figures of a trust report: what is found, what is not, and what is found that is not there."""

from collections.abc import Mapping

import numpy as np

from skysieve.report.figures import Panel
from skysieve.report.svg import BLUE, GREEN, INK, ORANGE, make_figure, render_svg
from skysieve.report.trustaxes import STYLES, Scores, draw_share, finish_axes, take_key
from skysieve.report.trusterrors import (
    draw_astrometry,
    draw_coverage,
    draw_flux_bias,
    draw_flux_scatter,
    draw_pulls,
    draw_reliability,
    draw_shapes,
)


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
        draw_share(axes, scores["bins"], ("mag", "completeness"), STYLES[name], words)
    finish_axes(axes, f"true {label}", "completeness", share=True)
    return Panel("Completeness", "Share of injected sources that are found as sources of their own; bands are 68 % "
                 "binomial intervals.", render_svg(figure))  # fmt: skip


def draw_kinds(scores: Scores, label: str) -> Panel:
    """Draw what became of the injected stars and galaxies of one method."""
    figure, axes = make_figure()
    for key, style in (("stars", (BLUE, "o")), ("galaxies", (ORANGE, "s"))):
        half = scores["completeness50"][key]["mag"]
        words = key if half is None else f"{key}, 50 % at {half:.2f}"
        draw_share(axes, scores[key], ("mag", "completeness"), style, words)
    bins = [one for one in scores["bins"] if one["n"]]
    axes.plot(
        take_key(bins, "mag"), take_key(bins, "blended"), ":", color=INK, lw=1.2, label="swallowed by another source"
    )
    finish_axes(axes, f"true {label}", "share", share=True)
    return Panel("Stars and galaxies", "Completeness by kind; dotted: the share of all that lies in the footprint of a "
                 "source that was there before, which holds most of the light.", render_svg(figure))  # fmt: skip


def draw_purity(methods: Mapping[str, Scores], label: str) -> Panel:
    """Draw the share of new detections that are injected sources."""
    figure, axes = make_figure()
    lowest = 0.9
    for name, scores in methods.items():
        bins = [one for one in scores["purity"] if one["n"]]
        lowest = min([lowest, *(one["purity_lo"] for one in bins)])
        draw_share(axes, bins, ("mag", "purity"), STYLES[name], name)
    finish_axes(axes, f"measured {label}", "purity", share=True)
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
    finish_axes(axes, f"measured {label}", "detections per bin")
    return Panel("False detections", "What the method finds on the image, on the image turned upside down, and on "
                 "noise as strong and correlated as the image's own.", render_svg(figure))  # fmt: skip


def draw_neighbors(methods: Mapping[str, Scores]) -> Panel:
    """Draw completeness against the distance to the nearest neighbor."""
    figure, axes = make_figure()
    for name, scores in methods.items():
        draw_share(axes, scores["neighbor"], ("distance", "completeness"), STYLES[name], name)
    axes.set_xscale("log")
    finish_axes(axes, "distance to the nearest source [PSF FWHM]", "completeness", share=True)
    return Panel("Crowding", "Completeness of sources at least one magnitude brighter than the 50 % limit, which would "
                 "be found if they were alone.", render_svg(figure))  # fmt: skip


def draw_sizes(methods: Mapping[str, Scores]) -> Panel:
    """Draw completeness against true size."""
    figure, axes = make_figure()
    for name, scores in methods.items():
        draw_share(axes, scores["size"], ("size", "completeness"), STYLES[name], name)
    finish_axes(axes, "half-light radius before the PSF [PSF FWHM]; 0: stars", "completeness", share=True)
    return Panel("Size", "Completeness of sources within one magnitude of the 50 % limit, where size decides.",
                 render_svg(figure))  # fmt: skip
