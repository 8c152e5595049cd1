"""Noise like a field's own."""

import numpy as np
import pytest
from scipy.ndimage import convolve

from skysieve.deblending.fieldnoise import (
    FieldNoise,
    bin_noise,
    draw_field_noise,
    make_white_noise,
    measure_field_noise,
)

DROP = np.outer([0.25, 0.5, 0.25], [0.25, 0.5, 0.25])
CORRELATION = np.outer([1 / 6, 2 / 3, 1, 2 / 3, 1 / 6], [1 / 6, 2 / 3, 1, 2 / 3, 1 / 6])


def test_correlation_is_measured_from_empty_pixels_alone():
    image = 3 + convolve(np.random.default_rng(1).normal(size=(400, 400)), DROP, mode="wrap")
    empty = np.ones(image.shape, bool)
    image[100:150, 50:80], empty[100:150, 50:80] = np.nan, False
    noise = measure_field_noise([image], [empty], reach=4)
    assert noise.level == pytest.approx(3, abs=0.02)
    assert noise.sigma == pytest.approx(np.sqrt((DROP**2).sum()), rel=0.02)
    assert np.abs(noise.correlation[2:7, 2:7] - CORRELATION).max() < 0.04


def test_drawn_noise_is_correlated_as_it_should_be_and_the_same_for_a_seed():
    noise = FieldNoise(2.0, 5.0, CORRELATION)
    drawn = draw_field_noise(noise, shape=(300, 200), rng=np.random.default_rng(2))
    assert (drawn == draw_field_noise(noise, shape=(300, 200), rng=np.random.default_rng(2))).all()
    again = measure_field_noise([drawn.astype(float)], [np.ones(drawn.shape, bool)], reach=2)
    assert (again.level, again.sigma) == (pytest.approx(5, abs=0.1), pytest.approx(2, rel=0.03))
    assert np.abs(again.correlation - CORRELATION).max() < 0.04


def test_binned_noise_is_that_of_binned_pixels():
    noise = FieldNoise(1.0, 0.5, CORRELATION)
    drawn = draw_field_noise(noise, shape=(600, 600), rng=np.random.default_rng(3))
    binned = drawn.reshape(300, 2, 300, 2).sum((1, 3)).astype(float)
    seen, wanted = measure_field_noise([binned], [np.ones(binned.shape, bool)], reach=2), bin_noise(noise, 2)
    assert seen.sigma == pytest.approx(wanted.sigma, rel=0.02)
    assert wanted.level == 2
    middle = len(wanted.correlation) // 2
    assert np.abs(seen.correlation - wanted.correlation[middle - 2 : middle + 3, middle - 2 : middle + 3]).max() < 0.03


def test_white_noise_stays_white_when_it_is_binned_and_by_one_nothing_changes():
    binned = bin_noise(make_white_noise(1.5), 3)
    assert binned.sigma == pytest.approx(4.5)
    assert binned.correlation.max() == binned.correlation.sum() == 1
    kept = FieldNoise(1.5, 0.0, CORRELATION)
    assert bin_noise(kept, 1) is kept


def test_white_noise_stays_white_and_nothing_to_measure_is_refused():
    white = draw_field_noise(make_white_noise(1.0), shape=(50, 50), rng=np.random.default_rng(4))
    assert white.std() == pytest.approx(1, rel=0.05)
    with pytest.raises(ValueError, match="show no noise"):
        measure_field_noise([white.astype(float)], [np.zeros(white.shape, bool)])
