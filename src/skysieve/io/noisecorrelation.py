"""The correlation of a field's noise, as FITS images hold it."""

from pathlib import Path

import numpy as np
from astropy.io import fits
from jaxtyping import Float

from skysieve.io.catalogs.reading import refuse_unreadable


def read_noise_correlation(path: Path) -> Float[np.ndarray, "v u"]:
    """Read the correlation of two pixels by their distance.

    Parameters
    ----------
    path : Path
        A FITS file whose first image is a covariance or a correlation, zero distance in the middle, as GalSim writes.

    Returns
    -------
    ndarray, shape (v, u)
        Odd sides, 1 in the middle; what an image of even sides has beyond is left out.

    Raises
    ------
    ValueError
        If the file is no FITS file, holds no image, or its largest value is not in the middle and positive.
    """
    with refuse_unreadable(path, "FITS file"), fits.open(path, memmap=False) as hdus:
        image = next((hdu.data for hdu in hdus if hdu.is_image and hdu.data is not None and hdu.data.ndim == 2), None)
    if image is None:
        raise ValueError(f"{path.name}: holds no image; give the correlation function of the noise")
    row, column = np.unravel_index(int(np.argmax(image)), image.shape)
    peak = float(image[row, column])
    reach = [min(place, length - 1 - place) for place, length in zip((row, column), image.shape, strict=True)]
    if not (np.isfinite(image).all() and peak > 0 and all(2 * one + 2 >= n for one, n in zip(reach, image.shape,
                                                                                           strict=True))):  # fmt: skip
        raise ValueError(f"{path.name}: the largest value {peak:.3g} is not positive and in the middle; give a "
                         "correlation function")  # fmt: skip
    kept = image[row - reach[0] : row + reach[0] + 1, column - reach[1] : column + reach[1] + 1]
    return np.asarray(kept / peak, float)
