"""Figures of a mapping and of a training: distances, and what each pass of training moved."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.ticker import MaxNLocator

from skysieve.report.figures import Panel
from skysieve.report.svg import BLUE, GREEN, INK, ORANGE, make_figure, render_svg

CURVES = (
    ("movement", "movement of the neurons", BLUE),
    ("quantization_error", "quantization error", ORANGE),
    ("topographic_error", "topographic error", GREEN),
)
"""What is drawn of each pass: its key, name and color."""


def draw_distances(
    distances: Float[np.ndarray, " image"], *, chosen: Int[np.ndarray, " some"] | None = None, name: str = ""
) -> Panel:
    """Draw how far images lie from their neurons, and over it the images of one neuron.

    Parameters
    ----------
    distances
        NaN are left out.
    chosen, name
        The images of one neuron, and what to call them.
    """
    known = distances[np.isfinite(distances)].astype(np.float64)
    title = "Distances to the best-matching units"
    if not len(known):
        return Panel(title, "Nothing to draw: no distance is known.")
    figure, axes = make_figure()
    low, high = float(known.min()), float(known.max())
    edges = np.linspace(low, high if high > low else low + 1.0, 41).tolist()
    axes.hist(known, edges, color=BLUE, alpha=0.55, label=f"all images ({len(known):,})")
    if chosen is not None and np.isfinite(distances[chosen]).any():
        some = distances[chosen][np.isfinite(distances[chosen])]
        axes.hist(some, edges, histtype="step", color=ORANGE, lw=1.6, label=f"{name} ({len(some):,})")
    axes.axvline(float(np.median(known)), color=INK, lw=0.8, ls=":", label=f"median {np.median(known):.3g}")
    axes.set_yscale("symlog", linthresh=10)
    axes.set_xlabel("Euclidean distance [unit of the images]")
    axes.set_ylabel("images per bin")
    axes.legend(frameon=False, labelcolor=INK, fontsize=9)
    caption = "Images far to the right are what the map knows least: rare or broken ones."
    return Panel(title, caption, render_svg(figure))


def draw_history(history: Sequence[Mapping[str, Any]]) -> Panel:
    """Draw what each pass of training moved, and the errors after it.

    Parameters
    ----------
    history
        A mapping a pass, in order; ``movement``, ``quantization_error``, ``topographic_error`` and ``stage`` where
        known.

    Returns
    -------
    Panel
        Without figure where nothing is known.
    """
    title = "Convergence of the training"
    curves = {key: np.array([_get(one, key) for one in history], np.float64) for key, _, _ in CURVES}
    curves = {key: values for key, values in curves.items() if np.isfinite(values).any()}
    if not curves:
        return Panel(title, "Nothing to draw: the map does not say how it was trained.")
    figure, axes = make_figure(5.2, 1.5 * len(curves) + 0.6)
    axes.remove()
    passes, stages = np.arange(1, len(history) + 1), [one.get("stage") for one in history]
    for number, (key, name, color) in enumerate(one for one in CURVES if one[0] in curves):
        part = figure.add_subplot(len(curves), 1, number + 1)
        part.patch.set_alpha(0.0)
        part.plot(passes, curves[key], "o-", ms=3.5, lw=1.2, color=color)
        part.set_ylabel(name.replace(" ", "\n", 1), color=INK, fontsize=8)
        part.set_xlim(0.5, len(history) + 0.5)
        part.set_ylim(bottom=0)
        part.tick_params(colors=INK, direction="in", labelsize=8, labelbottom=number == len(curves) - 1)
        for at in (k for k in range(1, len(stages)) if stages[k] != stages[k - 1]):
            part.axvline(at + 0.5, color=INK, lw=0.7, ls=":")
        for spine in part.spines.values():
            spine.set_color(INK)
    part.set_xlabel("pass", color=INK)
    part.xaxis.set_major_locator(MaxNLocator(integer=True))
    caption = "Converged where the curves no longer change. Dotted lines part the stages, where the step sizes change."
    return Panel(title, caption, render_svg(figure))


def _get(one: Mapping[str, Any], key: str) -> float:
    value = one.get(key)
    return float(value) if isinstance(value, int | float) else np.nan
