"""A stand-in for a PSF that could not be measured."""

import numpy as np

from skysieve.records import PsfModel

BETA = 3.0
OVERSAMPLING = 7


def make_moffat(fwhm: float, *, shape: tuple[int, int], beta: float = BETA) -> PsfModel:
    """Make a constant round Moffat PSF, integrated over pixels.

    Parameters
    ----------
    fwhm : float
        Width of the profile [pixel]; positive.
    shape : tuple of int
        Rows and columns of the detector [pixel].
    beta : float
        Wing exponent; 3 suits seeing-limited images.

    Returns
    -------
    PsfModel
        Of zero stars; its stamp reaches to six widths and sums to one.
    """
    half = max(12, int(np.ceil(6 * fwhm)))
    fine = (np.arange((2 * half + 1) * OVERSAMPLING) + 0.5) / OVERSAMPLING - half - 0.5
    core = fwhm / 2 / np.sqrt(2 ** (1 / beta) - 1)
    profile = (1 + (fine[:, None] ** 2 + fine**2) / core**2) ** -beta
    side = 2 * half + 1
    stamp = profile.reshape(side, OVERSAMPLING, side, OVERSAMPLING).mean(axis=(1, 3))
    return PsfModel((stamp / stamp.sum())[None].astype(np.float32), 0, shape, 0, float(fwhm))
