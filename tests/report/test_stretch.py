import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skysieve.report.stretch import Limits, average_blocks, measure_limits, stretch_asinh, stretch_lupton


def test_blocks_are_means_of_their_good_pixels():
    data = np.array([[1.0, 3.0, 5.0], [np.nan, 8.0, 7.0]])
    bad = np.isnan(data)
    mean, bad_fraction = average_blocks(data, bad, 2)
    np.testing.assert_array_equal(mean, [[4.0, 6.0]])
    np.testing.assert_array_equal(bad_fraction, [[0.25, 0.0]])


@given(arrays(np.float32, (7, 5), elements=st.floats(-100, 100, width=32)), st.integers(1, 9))
def test_averaging_conserves_the_light(data, factor):
    mean, _ = average_blocks(data, np.zeros(data.shape, dtype=bool), factor)
    sizes, _ = average_blocks(np.ones(data.shape), np.zeros(data.shape, dtype=bool), factor)
    assert np.all(sizes == 1)
    rows, columns = (np.diff(np.append(np.arange(0, n, factor), n)) for n in data.shape)
    assert np.sum(mean * np.outer(rows, columns)) == pytest.approx(data.sum(dtype=np.float64), abs=1e-3)


def test_a_checkerboard_shrinks_to_gray_not_to_stripes():
    board = np.indices((64, 64)).sum(axis=0) % 2 * 2.0
    assert np.ptp(average_blocks(board, board < 0, 4)[0]) == 0


def test_the_stretch_follows_the_inverse_hyperbolic_sine():
    got = stretch_asinh(np.array([-5.0, 1.0, 3.0, 11.0, 50.0]), Limits(1.0, 2.0, 11.0))
    np.testing.assert_allclose(got, [0, 0, np.arcsinh(1) / np.arcsinh(5), 1, 1])


def test_limits_stand_on_sky_noise_and_brightest_pixels():
    values = np.append(np.random.default_rng(1).normal(100, 3, 100_000), np.full(1000, 5000.0))
    limits = measure_limits(values)
    assert limits.black == pytest.approx(94, abs=0.2)
    assert limits.softening == pytest.approx(6, abs=0.2)
    assert limits.white == 5000


@pytest.mark.parametrize("value", [0.0, -7.0, 1e30])
def test_a_constant_image_is_mid_gray(value):
    values = np.full(9, value)
    np.testing.assert_allclose(stretch_asinh(values, measure_limits(values)), 0.5, atol=0.01)


def test_no_pixel_at_all_still_has_limits():
    assert measure_limits(np.array([np.nan])) == Limits(0.0, 1.0, 1.0)


def test_equal_bands_make_a_gray_picture():
    image = np.random.default_rng(1).normal(0, 1, (20, 20)) ** 2
    color = stretch_lupton(np.stack([image, 7 * image + 3, 0.1 * image - 9]), image < 0)
    np.testing.assert_allclose(color[..., 0], color[..., 1], atol=1e-6)
    np.testing.assert_allclose(color[..., 0], color[..., 2], atol=1e-6)


def test_a_red_source_is_red_up_to_its_burnt_center():
    bands = np.random.default_rng(1).normal(0, 1, (3, 40, 40))
    bands[:, 5:10, 5:10] += 1000.0
    bands[:, 20:25, 20:25] += np.array([4000.0, 1000.0, 500.0])[:, None, None]
    red, green, blue = stretch_lupton(bands, np.zeros((40, 40), dtype=bool))[22, 22]
    assert red == 1.0
    assert red > 1.5 * green > 1.5 * blue


def test_a_color_picture_of_bad_pixels_is_finite():
    assert np.isfinite(stretch_lupton(np.zeros((3, 4, 4)), np.ones((4, 4), dtype=bool))).all()
