import numpy as np
from astropy.wcs import WCS
from tests.chain.conftest import make_header

from skysieve.quality.focal_plane import Tile, choose_binning, draw_mosaic, find_tile, place_tiles

SHAPES = [(100, 120)] * 2


def make_wcs(*, x=0.0, y=0.0, turn=0.0):
    """World coordinates of a detector whose first pixel lies at (x, y) of the first detector."""
    wcs = WCS(make_header())
    wcs.wcs.crpix -= (x, y)
    wcs.wcs.pc = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    return wcs


def place(*coordinates, binning=2):
    return place_tiles(coordinates, SHAPES, [(50, 60)] * 2, binning=binning)


def test_detectors_lie_where_their_coordinates_say():
    first, second = place(make_wcs(), make_wcs(x=140, y=20))
    assert (second.x - first.x, second.y - first.y) == (70, 10)


def test_the_first_detector_is_upright_however_the_camera_is_turned():
    first, second = place(make_wcs(turn=0.7), make_wcs(x=140, turn=0.7))
    assert (abs(second.x - first.x), second.y - first.y) == (70, 0)


def test_without_coordinates_or_with_the_same_they_stand_in_rows():
    rows = (Tile(0, 0, 50, 60), Tile(62, 0, 50, 60))
    assert place(None, make_wcs()) == rows
    assert place(make_wcs(), make_wcs()) == rows


def test_fields_far_apart_stand_in_rows():
    assert place(make_wcs(), make_wcs(x=5000, y=5000)) == (Tile(0, 0, 50, 60), Tile(62, 0, 50, 60))


def test_a_place_belongs_to_the_nearest_detector():
    tiles = (Tile(0, 0, 10, 10), Tile(20, 0, 10, 10))
    assert [find_tile(tiles, x, 5.0) for x in (5.0, 14.0, 17.0, 25.0)] == [0, 0, 1, 1]
    assert find_tile((), 1.0, 1.0) == -1


def test_no_detector_is_one_pixel_of_nothing():
    assert np.isnan(draw_mosaic((), ())).all()
    assert place_tiles((), (), (), binning=1) == ()
    assert choose_binning([], side=100) == 1
