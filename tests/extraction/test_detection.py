"""Detection in one window."""

import math

import numpy as np
import pytest

from skysieve.extraction.bands import calibrate_band, subtract_background
from skysieve.extraction.detection import Found, detect_sources
from skysieve.extraction.recipe import BackgroundRecipe, DetectionRecipe
from skysieve.extraction.tiles import Tile
from skysieve.records import SourceFlag

STAR = (40.0, 30.0)


@pytest.fixture
def find(make_band, add_noise):
    """Detect in a window of an image."""

    def detect(image: np.ndarray, *, bad=None, window=None, **settings: float) -> Found:
        window = window or (slice(0, image.shape[0]), slice(0, image.shape[1]))
        band = calibrate_band(make_band(add_noise(image, seed=1), bad=bad), BackgroundRecipe())
        tile = Tile(window, window, image.shape)
        return detect_sources(subtract_background(band, tile), DetectionRecipe(**settings), gain=math.nan)

    return detect


@pytest.fixture
def star(draw_sky):
    sky = draw_sky(100, 120)
    sky.add_gaussian(*STAR, 3000)
    return sky.image


def test_one_star_is_one_source_with_its_pixels_labeled(find, star):
    found = find(star, threshold=5.0)
    assert (found.footprints.peak_x.tolist(), found.footprints.peak_y.tolist()) == ([40], [30])
    assert (found.labels == 1).sum() == found.footprints.npix[0]


def test_groups_smaller_than_the_least_area_are_dropped(find, star):
    assert len(find(star, threshold=5.0, min_area=200).footprints) == 0


def test_nothing_above_the_threshold_is_an_empty_result(find):
    found = find(np.zeros((64, 64)), threshold=8.0)
    assert len(found.footprints) == 0
    assert not found.labels.any()


def test_two_peaks_on_one_isophote_are_two_sources_of_one_group(find, draw_sky):
    sky = draw_sky(100, 120)
    sky.add_gaussian(50, 50, 5000)
    sky.add_gaussian(57, 50, 5000)
    f = find(sky.image, threshold=3.0).footprints
    assert sorted(f.peak_x.tolist()) == [50, 57]
    assert f.group[0] == f.group[1]
    assert (f.flags & SourceFlag.BLENDED > 0).all()


def test_without_deblending_they_stay_one(find, draw_sky):
    sky = draw_sky(100, 120)
    sky.add_gaussian(50, 50, 5000)
    sky.add_gaussian(57, 50, 5000)
    assert len(find(sky.image, threshold=3.0, contrast=1.0).footprints) == 1


def test_sources_on_the_border_of_the_image_and_beside_bad_pixels_say_so(find, draw_sky):
    sky, bad = draw_sky(100, 120), np.zeros((100, 120), bool)
    sky.add_gaussian(0, 50, 5000)
    sky.add_gaussian(60, 50, 5000)
    bad[50, 64] = True
    f = find(sky.image, bad=bad, threshold=5.0).footprints
    flags = f.flags[np.argsort(f.peak_x)] & (SourceFlag.EDGE | SourceFlag.BAD_PIXELS)
    assert flags.tolist() == [SourceFlag.EDGE, SourceFlag.BAD_PIXELS]


def test_every_member_of_a_blend_that_the_window_cuts_is_flagged(find, draw_sky):
    sky = draw_sky(100, 120)
    for x in (38, 46, 54, 61):
        sky.add_gaussian(x, 50, 5000)
    f = find(sky.image, threshold=1.5, window=(slice(0, 100), slice(0, 62))).footprints
    members = f.flags[np.abs(f.peak_y - 50) < 3]
    assert len(members) == 4
    assert (members & SourceFlag.LARGER_THAN_HALO > 0).all()


def test_only_sources_whose_peak_lies_in_the_core_are_owned(make_band, add_noise, draw_sky):
    sky = draw_sky(100, 120)
    for x in (30, 90):
        sky.add_gaussian(x, 50, 5000)
    band = calibrate_band(make_band(add_noise(sky.image, seed=1)), BackgroundRecipe())
    tile = Tile((slice(0, 100), slice(0, 60)), (slice(0, 100), slice(0, 120)), (100, 120))
    found = detect_sources(subtract_background(band, tile), DetectionRecipe(threshold=5.0), gain=math.nan)
    assert found.footprints.peak_x.tolist() == [30]
    assert found.labels[50, 90] > 0


def test_bad_pixels_belong_to_no_source(find, star):
    bad = np.zeros(star.shape, bool)
    bad[28:33, 40] = True
    assert not find(star, bad=bad, threshold=3.0).labels[bad].any()
