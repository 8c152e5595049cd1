import numpy as np
import pytest

from skysieve.records import PsfModel
from skysieve.trust.moffat import make_moffat
from skysieve.trust.wings import extend_psf


def make_measured(noise: float) -> PsfModel:
    """A Moffat PSF as measured: 25 pixels wide, with noise in every pixel."""
    whole = make_moffat(3.5, shape=(100, 100)).coefficients[0]
    half = len(whole) // 2
    stamp = whole[half - 12 : half + 13, half - 12 : half + 13].astype(float)
    stamp += np.random.default_rng(1).normal(0, noise * stamp.max(), stamp.shape)
    return PsfModel((stamp / stamp.sum())[None].astype(np.float32), 0, (100, 100), 9, 3.5)


def test_wings_are_those_of_the_profile_and_free_of_noise():
    truth = make_moffat(3.5, shape=(100, 100)).coefficients[0]
    made = extend_psf(make_measured(0.001)).coefficients[0]
    half, middle = len(truth) // 2, len(made) // 2
    ring = [made[middle, middle + r] / truth[half, half + r] for r in (8, 10, 12)]
    assert ring == pytest.approx([1, 1, 1], rel=0.3)
    around = [
        made[middle, middle + 12],
        made[middle + 12, middle],
        made[middle - 12, middle],
        made[middle, middle - 12],
    ]
    assert np.std(around) < 1e-3 * np.mean(around)


def test_the_core_stays_and_the_border_is_dark():
    model = make_measured(0.0)
    made = extend_psf(model).coefficients[0]
    middle = len(made) // 2
    ratio = made[middle - 3 : middle + 4, middle] / model.coefficients[0, 9:16, 12]
    assert np.ptp(ratio) < 1e-3 * ratio.mean()
    assert made[0].max() < 1e-6 * made.max()
    assert made.sum() == pytest.approx(1, abs=1e-4)


def test_a_psf_of_pure_noise_does_no_harm():
    noise = np.random.default_rng(2).normal(0, 1, (1, 25, 25)).astype(np.float32)
    made = extend_psf(PsfModel(noise, 0, (50, 50), 5, 3.0))
    assert np.isfinite(made.coefficients).all()
