"""Light of another image in the apertures of a catalog."""

import numpy as np
import pytest

from skysieve.extraction import measure_kron_flux
from skysieve.records import SourceFlag


@pytest.fixture(scope="module")
def clear_field(draw_field):
    """A field whose sources stand out far above the noise."""
    return draw_field((200, 200), stars=6, galaxies=6, seed=5, edge=40).image


def test_a_noise_free_image_gives_the_kron_fluxes_of_its_almost_noise_free_twin(clear_field, add_noise, extract):
    catalog = extract(add_noise(clear_field, seed=1, sigma=0.02)).catalog
    ours = int(SourceFlag.CROWDED | SourceFlag.BLENDED | SourceFlag.APERTURE_INCOMPLETE)
    alone = ((catalog["flags"] & ours) == 0) & (catalog["flux_kron"] > 100)
    flux = measure_kron_flux(clear_field, catalog)
    assert alone.sum() > 3
    assert flux[alone] == pytest.approx(catalog["flux_kron"][alone], rel=0.01)


def test_sources_without_an_ellipse_have_no_flux(clear_field, extract):
    catalog = extract(clear_field + 0.01 * np.random.default_rng(2).normal(size=clear_field.shape)).catalog
    axis = next(column for column in catalog.schema if column.name == "a")
    unknown = catalog.with_column(axis, np.full(len(catalog), np.nan))
    assert len(catalog) > 0
    assert np.isnan(measure_kron_flux(clear_field, unknown)).all()


def test_an_empty_catalog_gives_no_fluxes(clear_field, extract):
    catalog = extract(clear_field).catalog.take(slice(0, 0))
    assert measure_kron_flux(clear_field, catalog).shape == (0,)
