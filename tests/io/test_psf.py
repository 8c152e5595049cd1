from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skysieve.io.psf import read_psf, write_psf
from skysieve.records import PsfModel


def make_stamp(side: int = 25, sigma: float = 1.6) -> np.ndarray:
    y, x = np.mgrid[:side, :side] - side // 2
    return np.exp(-0.5 * (x**2 + y**2) / sigma**2).astype(np.float32)


def test_a_model_comes_back_as_it_was_written(tmp_path):
    stamp = make_stamp() / make_stamp().sum()
    model = PsfModel(np.stack([stamp, stamp * 0.1, stamp * 0.2]), 1, (300, 400), 55, 3.8)
    write_psf(tmp_path / "a.psf.fits", model)
    back = read_psf(tmp_path / "a.psf.fits")
    assert back.coefficients == pytest.approx(model.coefficients, abs=1e-7)
    assert (back.degree, back.shape, back.n_stars, back.fwhm) == (1, (300, 400), 55, 3.8)


def test_a_single_stamp_is_normalized(tmp_path):
    fits.writeto(tmp_path / "stamp.fits", 7 * make_stamp())
    model = read_psf(tmp_path / "stamp.fits")
    assert model.coefficients.sum() == pytest.approx(1)
    assert model.degree == 0
    assert np.isnan(model.fwhm)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: fits.writeto(path, make_stamp(24)), "odd sides"),
        (lambda path: fits.writeto(path, -make_stamp()), "sum positive"),
        (lambda path: fits.writeto(path, make_stamp() * np.nan), "finite"),
        (lambda path: fits.writeto(path, np.stack([make_stamp()] * 3)), "degree 0 wants 1"),
        (lambda path: path.write_text("no fits"), "not a whole FITS image"),
        (lambda path: path.write_bytes(b""), "empty file"),
        (lambda path: None, "no such file"),
    ],
)
def test_what_is_no_psf_is_refused_in_one_sentence(make, words, tmp_path):
    path = Path(tmp_path / "bad.fits")
    make(path)
    with pytest.raises(ValueError, match=words):
        read_psf(path)
