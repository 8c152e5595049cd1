"""What the pixels of each source's footprint say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.extraction.footprints import (
    FootprintPixels,
    Footprints,
    concatenate_footprints,
    convert_moments,
    flag_touching,
    measure_footprints,
)
from skysieve.records import SourceFlag


def measure(image: np.ndarray, labels: np.ndarray, *, gain: float = np.nan, sigma: float = 1.0) -> Footprints:
    y, x = np.nonzero(labels)
    order = np.argsort(labels[y, x], kind="stable")
    y, x, count = y[order], x[order], int(labels.max(initial=0))
    value = image[y, x].astype(np.float32)
    pixels = FootprintPixels(labels[y, x] - 1, x, y, value, value, np.full(len(x), sigma, np.float32))
    group = np.arange(1, count + 1)
    return measure_footprints(pixels, count, group=group, threshold=1.5, min_area=2, gain=gain, origin=(100, 200))


def measure_profile(sky, *, cut: float) -> Footprints:
    return measure(sky.image, (sky.image > cut).astype(int))


def test_three_pixels_in_a_row_are_measured_by_hand():
    f = measure(np.array([[1.0, 2.0, 5.0]]), np.array([[1, 1, 1]]))
    assert (f.x[0], f.y[0]) == (pytest.approx(200 + 12 / 8), 100)
    assert (f.flux[0], f.peak[0], f.npix[0], f.iso0[0]) == (8, 5, 3, 2)
    assert (f.peak_x[0], f.peak_y[0]) == (202, 100)
    assert f.margin[0] == pytest.approx(2 - 1.5)
    assert f.flags[0] == SourceFlag.ISOPHOTE_INCOMPLETE


def test_position_errors_follow_the_formula():
    f = measure(np.array([[2.0, 2.0]]), np.array([[1, 1]]), sigma=2.0)
    assert f.errx2[0] == pytest.approx(2 * 4 * 0.25 / 16)


def test_the_sources_own_photons_add_to_the_position_error():
    f = measure(np.array([[2.0, 6.0]]), np.array([[1, 1]]), gain=4.0)
    assert f.errx2[0] == pytest.approx((1.5 * 0.75**2 + 2.5 * 0.25**2) / 8**2)


@pytest.mark.parametrize(("sigma", "q", "theta"), [(3.0, 1.0, 0.0), (4.0, 0.5, 0.6), (5.0, 0.4, -1.2)])
def test_elliptical_gaussians_show_their_axes_angle_and_area(draw_sky, sigma, q, theta):
    sky = draw_sky(81, 81)
    sky.add_gaussian(40.3, 39.8, 1e6, sigma=sigma, q=q, theta=theta)
    level = sky.image.max() / 1000
    f = measure_profile(sky, cut=level)
    assert f.a[0] == pytest.approx(sigma, rel=0.01)
    assert f.b[0] == pytest.approx(sigma * q, rel=0.01)
    assert f.npix[0] == pytest.approx(2 * np.pi * sigma**2 * q * np.log(1000), rel=0.03)
    assert q == 1 or f.theta[0] == pytest.approx(theta, abs=0.01)
    assert (f.x[0], f.y[0]) == (pytest.approx(240.3, abs=0.01), pytest.approx(139.8, abs=0.01))


@pytest.mark.parametrize("width", [2.5, 4.0, 7.0])
def test_the_core_of_a_gaussian_has_its_width(draw_sky, width):
    sky = draw_sky(61, 61)
    sky.add_gaussian(30.4, 29.7, 1e5, sigma=width / 2.35482)
    assert measure_profile(sky, cut=5.0).fwhm[0] == pytest.approx(width, rel=0.005)


@pytest.mark.parametrize("beta", [2.5, 3.0, 4.5])
def test_the_core_of_a_moffat_star_has_its_width_within_three_percent(draw_sky, beta):
    sky = draw_sky(61, 61)
    sky.add_moffat(30.4, 29.7, 1e5, fwhm=4.0, beta=beta)
    assert measure_profile(sky, cut=5.0).fwhm[0] == pytest.approx(4, rel=0.03)


@given(st.floats(0.1, 50), st.floats(0.1, 50), st.floats(-0.99, 0.99))
def test_axes_and_angle_rebuild_the_moments(x2, y2, correlation):
    xy = correlation * np.sqrt(x2 * y2)
    a, b, theta = convert_moments(*(np.array([v]) for v in (x2, y2, xy)))
    assert a >= b >= 0
    assert -np.pi / 2 <= theta <= np.pi / 2
    np.testing.assert_allclose((a * np.cos(theta)) ** 2 + (b * np.sin(theta)) ** 2, x2, rtol=1e-6)
    np.testing.assert_allclose((a**2 - b**2) * np.sin(2 * theta) / 2, xy, atol=1e-6 * (x2 + y2))


def test_no_source_gives_no_row():
    f = measure(np.zeros((3, 3)), np.zeros((3, 3), int))
    assert len(f) == 0
    assert len(concatenate_footprints([f, f])) == 0


def test_rows_can_be_taken_and_stacked_again():
    f = measure(np.ones((5, 5)), np.array([[1, 1, 0, 2, 2]] * 5))
    both = concatenate_footprints([f.take(np.array([1])), f.take(np.array([True, False]))])
    assert both.x.tolist() == [203.5, 200.5]


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_source_is_touched_by_bad_pixels_in_it_or_next_to_it(row, column):
    labels, bad = np.zeros((7, 7), int), np.zeros((7, 7), bool)
    labels[2:4, 2:4], bad[row, column] = 1, True
    near = abs(row - 2.5) < 2 and abs(column - 2.5) < 2
    assert flag_touching(labels, bad, 1).tolist() == [near]
    assert bad.sum() == 1
