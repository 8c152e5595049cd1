"""Overlapping windows over an image."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skysieve.extraction.tiles import make_tiles

SIDES = st.tuples(st.integers(1, 200), st.integers(1, 200))


@given(shape=SIDES, size=st.integers(16, 120), halo=st.integers(0, 50))
def test_each_pixel_belongs_to_one_core(shape, size, halo):
    owners = np.zeros(shape, int)
    rows, columns = np.indices(shape)
    for tile in make_tiles(shape, size=size, halo=halo):
        owners += tile.owns(rows, columns)
        assert max(edge.stop - edge.start for edge in tile.core) <= size
    assert (owners == 1).all()


@given(shape=SIDES, size=st.integers(16, 120), halo=st.integers(0, 50))
def test_windows_reach_a_halo_beyond_their_core_or_to_the_border(shape, size, halo):
    for tile in make_tiles(shape, size=size, halo=halo):
        for core, window, length in zip(tile.core, tile.window, shape, strict=True):
            assert window.start == max(0, core.start - halo)
            assert window.stop == min(length, core.stop + halo)
        assert tile.origin == (tile.window[0].start, tile.window[1].start)


def test_a_small_image_is_one_tile_that_cuts_nothing():
    (tile,) = make_tiles((50, 60), size=64, halo=16)
    assert tile.window == (slice(0, 50), slice(0, 60))
    assert tile.cut_sides == (False, False, False, False)


def test_cut_sides_are_those_inside_the_image():
    corner = make_tiles((100, 100), size=50, halo=10)[0]
    assert corner.cut_sides == (False, True, False, True)
