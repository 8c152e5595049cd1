import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.records import PsfModel
from skysieve.simulate.blurs import (
    blur_psf,
    draw_drift,
    draw_jumps,
    draw_shake,
    make_defocus_kernel,
    make_path_kernel,
    measure_equal_width,
    measure_noise_area,
)

PATHS = [draw_drift, draw_jumps, draw_shake]


def make_gaussian(fwhm, half=20):
    sigma = fwhm / 2.3548
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    stamp = np.exp(-0.5 * (x**2 + y**2) / sigma**2)
    return stamp / stamp.sum()


def measure_moments(kernel):
    y, x = np.indices(kernel.shape) - (np.array(kernel.shape)[:, None, None] - 1) / 2
    means = (kernel * x).sum(), (kernel * y).sum()
    spread = np.cov(np.stack([x.ravel(), y.ravel()]), aweights=kernel.ravel(), ddof=0)
    return means, np.sqrt(np.linalg.eigvalsh(spread))


@pytest.mark.parametrize("draw", PATHS)
@given(seed=st.integers(0, 100), length=st.floats(0.1, 30))
def test_a_path_kernel_keeps_light_and_place(draw, seed, length):
    kernel = make_path_kernel(draw(np.random.default_rng(seed), length))
    (x, y), _ = measure_moments(kernel)
    assert kernel.sum() == pytest.approx(1)
    assert abs(x) < 1e-6
    assert abs(y) < 1e-6
    assert kernel.min() >= 0


def test_a_drift_is_a_line_of_its_length():
    _, (minor, major) = measure_moments(make_path_kernel(draw_drift(np.random.default_rng(1), 20.0)))
    assert major == pytest.approx(20 / np.sqrt(12), rel=0.05)
    assert minor < 0.1 * major


def test_jumps_leave_separate_images():
    kernel = make_path_kernel(draw_jumps(np.random.default_rng(3), 20.0))
    assert (kernel > 0.05).sum() >= 2
    assert (kernel > 0).sum() < 30


def test_wind_spreads_by_its_root_mean_square():
    _, (minor, major) = measure_moments(make_path_kernel(draw_shake(np.random.default_rng(2), 5.0)))
    assert major == pytest.approx(5, rel=0.1)
    assert minor == pytest.approx(2.5, rel=0.3)


@pytest.mark.parametrize("draw", PATHS)
def test_the_same_seed_draws_the_same_path(draw):
    one, two = (draw(np.random.default_rng(5), 3.0) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_a_defocused_point_is_a_ring():
    kernel = make_defocus_kernel(15.0, obscuration=0.4)
    middle = len(kernel) // 2
    assert kernel.sum() == pytest.approx(1)
    assert kernel[middle, middle] == 0
    assert kernel[middle, middle + 5] == kernel.max()


def test_coma_lights_one_side_more():
    kernel = make_defocus_kernel(15.0, coma=0.5)
    middle = len(kernel) // 2
    assert kernel[middle, middle + 6] > 1.5 * kernel[middle, middle - 6]


@pytest.mark.parametrize("diameter", [0.0, 0.05, 0.3, 0.4])
def test_hardly_any_defocus_is_one_pixel(diameter):
    kernel = make_defocus_kernel(diameter)
    assert kernel.max() == kernel.sum() == pytest.approx(1)


def test_the_width_of_a_gaussian_is_known():
    assert measure_equal_width(make_gaussian(5.0)) == pytest.approx(5.0, rel=0.03)


def test_the_noise_area_of_a_gaussian_is_known():
    assert measure_noise_area(make_gaussian(5.0)) == pytest.approx(4 * np.pi * (5 / 2.3548) ** 2, rel=1e-3)


def test_a_blurred_psf_is_wider_and_as_bright():
    psf = PsfModel(make_gaussian(4.0)[None].astype(np.float32), 0, (100, 100), 0, 4.0)
    blurred = blur_psf(psf, make_defocus_kernel(8.0))
    assert blurred.coefficients.sum() == pytest.approx(1, abs=1e-5)
    assert blurred.fwhm > 6
