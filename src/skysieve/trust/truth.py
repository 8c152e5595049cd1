"""What a perfect measurement would give: light and shape of each injected source without any noise."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from skysieve.extraction import measure_kron_flux
from skysieve.records import Catalog, Column
from skysieve.simulate import Drawn

CORE = 0.4
"""Share of the highest pixel above which pixels enter the width, as extraction measures it."""

SIGMA_TO_FWHM = np.sqrt(8 * np.log(2))
KRON_COLUMNS = ("x", "y", "a", "b", "theta", "kron_radius")


@dataclass(frozen=True)
class TrueShapes:
    """Isophotal shapes without noise: semi-axes and width [pixel], angle [deg]; NaN where nothing is above the cut."""

    a: Float[np.ndarray, " source"]
    b: Float[np.ndarray, " source"]
    theta: Float[np.ndarray, " source"]
    fwhm: Float[np.ndarray, " source"]


def measure_true_flux(drawn: Drawn, rows: Int[np.ndarray, " found"], catalog: Catalog) -> Float[np.ndarray, " found"]:
    """Measure the light of sources, each by itself and without noise, in the Kron ellipses of their detections.

    Parameters
    ----------
    drawn : Drawn
        Stamps of all sources.
    rows : ndarray of int, shape (found,)
        Which of them were found.
    catalog : Catalog
        Their detections, in that order.

    Returns
    -------
    ndarray, shape (found,)
        Flux [image unit]; NaN where the ellipse is unknown.
    """
    values = {name: catalog[name].astype(float) for name in KRON_COLUMNS}
    schema = tuple(Column(name, "f8") for name in KRON_COLUMNS)
    flux = np.full(len(rows), np.nan)
    for at, row in enumerate(rows):
        pixels = drawn.pixels[row]
        if pixels.size:
            one = {name: column[at : at + 1] for name, column in values.items()}
            one["x"], one["y"] = one["x"] - drawn.x0[row], one["y"] - drawn.y0[row]
            flux[at] = measure_kron_flux(pixels, Catalog(schema, one))[0]
    return flux


def measure_true_shapes(drawn: Drawn, *, cut: float) -> TrueShapes:
    """Measure the shapes that the stamps have above a surface brightness.

    Parameters
    ----------
    drawn : Drawn
        Noise-free stamps.
    cut : float
        Detection threshold [image unit per pixel].

    Returns
    -------
    TrueShapes
        Second moments of the pixels above the cut, and the width of a Gaussian fitted to those above two fifths of
        the highest, the same definitions as in the catalog but for its smoothing before detection.
    """
    shapes = np.array([_measure_stamp(pixels, cut) for pixels in drawn.pixels]).reshape(-1, 4)
    return TrueShapes(*shapes.T)


def _measure_stamp(pixels: np.ndarray, cut: float) -> tuple[float, float, float, float]:
    """Semi-axes, angle [deg] and width of one stamp."""
    y, x = np.nonzero(pixels > cut)
    if len(x) < 3:
        return np.nan, np.nan, np.nan, np.nan
    weight = pixels[y, x].astype(float)
    total = weight.sum()
    dx, dy = x - (weight @ x) / total, y - (weight @ y) / total
    x2, y2, xy = (weight @ (dx * dx)) / total, (weight @ (dy * dy)) / total, (weight @ (dx * dy)) / total
    middle, difference = (x2 + y2) / 2, np.hypot((x2 - y2) / 2, xy)
    a, b = np.sqrt(middle + difference), np.sqrt(max(middle - difference, 0.0))
    theta = np.degrees(np.arctan2(2 * xy, x2 - y2) / 2)
    return float(a), float(b), float(theta), _fit_core(weight, dx * dx + dy * dy)


def _fit_core(weight: np.ndarray, radius2: np.ndarray) -> float:
    """Width of a Gaussian fitted to the core: ln(value) against r^2, weighted by value^2."""
    core = weight > CORE * weight.max()
    value, r2 = weight[core], radius2[core]
    w, z = value**2, np.log(value)
    determinant = w.sum() * (w @ (r2 * r2)) - (w @ r2) ** 2
    if len(value) < 3 or determinant <= 0:
        return np.nan
    slope = (w.sum() * (w @ (r2 * z)) - (w @ r2) * (w @ z)) / determinant
    return float(SIGMA_TO_FWHM * np.sqrt(-0.5 / slope)) if slope < 0 else np.nan
