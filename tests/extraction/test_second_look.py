"""The second look: peaks of correlated noise do not hide the sky, and errors cover in correlated noise too."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from skysieve.extraction import ExtractionRecipe, measure_kron_flux
from skysieve.extraction.recipe import BackgroundRecipe

CELL = 48
ONCE = ExtractionRecipe(background=BackgroundRecipe(second_look=False))


@pytest.fixture(scope="module")
def pulls(draw_sky, add_noise, extract, pair_up):
    """Kron fluxes against the noise-free light in the same ellipses, over their errors, in correlated noise."""
    rng, sky = np.random.default_rng(1), draw_sky(14 * CELL, 14 * CELL)
    for row, column in np.ndindex(14, 14):
        stamp = draw_sky(CELL, CELL)
        stamp.add_moffat(*rng.uniform(23, 24, 2), 300 * rng.uniform() ** -0.8, fwhm=4)
        sky.paste(stamp, CELL * column, CELL * row)
    noise = gaussian_filter(add_noise(np.zeros_like(sky.image), seed=2), 0.7, mode="wrap")
    image = sky.image + noise / noise.std() + 30.0

    def measure(recipe: ExtractionRecipe) -> np.ndarray:
        found = extract(image, recipe)
        rows, near = pair_up(found, sky.truth)
        c = found.catalog.take(rows[near])
        return (c["flux_kron"] - measure_kron_flux(sky.image, c)) / c["flux_kron_err"]

    return measure


def test_flux_errors_cover_in_correlated_noise(pulls):
    pull = pulls(ExtractionRecipe())
    assert np.mean(np.abs(pull) < 1) == pytest.approx(0.683, abs=0.09)
    assert abs(np.mean(pull)) < 0.35


def test_errors_of_independent_pixels_do_not(pulls):
    assert np.mean(np.abs(pulls(ONCE)) < 1) < 0.5
