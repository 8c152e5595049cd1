import numpy as np
import pytest

from skysieve.simulate.skies import (
    Window,
    make_clouds,
    make_fringes,
    make_moonlight,
    make_scattered_light,
    make_trail,
    make_vignetting,
)

WHOLE = Window(0.0, 0.0, 1 / 200, (200, 200))
LEFT, RIGHT = Window(0.0, 0.0, 1 / 200, (200, 100)), Window(0.5, 0.0, 1 / 200, (200, 100))


@pytest.mark.parametrize("make", [make_moonlight, make_scattered_light])
def test_a_pattern_goes_on_over_the_next_detector(make):
    joined = np.hstack([make(3, LEFT), make(3, RIGHT)])
    np.testing.assert_allclose(joined, make(3, WHOLE), atol=1e-6)


def test_clouds_go_on_over_the_next_detector():
    joined = np.hstack([make_clouds(3, LEFT), make_clouds(3, RIGHT)])
    assert np.abs(np.diff(joined, axis=1)[:, 99]).max() < 3 * np.abs(np.diff(joined, axis=1)).mean()


def test_moonlight_runs_from_dark_to_bright():
    light = make_moonlight(1, WHOLE)
    assert light.min() >= -0.01
    assert 0.7 < light.max() <= 1.01


def test_fringes_have_their_spacing():
    fringes = make_fringes(2, Window(0.0, 0.0, 1 / 400, (400, 400)), spacing=20.0)
    spectrum = np.abs(np.fft.fft2(fringes))
    ky, kx = np.meshgrid(np.fft.fftfreq(400), np.fft.fftfreq(400), indexing="ij")
    assert 0.02 < np.average(np.hypot(kx, ky), weights=spectrum**2) < 0.13
    assert np.abs(fringes).max() <= 1.1


def test_clouds_never_shine_and_are_one_on_average():
    means = [make_clouds(seed, WHOLE).mean() for seed in range(20)]
    assert make_clouds(0, WHOLE).min() > 0
    assert np.mean(means) == pytest.approx(1, abs=0.15)


def test_vignetting_takes_light_from_the_corners():
    share = make_vignetting(WHOLE, loss=0.3)
    assert share[100, 100] == pytest.approx(1, abs=1e-3)
    assert share[0, 0] == pytest.approx(0.7, abs=1e-3)


def test_a_trail_crosses_the_window_with_its_width():
    trail = make_trail(4, WHOLE, width=5.0)
    row = trail[100] if trail[100].max() > 0.9 else trail[:, 100]
    assert trail.max() == pytest.approx(1, abs=0.05)
    assert 4 <= (row > 0.5).sum() <= 40


def test_an_airplane_blinks():
    steady, blinking = (make_trail(4, WHOLE, width=5.0, blinking=one) for one in (False, True))
    assert blinking.sum() < 0.7 * steady.sum()


@pytest.mark.parametrize("make", [make_moonlight, make_scattered_light, make_clouds])
def test_another_seed_is_another_sky(make):
    assert not np.allclose(make(1, WHOLE), make(2, WHOLE))
    np.testing.assert_array_equal(make(1, WHOLE), make(1, WHOLE))
