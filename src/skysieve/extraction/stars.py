"""Which sources are stars: the narrow locus of constant size that point sources form at all magnitudes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.extraction.field import evaluate_field, fit_field
from skysieve.extraction.psf import evaluate_psf, measure_half_light
from skysieve.extraction.recipe import PsfRecipe
from skysieve.records import PsfModel, SourceFlag

DISQUALIFYING = (
    SourceFlag.BLENDED
    | SourceFlag.SATURATED
    | SourceFlag.EDGE
    | SourceFlag.APERTURE_INCOMPLETE
    | SourceFlag.CROWDED
    | SourceFlag.BAD_PIXELS
)

KERNEL = 0.04
"""Width of the density kernel in ln(size): stars of one exposure scatter by about that."""

GIVEN_SCATTER = 0.05
"""Scatter of ln(size) assumed around a PSF that was given, as good exposures have it."""

WIDEST = 0.15
"""Stars of one exposure share a size to better than this in ln(size); a wider clump is galaxies."""

SHARPEST = 0.45
"""No star puts more of its light into one pixel than this; cosmic rays and hot pixels do."""


@dataclass(frozen=True)
class StarLocus:
    """Stars of an image and the half-light radius [pixel] of a star anywhere on it.

    ``coefficients`` are of a polynomial in ln(radius), ``scatter`` is the spread of ln(radius) around it, ``limits``
    its range at the stars, which keeps it sane where there are none; ``sharpness`` is the largest share of its light
    that a star puts into one pixel.
    """

    stars: Bool[np.ndarray, " source"]
    coefficients: Float[np.ndarray, " term"]
    scatter: float
    shape: tuple[int, int]
    limits: tuple[float, float]
    sharpness: float

    def radius(self, x: Float[np.ndarray, " source"], y: Float[np.ndarray, " source"]) -> np.ndarray:
        """Half-light radius of a star at each position [pixel]."""
        return np.exp(np.clip(evaluate_field(self.coefficients, x, y, shape=self.shape), *self.limits))


def select_stars(
    *,
    x: Float[np.ndarray, " source"],
    y: Float[np.ndarray, " source"],
    radius: Float[np.ndarray, " source"],
    snr: Float[np.ndarray, " source"],
    sharpness: Float[np.ndarray, " source"],
    flags: Int[np.ndarray, " source"],
    shape: tuple[int, int],
    recipe: PsfRecipe,
) -> StarLocus | None:
    """Find the stellar locus in size and the stars on it.

    Parameters
    ----------
    x, y : ndarray, shape (source,)
        Positions [pixel].
    radius : ndarray, shape (source,)
        Half-light radii [pixel]; NaN excludes.
    snr : ndarray, shape (source,)
        Kron flux over its error.
    sharpness : ndarray, shape (source,)
        Peak pixel over Kron flux.
    flags : ndarray of int, shape (source,)
        Source flags.
    shape : tuple of int
        Rows and columns of the image [pixel].
    recipe : PsfRecipe
        How many stars, how bright.

    Returns
    -------
    StarLocus or None
        None when fewer than ``min_stars`` sources share a size, or their sizes scatter by more than 15 %.

    Notes
    -----
    Among clean sources above ``min_snr`` the density of ln(radius) is searched for the smallest size at which it has
    a peak at least a third as high as its highest one: galaxies are larger than stars, never smaller.
    """
    clean = (flags & int(DISQUALIFYING)) == 0
    usable = clean & np.isfinite(radius) & (radius > 0.3) & (snr > recipe.min_snr) & (sharpness < SHARPEST)
    brightest = np.flatnonzero(usable)
    brightest = brightest[np.argsort(-snr[brightest], kind="stable")][: 4 * recipe.max_stars]
    if len(brightest) < recipe.min_stars:
        return None
    size = np.log(radius[brightest])
    near = np.abs(size - _find_smallest_peak(size)) < 4 * KERNEL
    for _ in range(5):
        if np.count_nonzero(near) < recipe.min_stars:
            return None
        at = brightest[near]
        degree = 2 if len(at) >= 60 else 1 if len(at) >= 20 else 0
        coefficients = fit_field(size[near], x[at], y[at], shape=shape, degree=degree)
        residual = size - evaluate_field(coefficients, x[brightest], y[brightest], shape=shape)
        scatter = max(0.02, 1.4826 * float(np.median(np.abs(residual[near]))))
        near = np.abs(residual) < 3 * scatter
    stars = np.zeros(len(x), bool)
    stars[brightest[near]] = True
    if np.count_nonzero(stars) < recipe.min_stars or scatter > WIDEST:
        return None
    at_stars = evaluate_field(coefficients, x[stars], y[stars], shape=shape)
    limits = (float(at_stars.min()) - 3 * scatter, float(at_stars.max()) + 3 * scatter)
    return StarLocus(stars, coefficients, scatter, shape, limits, float(np.quantile(sharpness[stars], 0.95)))


def find_locus(psf: PsfModel, sources: int) -> StarLocus:
    """Return the locus on which a given PSF puts the stars of an image of so many sources; none is singled out."""
    rows, columns = psf.shape
    y, x = (axis.ravel() for axis in np.meshgrid(np.linspace(0, rows - 1, 3), np.linspace(0, columns - 1, 3)))
    stamps = evaluate_psf(psf, x, y)
    size = np.log([measure_half_light(stamp) for stamp in stamps])
    coefficients = fit_field(size, x, y, shape=psf.shape, degree=min(psf.degree, 2))
    limits = (float(size.min()) - GIVEN_SCATTER, float(size.max()) + GIVEN_SCATTER)
    none = np.zeros(sources, bool)
    return StarLocus(none, coefficients, GIVEN_SCATTER, psf.shape, limits, float(stamps.max()))


def _find_smallest_peak(size: np.ndarray) -> float:
    """Smallest ln(size) at which the density has a peak a third as high as the highest."""
    grid = np.arange(size.min() - KERNEL, size.max() + 2 * KERNEL, KERNEL / 4)
    density = np.exp(-0.5 * ((grid[:, None] - size) / KERNEL) ** 2).sum(axis=1)
    inner = density[1:-1]
    peak = (inner >= density[:-2]) & (inner > density[2:]) & (inner > density.max() / 3)
    return float(grid[1:-1][peak][0]) if peak.any() else float(grid[np.argmax(density)])
