"""Where on the focal plane exposures fail: every detector at its place, colored by its probability of being good."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from jaxtyping import Bool, Float
from markupsafe import Markup, escape
from matplotlib.colors import to_hex

MARGIN = 0.03
"""Around a focal plane, as a part of its longer side."""


@dataclass(frozen=True)
class FocalPlane:
    """Where the detectors of a camera lie: ``corners`` in any unit, y upward; ``source`` says how that is known."""

    names: tuple[str, ...]
    corners: Float[np.ndarray, "detector 4 2"]
    source: str


def make_grid(names: Sequence[str]) -> FocalPlane:
    """Put detectors on a grid in their order, row by row from the lower left: nothing says where they lie."""
    count = len(names)
    columns = max(1, int(np.ceil(np.sqrt(count * 1.5))))
    row, column = np.divmod(np.arange(count), columns)
    square = np.array([[0.0, 0.0], [0.94, 0.0], [0.94, 0.94], [0.0, 0.94]])
    corners = np.stack([column, row], axis=1)[:, None] + square
    return FocalPlane(tuple(names), corners, "a grid in their order: headers do not say where detectors lie")


def list_outlines(plane: FocalPlane) -> list[str]:
    """Return the outline of each detector as the points of an SVG polygon in a box of 100 along its longer side."""
    corners = _scale(plane)
    return [" ".join(f"{x:.1f},{y:.1f}" for x, y in one) for one in corners]


def measure_box(plane: FocalPlane) -> tuple[float, float]:
    """Return width and height of the box of `list_outlines`."""
    spread = np.ptp(plane.corners.reshape(-1, 2), axis=0) if len(plane.names) else np.ones(2)
    wide, tall = 100 * spread / max(float(spread.max()), 1e-30) * (1 - 2 * MARGIN) + 200 * MARGIN
    return round(float(wide), 1), round(float(tall), 1)


def draw_focal_plane(
    plane: FocalPlane, good: Float[np.ndarray, " detector"], *, dead: Bool[np.ndarray, " detector"],
    texts: Sequence[str],
) -> Markup:  # fmt: skip
    """Draw one exposure's focal plane as an SVG element; it wants a pattern ``dead`` in the page.

    Parameters
    ----------
    good : ndarray, shape (detector,)
        Probability of being good; NaN leaves the detector empty.
    dead : ndarray, shape (detector,)
        Detectors without light are hatched.
    texts : sequence of str
        What hovering over a detector says.
    """
    width, height = measure_box(plane)
    shapes = []
    for points, value, no_light, text in zip(list_outlines(plane), good.tolist(), dead.tolist(), texts, strict=True):
        fill = "url(#dead)" if no_light else get_color(value)
        shapes.append(f'<polygon points="{points}" fill="{fill}"><title>{escape(text)}</title></polygon>')
    body = "".join(shapes)
    return Markup(  # noqa: S704  numbers and escaped texts
        f'<svg class="focal" viewBox="0 0 {width} {height}" role="img" aria-label="Focal plane">{body}</svg>'
    )


def get_color(good: float) -> str:
    """Return the color of a probability: cividis, dark where it is bad; none where nothing is known."""
    return "none" if np.isnan(good) else to_hex(mpl.colormaps["cividis"](float(np.clip(good, 0, 1))))


def _scale(plane: FocalPlane) -> Float[np.ndarray, "detector 4 2"]:
    """Bring outlines into the box, y downward as screens have it."""
    low, high = plane.corners.min(axis=(0, 1)), plane.corners.max(axis=(0, 1))
    size = max(float((high - low).max()), 1e-30)
    scaled = (plane.corners - low) / size * 100 * (1 - 2 * MARGIN) + 100 * MARGIN
    scaled[..., 1] = measure_box(plane)[1] - scaled[..., 1]
    return np.asarray(scaled)
