"""An analytic PSF as stamps on the pixels: the form in which measured ones come."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float32
from scipy.ndimage import uniform_filter

from skysieve.extraction.field import list_terms
from skysieve.records import PsfModel
from skysieve.simulate.drawing import draw_profiles
from skysieve.simulate.profiles import Profiles
from skysieve.simulate.psf import AnalyticPsf

FINER = 9
"""Steps a pixel in which the width is measured."""

SIDE = 25
"""Least side of a stamp [pixel]."""


def sample_psf(psf: AnalyticPsf | PsfModel) -> PsfModel:
    """Return a PSF as a model of stamps.

    Parameters
    ----------
    psf : AnalyticPsf or PsfModel
        A model is returned as it is.

    Returns
    -------
    PsfModel
        Stamps of at least 25 pixels a side, and of eight times the width, drawn on a grid over the field with the
        pixel's response; the polynomial has the degree of the analytic PSF's size and shape.
    """
    if isinstance(psf, PsfModel):
        return psf
    return PsfModel(sample_stamps(psf), psf.degree, psf.shape, 0, _measure_width(psf))


def sample_stamps(psf: AnalyticPsf) -> Float32[np.ndarray, "term y x"]:
    """Return the stamps of `sample_psf` alone, which take a tenth of the time that its width takes."""
    half = max(SIDE, int(8 * psf.field[0, 0]) | 1) // 2
    steps = np.linspace(0, 1, 5) if psf.degree else np.array([0.5])
    rows, columns = psf.shape
    x, y = (np.rint(one).ravel() for one in np.meshgrid(steps * (columns - 1), steps * (rows - 1)))
    points = Profiles(x, y, np.ones(len(x)), np.ones(len(x), bool))
    drawn = draw_profiles(points, psf, shape=psf.shape, accuracy=0.01)
    stamps = np.stack([_cut_middle(stamp, half) for stamp in drawn.pixels]).astype(float)
    stamps /= stamps.sum(axis=(1, 2), keepdims=True)
    terms = list_terms(x, y, shape=psf.shape, degree=psf.degree)
    planes = np.linalg.lstsq(terms, stamps.reshape(len(x), -1), rcond=None)[0].reshape(-1, *stamps.shape[1:])
    return planes.astype(np.float32)


def _measure_width(psf: AnalyticPsf) -> float:
    """Return the FWHM [pixel] in the middle of the field, pixel included: of a circle as large as the half maximum."""
    fine = replace(psf, field=psf.field * [[FINER], [1], [1]], diffraction=psf.diffraction * FINER)
    x, y = np.array([psf.shape[1] // 2 + 0.0]), np.array([psf.shape[0] // 2 + 0.0])
    star = Profiles(x, y, np.ones(1), np.ones(1, bool))
    stamp = uniform_filter(draw_profiles(star, fine, shape=psf.shape, accuracy=0.01).pixels[0], FINER, mode="constant")
    return float(2 * np.sqrt(np.count_nonzero(stamp > stamp.max() / 2) / np.pi) / FINER)


def _cut_middle(stamp: np.ndarray, half: int) -> np.ndarray:
    """Cut or pad a stamp so that its center, pixel side // 2, becomes the middle one."""
    middle = stamp.shape[0] // 2
    inner = stamp[max(0, middle - half) : middle + half + 1, max(0, middle - half) : middle + half + 1]
    before, after = max(0, half - middle), 2 * half + 1 - inner.shape[0] - max(0, half - middle)
    return np.pad(inner, (before, after))
