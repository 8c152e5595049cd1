"""Light of another image in the apertures of a catalog, such as a noise-free one in those of its noisy twin."""

import numpy as np
import sep
from jaxtyping import Float

from skysieve.records import Catalog


def measure_kron_flux(image: Float[np.ndarray, "y x"], catalog: Catalog) -> Float[np.ndarray, " source"]:
    """Sum an image inside the Kron ellipses of a catalog.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Pixels, background-free and finite, as a simulation without noise gives them [image unit].
    catalog : Catalog
        Its x, y, a, b [pixel], theta [deg] and kron_radius say where.

    Returns
    -------
    ndarray, shape (source,)
        Flux [image unit]; NaN where the ellipse is unknown (NaN) or outside the image. Empty for an empty catalog.

    Notes
    -----
    The ellipse is that in which ``flux_kron`` was measured, so their difference holds the noise, the background's
    error and the neighbors' light, and nothing of the light outside the aperture.
    """
    flux = np.full(len(catalog), np.nan)
    x, y, theta = (catalog[name].astype(float) for name in ("x", "y", "theta"))
    a, b = (catalog[axis].astype(float) * catalog["kron_radius"] for axis in ("a", "b"))
    height, width = image.shape
    known = np.isfinite(x + y + theta + a + b) & (a > 0) & (b > 0)
    rows = np.flatnonzero(known & (np.abs(x - width / 2) < width / 2 + a) & (np.abs(y - height / 2) < height / 2 + a))
    if len(rows):
        angle = np.clip(np.radians(theta[rows]), -np.pi / 2, np.pi / 2)
        pixels = np.ascontiguousarray(image, np.float32)
        flux[rows] = sep.sum_ellipse(pixels, x[rows], y[rows], a[rows], b[rows], angle, subpix=5)[0]
    return flux
