import numpy as np
import pytest

from skysieve.simulate.noise import draw_noise, make_drop_kernel, measure_correlation, measure_noise_variance

ELECTRONS = np.full((400, 400), 500.0)


@pytest.mark.parametrize("drop", [1.0, 1.33, 2.0, 2.5])
def test_the_variance_is_that_which_is_told(drop):
    noise = draw_noise(np.random.default_rng(1), ELECTRONS, read_variance=30.0, drop=drop)
    told = measure_noise_variance(ELECTRONS, read_variance=30.0, drop=drop)
    assert noise.var() == pytest.approx(told.mean(), rel=0.03)


@pytest.mark.parametrize("drop", [1.0, 1.33, 2.5])
def test_neighbors_are_correlated_as_told(drop):
    noise = draw_noise(np.random.default_rng(2), ELECTRONS, read_variance=0.0, drop=drop)
    told = [*measure_correlation(drop), 0.0, 0.0]
    for lag in (1, 2):
        assert np.corrcoef(noise[:, lag:].ravel(), noise[:, :-lag].ravel())[0, 1] == pytest.approx(told[lag], abs=0.012)


def test_light_in_a_large_aperture_is_as_uncertain_as_without_drops():
    noise = draw_noise(np.random.default_rng(3), ELECTRONS, read_variance=0.0, drop=2.0)
    blocks = noise.reshape(20, 20, 20, 20).sum(axis=(1, 3))
    assert blocks.std() == pytest.approx(np.sqrt(500 * 400), rel=0.1)


def test_few_electrons_are_whole_ones():
    faint = np.full((50, 50), 3.0)
    counts = faint + draw_noise(np.random.default_rng(4), faint, read_variance=0.0, drop=1.0)
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-5)
    assert counts.min() >= 0


def test_the_kernel_keeps_the_light():
    assert make_drop_kernel(3.4).sum() == pytest.approx(1)
    assert make_drop_kernel(1.0).tolist() == [1.0]
