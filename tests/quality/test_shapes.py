import numpy as np
import pytest

from skysieve.extraction.glance import glance
from skysieve.quality.camera import Usual
from skysieve.quality.shapes import find_quantile, measure_shapes
from skysieve.quality.stamps import resample_stamps


def draw(fwhm, *, stretch=1.0, count=12, peak=300.0, rays=0):
    rng = np.random.default_rng(2)
    image = rng.normal(100, 2, (300, 300))
    y, x = np.mgrid[:300, :300]
    for number in range(count):
        cx, cy = 40 + 70 * (number % 4) + rng.uniform(-3, 3), 50 + 90 * (number // 4) + rng.uniform(-3, 3)
        image += peak * np.exp(-4 * np.log(2) * (((x - cx) / stretch) ** 2 + (y - cy) ** 2) / fwhm**2)
    for _ in range(rays):
        image[int(rng.integers(20, 280)), int(rng.integers(20, 280))] += 2000
    return image.astype(np.float32)


def measure(image, fwhm=4.0):
    found = glance(image, np.zeros(image.shape, bool))
    return measure_shapes(image, found, usual=Usual(fwhm), saturation=np.nan)


@pytest.mark.parametrize("fwhm", [3.5, 6.0, 9.0])
def test_sizes_are_told_in_units_of_the_usual_seeing(fwhm):
    shapes = measure(draw(fwhm))
    assert np.median(shapes.log_size) == pytest.approx(np.log(fwhm / 4.0), abs=0.1)


def test_stretched_stars_have_their_direction():
    shapes = measure(draw(4.0, stretch=2.0))
    assert np.median(shapes.e1) == pytest.approx(0.6, abs=0.1)
    assert abs(np.median(shapes.e2)) < 0.1


def test_cosmic_rays_are_no_stars():
    shapes = measure(draw(4.0, rays=15))
    assert len(shapes.rays) >= 12
    assert abs(np.median(shapes.log_size)) < 0.1


def test_the_mean_star_has_a_sum_of_one_and_looks_like_each():
    shapes = measure(draw(4.0))
    assert shapes.stack.sum() == pytest.approx(1, abs=0.1)
    assert np.unravel_index(shapes.stack.argmax(), shapes.stack.shape) == (12, 12)


def test_without_sources_there_is_nothing():
    shapes = measure(np.random.default_rng(1).normal(0, 1, (100, 100)).astype(np.float32))
    assert len(shapes.rows) == 0
    assert not shapes.stack.any()


def test_quantiles_follow_the_weight():
    values, weight = np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 8.0])
    assert find_quantile(values, weight, 0.5) == 3
    assert np.isnan(find_quantile(values, np.zeros(3), 0.5))


def test_stamps_beyond_the_edge_repeat_it():
    image = np.arange(25.0).reshape(5, 5)
    stamp = resample_stamps(image, np.array([[0.0, 0.0]]), step=1.0, side=5)[0]
    np.testing.assert_allclose(stamp[2:, 2:], image[:3, :3])
    np.testing.assert_allclose(stamp[0], stamp[2])
