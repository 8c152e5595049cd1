"""Sky positions and shapes through the local linear map from pixels to the tangent plane."""

from dataclasses import dataclass

import numpy as np
from astropy.wcs import WCS
from jaxtyping import Float

from skysieve.extraction.footprints import convert_moments
from skysieve.io.exposures import pixel_to_sky


@dataclass(frozen=True)
class SkyShapes:
    """Positions [deg, ICRS], errors, semi-axes and width [arcsec], position angle [deg east of north]."""

    ra: Float[np.ndarray, " source"]
    dec: Float[np.ndarray, " source"]
    ra_err: Float[np.ndarray, " source"]
    dec_err: Float[np.ndarray, " source"]
    a: Float[np.ndarray, " source"]
    b: Float[np.ndarray, " source"]
    theta: Float[np.ndarray, " source"]
    fwhm: Float[np.ndarray, " source"]


def measure_sky_shapes(
    wcs: WCS | None,
    *,
    x: Float[np.ndarray, " source"],
    y: Float[np.ndarray, " source"],
    moments: tuple[Float[np.ndarray, " source"], Float[np.ndarray, " source"], Float[np.ndarray, " source"]],
    errors: tuple[Float[np.ndarray, " source"], Float[np.ndarray, " source"], Float[np.ndarray, " source"]],
    fwhm: Float[np.ndarray, " source"],
) -> SkyShapes:
    """Carry positions, errors and second moments from the detector to the sky.

    Parameters
    ----------
    wcs : WCS or None
        None makes everything NaN.
    x, y : ndarray, shape (source,)
        Positions [pixel].
    moments, errors : tuple of ndarray
        ``x2, y2, xy`` of the shape and of the position error [pixel^2].
    fwhm : ndarray, shape (source,)
        Width [pixel], scaled by the square root of the local pixel area.

    Returns
    -------
    SkyShapes
        NaN where the projection fails.
    """
    if wcs is None or len(x) == 0:
        unknown = [np.full(len(x), np.nan) for _ in range(8)]
        return SkyShapes(*unknown)
    ra, dec = pixel_to_sky(wcs, x, y)
    east_x, north_x = _step(ra, dec, *pixel_to_sky(wcs, x + 1, y))
    east_y, north_y = _step(ra, dec, *pixel_to_sky(wcs, x, y + 1))
    jacobian = (east_x, east_y, north_x, north_y)
    east2, north2, cross = _transform(jacobian, *moments)
    a, b, theta = convert_moments(north2, east2, cross)
    east_variance, north_variance, _ = _transform(jacobian, *errors)
    scale = np.sqrt(np.abs(east_x * north_y - east_y * north_x))
    return SkyShapes(
        ra, dec, np.sqrt(east_variance), np.sqrt(north_variance), a, b, np.degrees(theta) % 180, fwhm * scale
    )


def _step(ra: np.ndarray, dec: np.ndarray, ra_next: np.ndarray, dec_next: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Offset east and north [arcsec] from one position to one close by, in its tangent plane: true at the poles too."""
    turn, dec, dec_next = np.radians(ra_next - ra), np.radians(dec), np.radians(dec_next)
    east = np.cos(dec_next) * np.sin(turn)
    north = np.sin(dec_next - dec) + 2 * np.sin(dec) * np.cos(dec_next) * np.sin(turn / 2) ** 2
    return 3600 * np.degrees(east), 3600 * np.degrees(north)


def _transform(
    jacobian: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray], x2: np.ndarray, y2: np.ndarray, xy: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Covariance on the sky (east-east, north-north, east-north) of a covariance on the detector."""
    ex, ey, nx, ny = jacobian
    east2 = ex * ex * x2 + 2 * ex * ey * xy + ey * ey * y2
    north2 = nx * nx * x2 + 2 * nx * ny * xy + ny * ny * y2
    return east2, north2, ex * nx * x2 + (ex * ny + ey * nx) * xy + ey * ny * y2
