"""Sources of different sizes appear equally large."""

import numpy as np
import pytest
from astropy.cosmology import Planck18

from skysieve.morphology.preparation_recipe import RescaleRecipe
from skysieve.morphology.rescaling import measure_factors, rescale_image
from skysieve.morphology.steps import PreparationFlag
from skysieve.records import Catalog, Column


def make_rows(**columns: list[float]) -> Catalog:
    schema = tuple(Column(name, "f8") for name in columns)
    return Catalog(schema, {name: np.array(values) for name, values in columns.items()})


def make_gaussian(sigma: float, side: int = 65) -> np.ndarray:
    axis = np.arange(side) - (side - 1) / 2
    return np.exp(-(axis[:, None] ** 2 + axis**2) / (2 * sigma**2))


def measure_width(image: np.ndarray) -> float:
    axis = np.arange(image.shape[1]) - (image.shape[1] - 1) / 2
    flux = np.nan_to_num(image).sum(axis=0)
    return float(np.sqrt((flux * axis**2).sum() / flux.sum()))


@pytest.mark.parametrize("factor", [0.4, 0.7, 1.0, 1.5, 2.5])
def test_a_source_is_resampled_to_the_size_wanted_without_moving(factor):
    image = rescale_image(make_gaussian(4.0), factor)
    assert measure_width(image) == pytest.approx(4 * factor, rel=0.04)
    np.testing.assert_allclose(image, image[::-1, ::-1], atol=1e-12)


def test_a_bad_pixel_spoils_its_surroundings_only():
    image = np.ones((21, 21))
    image[10, 10] = np.nan
    scaled = rescale_image(image, 2.0)
    assert np.isnan(scaled[10, 10])
    assert np.isnan(scaled).sum() <= 9
    np.testing.assert_allclose(scaled[np.isfinite(scaled)], 1)


def test_equal_sizes_come_from_inverse_factors_within_the_limit():
    rows = make_rows(size=[5.0, 20.0, 0.5, np.nan, -1.0])
    factors, flags = measure_factors(rows, RescaleRecipe("size", "size", 10.0))
    assert factors.tolist() == [2.0, 0.5, 4.0, 1.0, 1.0]
    assert [int(flag) for flag in flags] == [0, 0, PreparationFlag.SCALE_LIMITED] + 2 * [PreparationFlag.SCALE_UNKNOWN]


def test_a_pixel_spans_the_same_kpc_at_every_redshift():
    factors, _ = measure_factors(make_rows(z=[0.1, 0.5]), RescaleRecipe("redshift", "z", 0.5))
    kpc = [1 / Planck18.arcsec_per_kpc_proper(z).value for z in (0.1, 0.5)]
    assert factors[1] == pytest.approx(1)
    assert factors[0] == pytest.approx(kpc[0] / kpc[1])


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"rescale\.column = z: the rows have no such numbers; there are size"):
        measure_factors(make_rows(size=[1.0]), RescaleRecipe("redshift", "z", 0.5))


def test_a_factor_of_zero_is_refused():
    with pytest.raises(ValueError, match="a positive number is wanted"):
        rescale_image(np.ones((3, 3)), 0.0)
