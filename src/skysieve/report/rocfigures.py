"""The figure of a receiver operating characteristic."""

from collections.abc import Mapping

import numpy as np

from skysieve.metrics import RocCurve
from skysieve.report.figures import Panel
from skysieve.report.scorefigures import STYLES
from skysieve.report.svg import INK, make_figure, render_svg


def draw_roc(title: str, caption: str, curves: Mapping[str, RocCurve]) -> Panel:
    """Draw true against false positive rates, for up to four methods.

    Parameters
    ----------
    title, caption : str
        Heading, and text below.
    curves : mapping of str to RocCurve
        By method; one whose sample holds only one kind (a rate is NaN) is left out.
    """
    known = {name: one for name, one in curves.items() if _is_known(one)}
    if not known:
        return Panel(title, f"{caption} Nothing to draw: the sample holds one kind alone.")
    figure, axes = make_figure()
    axes.plot([0, 1], [0, 1], color=INK, lw=0.8, ls=":")
    for (name, curve), (color, _) in zip(known.items(), STYLES, strict=False):
        axes.step(curve.false_positive_rate, curve.true_positive_rate, where="post", lw=1.4, color=color, label=name)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel("false positive rate")
    axes.set_ylabel("true positive rate")
    axes.legend(frameon=False, labelcolor=INK, fontsize=9, loc="lower right")
    return Panel(title, caption, render_svg(figure))


def _is_known(curve: RocCurve) -> bool:
    return bool(np.isfinite(curve.false_positive_rate).all() and np.isfinite(curve.true_positive_rate).all())
