"""The sky between the sources: what they cover, its level and its noise."""

import numpy as np
import pytest

from skysieve.extraction.bands import calibrate_band, subtract_background
from skysieve.extraction.bare_sky import mask_sources, measure_bare_sky
from skysieve.extraction.detection import detect_sources
from skysieve.extraction.recipe import BackgroundRecipe, DetectionRecipe
from skysieve.extraction.tiles import make_tiles

RECIPE = BackgroundRecipe()
SHAPE = (192, 192)


@pytest.fixture(scope="module")
def find(make_band):
    """Calibrate an image and find its sources."""

    def run(image):
        band = calibrate_band(make_band(image), RECIPE)
        (tile,) = make_tiles(image.shape, size=1000, halo=16)
        return band, detect_sources(subtract_background(band, tile), DetectionRecipe(), gain=np.nan).footprints

    return run


@pytest.fixture(scope="module")
def wings(draw_sky, add_noise):
    """Stars with broad wings, one in every cell but two."""
    sky = draw_sky(*SHAPE)
    for number, (row, column) in enumerate(np.ndindex(3, 3)):
        if number not in {0, 8}:
            sky.add_moffat(32 + 64 * column, 32 + 64 * row, 4000, fwhm=5, beta=2.5)
    return add_noise(sky.image, seed=1, level=50.0)


def test_the_level_between_sources_is_free_of_their_wings(find, wings):
    band, footprints = find(wings)
    again = measure_bare_sky(band, footprints, RECIPE)
    assert abs(again.mesh.level - 50).mean() < 0.5 * abs(band.mesh.level - 50).mean()
    assert again.mesh.median_rms == pytest.approx(1, abs=0.02)


def test_an_image_without_sources_keeps_its_level_and_noise(find, add_noise):
    band, footprints = find(add_noise(np.zeros(SHAPE), seed=2, level=7.0, sigma=3.0))
    again = measure_bare_sky(band, footprints.take(np.arange(0)), RECIPE)
    np.testing.assert_allclose(again.mesh.level, band.mesh.level, atol=0.2)
    assert again.mesh.median_rms == pytest.approx(3, rel=0.02)


def test_cells_without_bare_sky_take_their_neighbors_level_or_stay(find, add_noise):
    gradient = np.broadcast_to(np.repeat([10.0, 20.0, 30.0], 64), SHAPE)
    band, footprints = find(add_noise(gradient, seed=3))
    covered = footprints.take(np.zeros(1, int))
    covered.x[:], covered.y[:], covered.npix[:], covered.a[:], covered.b[:] = 31.5, 95.5, 1500, 22, 22
    again = measure_bare_sky(band, covered, BackgroundRecipe(filter=1))
    assert again.mesh.level[1, 0] == pytest.approx(15, abs=6)
    everything = covered.take(np.zeros(1, int))
    everything.npix[:] = 10**6
    np.testing.assert_allclose(
        measure_bare_sky(band, everything, BackgroundRecipe(filter=1)).mesh.level, band.mesh.level
    )


def test_the_mask_of_a_window_is_part_of_the_whole_mask(find, wings):
    _, footprints = find(wings)
    whole = mask_sources(footprints, (slice(0, 192), slice(0, 192)))
    part = mask_sources(footprints, (slice(70, 101), slice(20, 90)))
    np.testing.assert_array_equal(part, whole[70:101, 20:90])
    assert 0.1 < whole.mean() < 0.9
    assert whole[32, 96]
