"""Errors in crowded fields: what neighbors leave in apertures is measured on empty places of the same image."""

import numpy as np
import pytest

from skysieve.extraction import ExtractionRecipe, extract_sources, measure_kron_flux
from skysieve.extraction.bands import BandWindows, calibrate_band
from skysieve.extraction.detection import Found
from skysieve.extraction.empty_apertures import add_neighbors
from skysieve.extraction.recipe import BackgroundRecipe
from skysieve.extraction.search import search_image
from skysieve.extraction.second_look import look_again
from skysieve.records import Detector


@pytest.fixture(scope="module")
def measure(make_band):
    """Shares of neighbors' light in the errors of an image."""

    def run(image):
        recipe = ExtractionRecipe()
        bands = [calibrate_band(make_band(image), recipe.background)]
        found: Found = search_image(BandWindows(bands), None, recipe, gain=np.nan)
        again = BandWindows(look_again(bands, found.footprints, BackgroundRecipe(), reference=0))
        return add_neighbors(again, found.labels, found.footprints, index=0)

    return run


def test_neighbors_count_in_a_crowd_of_broad_wings(measure, draw_sky, add_noise):
    rng, sky = np.random.default_rng(1), draw_sky(512, 512)
    for _ in range(250):
        x, y = rng.uniform(30, 482, 2)
        stamp = draw_sky(61, 61)
        stamp.add_moffat(30 + x % 1, 30 + y % 1, 200 * rng.uniform() ** -1.2, fwhm=5, beta=1.8)
        sky.paste(stamp, int(x) - 30, int(y) - 30)
    growth = measure(add_noise(sky.image, seed=2, level=10.0))
    assert growth.halo > 0.2


def test_neighbors_do_not_count_where_there_are_none(measure, add_noise):
    growth = measure(add_noise(np.zeros((512, 512)), seed=3, level=10.0))
    assert growth.halo < 1
    assert growth.removed == 0


@pytest.mark.parametrize("side", [20, 64])
def test_images_with_few_empty_places_leave_neighbors_out(measure, add_noise, side):
    growth = measure(add_noise(np.zeros((side, side)), seed=4))
    assert (growth.halo, growth.removed) == (0, 0)


def test_a_flux_of_which_nothing_is_known_has_no_error_however_crowded(make_band, draw_field, add_noise):
    crowd = add_noise(draw_field((300, 300), stars=200, galaxies=90, seed=5).image, seed=6)
    variance = np.where(np.arange(300) < 150, 1.0, 0.0) * np.ones((300, 1))
    bands = (make_band(crowd, name="r"), make_band(crowd, name="z", variance=variance))
    catalog = extract_sources(Detector("two.fits", bands), ExtractionRecipe()).catalog
    unknown = np.isnan(catalog["flux_kron_z"])
    assert unknown.sum() > 50
    assert np.isnan(catalog["flux_kron_err_z"][unknown]).all()
    assert np.isfinite(catalog["flux_kron_err_r"]).all()


def test_crowding_makes_errors_of_injected_sources_larger(make_detector, draw_field, draw_sky, add_noise):
    crowd = draw_field((400, 400), stars=350, galaxies=150, seed=5).image
    lone, errors = draw_sky(400, 400), []
    lone.add_gaussian(200.3, 200.6, 2000)
    for image in (crowd + lone.image, lone.image):
        catalog = extract_sources(make_detector(add_noise(image, seed=6)), ExtractionRecipe()).catalog
        row = np.argmin(np.hypot(catalog["x"] - 200.3, catalog["y"] - 200.6))
        assert np.isfinite(measure_kron_flux(lone.image, catalog)[row])
        errors.append(catalog["flux_aper3_err"][row])
    assert errors[0] > 1.2 * errors[1]
