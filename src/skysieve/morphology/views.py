"""Sources on an image as a map is shown them: cut, resampled to one seeing, in units of the noise, prepared."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32
from scipy.ndimage import gaussian_filter, map_coordinates

from skysieve.morphology.preparation import prepare_image
from skysieve.morphology.preparation_recipe import PreparationRecipe
from skysieve.morphology.recipe import ViewRecipe
from skysieve.records import Catalog

PER_FWHM = 2.3548


@dataclass(frozen=True, eq=False)
class Views:
    """Prepared images of the rows in ``rows``; other sources cannot be shown."""

    images: Float32[np.ndarray, "image 1 y x"]
    rows: np.ndarray


def view_sources(
    image: Float32[np.ndarray, "y x"],
    bad: Bool[np.ndarray, "y x"],
    catalog: Catalog,
    *,
    recipe: ViewRecipe,
    preparation: PreparationRecipe,
) -> Views:
    """Cut out and prepare the sources of an image.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Pixels; each source's own background (column ``background``) is taken off its cutout.
    bad : ndarray, shape (y, x)
        Bad pixels; they count as sky.
    catalog : Catalog
        From our own extraction.
    recipe, preparation
        As in training.

    Returns
    -------
    Views
        Without the sources that are too faint, have no known PSF where the view is scaled by it, or of which nothing
        is left after the preparation.
    """
    rows = np.flatnonzero(select_visible(catalog, recipe))
    if not len(rows):
        return Views(np.zeros((0, 1, recipe.side, recipe.side), np.float32), rows)
    steps = np.ones(len(rows)) if recipe.width is None else catalog["psf_fwhm"][rows] / recipe.width
    plane = smooth_for(np.where(bad, np.float32(np.median(catalog["background"])), image), float(np.median(steps)))
    shown, kept = [], []
    for row, step in zip(rows.tolist(), steps.tolist(), strict=True):
        level, noise = float(catalog["background"][row]), float(catalog["background_rms"][row])
        cutout = _cut(plane, catalog["x"][row], catalog["y"][row], side=recipe.side, step=step, level=level)
        scaled = (cutout - level) / max(noise, 1e-30)
        prepared = prepare_image(scaled[None], preparation)
        if prepared.usable:
            shown.append(prepared.image)
            kept.append(row)
    images = np.stack(shown) if shown else np.zeros((0, 1, recipe.side, recipe.side), np.float32)
    return Views(images, np.array(kept, np.int64))


def select_visible(catalog: Catalog, recipe: ViewRecipe) -> Bool[np.ndarray, " source"]:
    """Select the sources that are bright enough, and whose PSF is known where that is needed."""
    ratio = catalog["flux_kron"] / np.maximum(catalog["flux_kron_err"], 1e-30)
    visible: np.ndarray = (ratio >= recipe.least_snr) & np.isfinite(catalog["background"] + catalog["x"] + catalog["y"])
    return visible if recipe.width is None else visible & (catalog["psf_fwhm"] > 0)


def smooth_for(image: Float32[np.ndarray, "y x"], step: float) -> Float32[np.ndarray, "y x"]:
    """Smooth an image of which only every `step`-th pixel will be looked at, so that none is skipped."""
    if step <= 1.5:
        return image
    smoothed: np.ndarray = gaussian_filter(image, 0.8 * step / PER_FWHM)
    return smoothed


def _cut(
    image: Float32[np.ndarray, "y x"], x: float, y: float, *, side: int, step: float, level: float
) -> Float32[np.ndarray, "v u"]:
    """Cut a square around a position, linearly interpolated, with the background beyond the edges."""
    offset = (np.arange(side) - (side - 1) / 2) * step
    low = [max(int(one + offset[0]) - 1, 0) for one in (y, x)]
    high = [int(one + offset[-1]) + 3 for one in (y, x)]
    part = image[low[0] : max(high[0], low[0] + 1), low[1] : max(high[1], low[1] + 1)]
    grid = np.meshgrid(y + offset - low[0], x + offset - low[1], indexing="ij")
    found: np.ndarray = map_coordinates(part, grid, order=1, mode="constant", cval=level, output=np.float32)
    return found
