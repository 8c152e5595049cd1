"""From pixels to brightness on a screen: block averages and asinh stretches."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float


@dataclass(frozen=True)
class Limits:
    """Where a stretch begins, bends and ends [image unit].

    Black at ``black``, white at ``white``; linear near the sky and logarithmic beyond ``softening`` above black.
    """

    black: float
    softening: float
    white: float


def average_blocks(
    data: Float[np.ndarray, "y x"], bad: Bool[np.ndarray, "y x"], factor: int
) -> tuple[Float[np.ndarray, "v u"], Float[np.ndarray, "v u"]]:
    """Average square blocks of pixels, so that shrinking never aliases.

    Parameters
    ----------
    data : ndarray, shape (y, x)
        Image; values under ``bad`` are not looked at and may be NaN.
    bad : ndarray, shape (y, x)
        True where a pixel is not to be used.
    factor : int
        Side of a block [pixel]; the last row and column of blocks may be cut.

    Returns
    -------
    mean : ndarray, shape (ceil(y / factor), ceil(x / factor))
        Mean of the good pixels of each block; 0 where there is none.
    bad_fraction : ndarray, same shape
        Share of bad pixels in each block, 0 to 1.

    Examples
    --------
    >>> image = np.array([[1.0, 3.0, 9.0]])
    >>> average_blocks(image, np.zeros((1, 3), bool), 2)[0]
    array([[2., 9.]])
    """
    rows, columns = (np.arange(0, length, factor) for length in data.shape)
    good = np.add.reduceat(np.add.reduceat(~bad, rows, axis=0, dtype=np.int32), columns, axis=1)
    total = np.add.reduceat(np.where(bad, 0, data), rows, axis=0, dtype=np.float64)
    total = np.add.reduceat(total, columns, axis=1)
    sizes = np.outer(np.diff(np.append(rows, data.shape[0])), np.diff(np.append(columns, data.shape[1])))
    return total / np.maximum(good, 1), 1.0 - good / sizes


def measure_limits(values: Float[np.ndarray, " pixel"]) -> Limits:
    """Return limits that show the sky dark gray, faint sources clearly and bright ones unburnt.

    Black lies two sigma below the median, sigma from the median absolute deviation; white is the 99.8th percentile
    or 20 sigma above the sky, whichever is brighter.

    Parameters
    ----------
    values : ndarray, shape (pixel,)
        Usable pixels of the image [image unit]; non-finite ones are ignored.

    Returns
    -------
    Limits
        Of no pixels at all, 0 to 1; of a constant image, limits that show it mid-gray.
    """
    values = values[np.isfinite(values)].astype(np.float64)
    if values.size == 0:
        return Limits(0.0, 1.0, 1.0)
    sky = float(np.median(values))
    sigma = 1.4826 * float(np.median(np.abs(values - sky))) or float(values.std())
    if sigma <= 0 or not np.isfinite(sigma):
        span = max(abs(sky), 1.0)
        return Limits(sky - span, span * 1e6, sky + span)
    white = max(float(np.percentile(values, 99.8)), sky + 20 * sigma)
    return Limits(sky - 2 * sigma, 2 * sigma, white)


def stretch_asinh(data: Float[np.ndarray, "*any"], limits: Limits) -> Float[np.ndarray, "*any"]:
    """Map pixels to brightness 0 to 1 with an inverse hyperbolic sine.

    Notes
    -----
    asinh((I - black) / softening) / asinh((white - black) / softening), clipped (Lupton et al. 2004, PASP 116, 133).

    Examples
    --------
    >>> stretch_asinh(np.array([0.0, 10.0, 99.0]), Limits(0.0, 1.0, 10.0))
    array([0., 1., 1.])
    """
    top = np.arcsinh((limits.white - limits.black) / limits.softening)
    brightness: np.ndarray = np.clip(np.arcsinh((data - limits.black) / limits.softening) / top, 0.0, 1.0)
    return brightness


def stretch_lupton(bands: Float[np.ndarray, "3 y x"], bad: Bool[np.ndarray, "y x"]) -> Float[np.ndarray, "y x 3"]:
    """Map three bands to a color picture in which bright sources keep their color.

    The bands are balanced first, so that the light of all sources together is gray.

    Parameters
    ----------
    bands : ndarray, shape (3, y, x)
        Red, green and blue [image unit].
    bad : ndarray, shape (y, x)
        Pixels that do not enter the limits.

    Returns
    -------
    ndarray, shape (y, x, 3)
        Brightness 0 to 1.

    Notes
    -----
    Lupton et al. 2004, PASP 116, 133: the mean intensity is stretched, the ratios of the bands are kept, and a pixel
    beyond white is scaled down as a whole.
    """
    signal = np.stack([_subtract_sky(band, bad) for band in bands])
    limits = measure_limits(signal.mean(axis=0)[~bad])
    light = signal - limits.black
    mean = light.mean(axis=0)
    stretch = Limits(0.0, 2 * limits.softening, limits.white - limits.black)
    color: np.ndarray = np.moveaxis(
        np.maximum(light * stretch_asinh(mean, stretch) / np.where(mean > 0, mean, np.inf), 0.0), 0, -1
    )
    color /= np.maximum(color.max(axis=-1, keepdims=True), 1.0)
    return color


def _subtract_sky(band: Float[np.ndarray, "y x"], bad: Bool[np.ndarray, "y x"]) -> Float[np.ndarray, "y x"]:
    """Return a band without its sky, in units of its typical bright pixel (10 sigma and more), else of its noise."""
    limits = measure_limits(band[~bad])
    signal: np.ndarray = band - (limits.black + limits.softening)
    bright = signal[~bad & (signal > 5 * limits.softening)]
    signal /= np.median(bright) if bright.size else limits.softening
    return signal
