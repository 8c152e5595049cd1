import numpy as np
import pytest

from skysieve.extraction.glance import glance
from skysieve.quality.skystructure import SCALES, measure_sky, measure_step, measure_structure

FWHM = 4.0
AREA = 40.0


def make_image(shape=(256, 320), noise=5.0):
    return np.random.default_rng(3).normal(1000, noise, shape).astype(np.float32)


def measure(image):
    bad = np.zeros(image.shape, bool)
    sky = measure_sky(image, glance(image, bad), bad, fwhm=FWHM)
    return sky, measure_structure(sky, area=AREA)


def test_noise_alone_has_no_structure():
    sky, structure = measure(make_image())
    assert sky.noise == pytest.approx(5, rel=0.02)
    assert max(structure[: len(SCALES)]) < 0.5


def test_waves_are_measured_in_the_noise_of_a_star():
    wave = 2.0 * np.sin(2 * np.pi * np.arange(320) / 64)
    _, structure = measure(make_image() + wave.astype(np.float32))
    assert structure[0] == pytest.approx(2.0 / np.sqrt(2) / (5.0 / np.sqrt(AREA)), rel=0.4)


def test_vignetting_is_no_structure():
    y, x = np.mgrid[-1:1:256j, -1:1:320j]
    _, structure = measure((make_image() * (1 - 0.05 * (x**2 + y**2))).astype(np.float32))
    assert max(structure[: len(SCALES)]) < 0.7


def test_bright_stars_are_left_out_with_their_wings():
    y, x = np.mgrid[:256, :320]
    star = 30_000 * (1 + ((x - 150) ** 2 + (y - 120) ** 2) / 15) ** -3.0
    _, structure = measure((make_image() + star).astype(np.float32))
    assert max(structure[: len(SCALES)]) < 0.6


def test_one_step_stands_out_and_slopes_do_not():
    image, bad = make_image(), np.zeros((256, 320), bool)
    stepped = image.copy()
    stepped[:, 160:] *= 1.02
    step, order = measure_step(stepped, bad, 5.0)
    assert step == pytest.approx(4, rel=0.1)
    assert order > 1.5
    _, slope = measure_step(image + np.linspace(0, 100, 320, dtype=np.float32), bad, 5.0)
    assert slope < 0.8


def test_nothing_is_measured_where_there_is_nothing():
    blank = np.zeros((64, 64), np.float32)
    sky, structure = measure(blank)
    assert np.isnan(structure).all()
    assert np.isnan(measure_step(blank, np.ones((64, 64), bool), 1.0)).all()
    assert np.isnan(measure(np.zeros((4, 4), np.float32))[0].noise)
    assert sky.noise == 0
