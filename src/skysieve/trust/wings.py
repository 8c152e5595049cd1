"""A measured PSF made fit to draw bright sources: its noisy outskirts become smooth wings that end softly."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from skysieve.records import PsfModel

CORE = 1.5
"""Up to this radius [FWHM] the measured pixels stay as they are."""

REACH = 6.0
"""Radius at which the wings end [FWHM]."""

SLOPES = (3.0, 8.0)
"""Range of the exponent with which wings may fall; r^-6 is a Moffat profile of beta = 3."""


def extend_psf(model: PsfModel) -> PsfModel:
    """Replace the outskirts of a PSF model by a power law of the radius, beyond its stamp too.

    Parameters
    ----------
    model : PsfModel
        Measured on stars: pixels far from the center hold more noise than light, and the stamp ends abruptly, which
        would show around a bright injected source as false detections.

    Returns
    -------
    PsfModel
        The same within one and a half FWHM; blended from there to twice as far, or to the border of the stamp, into a
        power law fitted to the rings between; constant over the field in its wings. Each stamp sums to one.
    """
    old = model.coefficients.shape[1] // 2
    half = max(old, int(np.ceil(REACH * model.fwhm)))
    inner, outer = CORE * model.fwhm, min(2 * CORE * model.fwhm, old - 1.0)
    if outer <= inner:
        inner = 0.7 * outer
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    radius = np.hypot(x, y)
    planes = np.pad(model.coefficients.astype(float), ((0, 0), (half - old, half - old), (half - old, half - old)))
    own = 1 - _step(radius, inner, outer)
    wings = _fit_wings(planes[0], radius, inner, outer) * (1 - _step(radius, 0.7 * half, float(half)))
    planes = planes * own
    planes[0] += (1 - own) * wings
    total = planes[0].sum()
    if not (np.isfinite(total) and total > 0):
        return model
    return replace(model, coefficients=(planes / total).astype(np.float32))


def _step(radius: Float[np.ndarray, "y x"], low: float, high: float) -> Float[np.ndarray, "y x"]:
    """Rise smoothly from 0 at one radius to 1 at another."""
    share = np.clip((radius - low) / max(high - low, 1e-9), 0, 1)
    smooth: np.ndarray = share * share * (3 - 2 * share)
    return smooth


def _fit_wings(
    stamp: Float[np.ndarray, "y x"], radius: Float[np.ndarray, "y x"], inner: float, outer: float
) -> Float[np.ndarray, "y x"]:
    """Fit a power law to the mean of two rings, so that noise of either sign averages out; zero without light."""
    middle = (inner + outer) / 2
    near, far = (radius >= inner) & (radius < middle), (radius >= middle) & (radius < outer)
    light = [float(stamp[ring].mean()) if ring.any() else 0.0 for ring in (near, far)]
    place = [float(radius[ring].mean()) if ring.any() else 1.0 for ring in (near, far)]
    if light[0] <= 0:
        return np.zeros_like(stamp)
    slope = SLOPES[1]
    if light[1] > 0 and place[1] > place[0]:
        slope = float(np.clip(np.log(light[0] / light[1]) / np.log(place[1] / place[0]), *SLOPES))
    wings: np.ndarray = light[0] * (np.maximum(radius, inner / 2) / place[0]) ** -slope
    return wings
