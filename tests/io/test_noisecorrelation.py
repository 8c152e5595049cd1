"""Correlation of noise in FITS images."""

import numpy as np
import pytest
from astropy.io import fits

from skysieve.io.noisecorrelation import read_noise_correlation

BUMP = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])


def test_a_covariance_becomes_a_correlation(tmp_path):
    fits.writeto(tmp_path / "a.fits", 4e-6 * BUMP)
    assert np.allclose(read_noise_correlation(tmp_path / "a.fits"), BUMP)


def test_even_sides_lose_what_has_no_partner(tmp_path):
    fits.writeto(tmp_path / "a.fits", np.pad(BUMP, ((1, 0), (0, 1))))
    assert np.allclose(read_noise_correlation(tmp_path / "a.fits"), BUMP)


@pytest.mark.parametrize("image", [np.eye(5)[::-1] * np.arange(5), -BUMP, np.full((3, 3), np.nan)])
def test_other_images_are_refused(tmp_path, image):
    fits.writeto(tmp_path / "a.fits", image)
    with pytest.raises(ValueError, match="give a correlation function"):
        read_noise_correlation(tmp_path / "a.fits")


def test_a_file_without_an_image_is_refused(tmp_path):
    fits.HDUList([fits.PrimaryHDU()]).writeto(tmp_path / "a.fits")
    with pytest.raises(ValueError, match="holds no image"):
        read_noise_correlation(tmp_path / "a.fits")


def test_the_real_one_falls_off_from_its_middle(real_data):
    found = read_noise_correlation(real_data / "deblending" / "cosmos_acs_noise_correlation.fits")
    assert found.shape == (81, 81)
    assert found[40, 40] == 1
    assert 0.1 < found[40, 41] < 0.6
