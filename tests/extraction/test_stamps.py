"""Stamps hold the pixels as they are, wherever the source is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.extraction.stamps import CutoutFlag, cut_stamps, find_corners
from skysieve.records import Band, Detector


def make_detector(*, variance: bool = False) -> Detector:
    data = np.arange(20 * 30, dtype=np.float32).reshape(20, 30)
    bad = np.zeros((20, 30), bool)
    bad[5, 5] = True
    planes = np.full((20, 30), 2.0, np.float32) if variance else None
    return Detector("a", (Band("g", data, bad, planes), Band("r", -data, np.zeros((20, 30), bool), planes)))


@pytest.mark.parametrize("side", [3, 4])
def test_a_stamp_is_a_slice_of_the_image(side):
    stamps = cut_stamps(make_detector(), np.array([10.0]), np.array([8.0]), side=side)
    image = make_detector().bands[0].data
    np.testing.assert_array_equal(stamps.image[0, 0], image[7 : 7 + side, 9 : 9 + side])
    np.testing.assert_array_equal(stamps.image[0, 1], -image[7 : 7 + side, 9 : 9 + side])
    assert stamps.flags.tolist() == [0]


@given(st.floats(-50, 50), st.integers(1, 9))
def test_the_middle_is_the_nearest_and_the_offset_what_is_left(x, side):
    left, _ = find_corners(np.array([x]), np.array([0.0]), side=side)
    stamps = cut_stamps(make_detector(), np.array([x]), np.array([0.0]), side=side)
    assert -0.5 <= stamps.dx[0] < 0.5 + 1e-9
    assert left[0] + (side - 1) / 2 + stamps.dx[0] == pytest.approx(x, abs=1e-9)


def test_beyond_the_border_pixels_are_nan():
    stamps = cut_stamps(make_detector(), np.array([0.0, 29.0]), np.array([0.0, 19.0]), side=5)
    assert (stamps.flags == CutoutFlag.BORDER).all()
    assert np.isfinite(stamps.image[0, 0]).sum() == np.isfinite(stamps.image[1, 0]).sum() == 9
    assert stamps.image[0, 0, 2, 2] == 0
    assert stamps.image[1, 0, 2, 2] == 599


def test_bad_pixels_are_nan_in_their_band_and_flagged():
    stamps = cut_stamps(make_detector(variance=True), np.array([5.0]), np.array([5.0]), side=3)
    assert stamps.flags[0] == CutoutFlag.BAD_PIXELS
    assert np.isnan(stamps.image[0, 0, 1, 1])
    assert np.isfinite(stamps.image[0, 1]).all()
    assert stamps.variance is not None
    assert np.isnan(stamps.variance[0, 0, 1, 1])
    assert stamps.variance[0, 0, 0, 0] == 2


def test_sources_nowhere_are_rows_of_nan():
    stamps = cut_stamps(make_detector(), np.array([np.nan, 500.0]), np.array([3.0, -500.0]), side=3)
    assert stamps.flags.tolist() == [CutoutFlag.NO_POSITION, CutoutFlag.OFF_IMAGE]
    assert np.isnan(stamps.image).all()


def test_a_side_of_zero_is_refused():
    with pytest.raises(ValueError, match="a positive number of pixels"):
        cut_stamps(make_detector(), np.zeros(1), np.zeros(1), side=0)
