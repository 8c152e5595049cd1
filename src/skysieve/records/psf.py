"""A point-spread function that varies over the field as a polynomial in every pixel of its stamp."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class PsfModel:
    """Stamp coefficients of a polynomial over the detector.

    Parameters
    ----------
    coefficients : ndarray, shape (term, y, x)
        One stamp a polynomial term; terms run 1, u, v, u^2, uv, v^2, ... with u, v the position scaled to [-1, 1].
        Each evaluated stamp is centered on its middle pixel and sums to one.
    degree : int
        Polynomial degree; ``(degree + 1) * (degree + 2) / 2`` terms. 0 is a constant PSF.
    shape : tuple of int
        Rows and columns of the detector [pixel], which fix the scaling of u and v.
    n_stars : int
        Stars behind the fit.
    fwhm : float
        Median full width at half maximum of those stars [pixel].
    """

    coefficients: Float[np.ndarray, "term y x"]
    degree: int
    shape: tuple[int, int]
    n_stars: int
    fwhm: float
