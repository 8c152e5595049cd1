"""Small pictures of many sources at once, resampled so that the usual seeing has one width for every camera."""

import numpy as np
from jaxtyping import Float, Float32


def resample_stamps(
    image: Float[np.ndarray, "y x"],
    places: Float[np.ndarray, "source 2"],
    *,
    step: float,
    side: int,
) -> Float32[np.ndarray, "source v u"]:
    """Cut out stamps around places between pixels.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Finite pixels.
    places : ndarray, shape (source, 2)
        x and y of the middles [pixel].
    step : float
        Distance of the stamps' pixels [pixel of the image].
    side : int
        Pixels of a stamp's side, odd.

    Returns
    -------
    ndarray of float32, shape (source, v, u)
        Interpolated linearly; beyond the edges that of the nearest pixel.

    Examples
    --------
    >>> resample_stamps(np.arange(9.0).reshape(3, 3), np.array([[1.0, 1.0]]), step=0.5, side=3)[0]
    array([[2. , 2.5, 3. ],
           [3.5, 4. , 4.5],
           [5. , 5.5, 6. ]], dtype=float32)
    """
    offset = (np.arange(side) - side // 2) * step
    rows, columns = image.shape
    x, y = (np.clip(places[:, axis, None] + offset, 0, last - 1) for axis, last in ((0, columns), (1, rows)))
    x0, y0 = (np.minimum(one.astype(int), max(last - 2, 0)) for one, last in ((x, columns), (y, rows)))
    fx, fy = (x - x0).astype(np.float32)[:, None, :], (y - y0).astype(np.float32)[:, :, None]
    x1, y1 = np.minimum(x0 + 1, columns - 1)[:, None, :], np.minimum(y0 + 1, rows - 1)[:, :, None]
    x0, y0 = x0[:, None, :], y0[:, :, None]
    upper = image[y0, x0] * (1 - fx) + image[y0, x1] * fx
    lower = image[y1, x0] * (1 - fx) + image[y1, x1] * fx
    return np.asarray(upper * (1 - fy) + lower * fy, np.float32)
