"""Cutouts are resampled so that sources of different sizes appear equally large."""

import numpy as np
from jaxtyping import Float, Real
from scipy import ndimage

from skysieve.morphology.preparation_recipe import RescaleRecipe
from skysieve.morphology.steps import PreparationFlag
from skysieve.records import Catalog


def measure_factors(rows: Catalog, recipe: RescaleRecipe) -> tuple[Float[np.ndarray, " row"], list[PreparationFlag]]:
    """Return how many times each row's cutout is to be enlarged.

    Parameters
    ----------
    rows : Catalog
        With the recipe's column; a value that is not positive or not finite is unknown.
    recipe : RescaleRecipe
        What to make equal.

    Returns
    -------
    tuple of ndarray, list of PreparationFlag
        Factors, 1 where unknown, below 1 for sources to be reduced; and a flag a row.

    Raises
    ------
    ValueError
        If there is no such column, or it holds text.
    """
    if recipe.column not in rows.names or rows[recipe.column].dtype.kind not in "fiu":
        raise ValueError(
            f"rescale.column = {recipe.column}: the rows have no such numbers; there are {', '.join(rows.names)}"
        )
    values = rows[recipe.column].astype(np.float64)
    known = np.isfinite(values) & (values > 0)
    factors = np.ones(len(values))
    if recipe.by == "size":
        factors[known] = recipe.target / values[known]
    elif known.any():
        factors[known] = _compare_distances(values[known], recipe.target)
    limited = np.clip(factors, 1 / recipe.limit, recipe.limit)
    cut = np.where(limited != factors, int(PreparationFlag.SCALE_LIMITED), 0)
    flags = np.where(known, cut, int(PreparationFlag.SCALE_UNKNOWN))
    return limited, [PreparationFlag(int(flag)) for flag in flags]


def rescale_image(image: Real[np.ndarray, "y x"], factor: float) -> Float[np.ndarray, "y x"]:
    """Enlarge an image about its middle, on the same frame.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Pixels [image unit a pixel, which is kept: surface brightness]; NaN is bad.
    factor : float
        Above 1 enlarges, below 1 reduces; then the image is smoothed first, so that no pixel is skipped.

    Returns
    -------
    ndarray, shape (y, x)
        Interpolated bilinearly; NaN beyond the image, and where most of what is interpolated is bad.

    Raises
    ------
    ValueError
        If the factor is not positive.

    Examples
    --------
    >>> rescale_image(np.arange(9.0).reshape(3, 3), 2.0)[1]
    array([3.5, 4. , 4.5])
    """
    if not factor > 0:
        raise ValueError(f"rescale_image: factor = {factor:g}; a positive number is wanted")
    pixels = np.asarray(image, np.float64)
    if factor == 1:
        return pixels.copy()
    good = np.isfinite(pixels)
    sums, counts = _resample(np.where(good, pixels, 0.0), factor), _resample(good.astype(np.float64), factor)
    return np.where(counts > 0.5, sums / np.maximum(counts, 0.5), np.nan)


def _resample(plane: Float[np.ndarray, "y x"], factor: float) -> Float[np.ndarray, "y x"]:
    sigma = max(0.0, (1 / factor - 1) / 2)
    smooth = ndimage.gaussian_filter(plane, sigma, mode="constant") if sigma else plane
    middle = (np.array(plane.shape) - 1) / 2
    result: Float[np.ndarray, "y x"] = ndimage.affine_transform(
        smooth, np.full(2, 1 / factor), middle - middle / factor, order=1, mode="constant"
    )
    return result


def _compare_distances(redshifts: Float[np.ndarray, " row"], target: float) -> Float[np.ndarray, " row"]:
    """Return angular diameter distances over that at the target redshift; the Hubble constant cancels."""
    from astropy.cosmology import Planck18  # noqa: PLC0415 -- takes half a second

    distances = Planck18.angular_diameter_distance(redshifts).value
    return np.asarray(distances / Planck18.angular_diameter_distance(target).value)
