"""Real galaxies as blends are made of them."""

import numpy as np
import pytest

from skysieve.deblending.blending import make_blend
from skysieve.deblending.fieldnoise import FieldNoise, draw_field_noise
from skysieve.deblending.realstamps import make_real_stamps, name_galaxies, split_galaxies
from skysieve.deblending.recipe_blends import BlendsRecipe
from skysieve.io.noisecorrelation import read_noise_correlation
from skysieve.io.realgalaxies import RealGalaxy, read_real_galaxies

CORRELATION = np.outer([0.3, 1, 0.3], [0.3, 1, 0.3])


def make_galaxy(side, seed, *, peak=40.0, width=3.0):
    grid = np.arange(side) - (side - 1) / 2
    profile = np.exp(-0.5 * (grid[:, None] ** 2 + grid**2) / width**2)
    noise = draw_field_noise(FieldNoise(0.1, 0.0, CORRELATION), shape=(side, side), rng=np.random.default_rng(seed))
    dot = np.exp(-0.5 * (np.arange(-10, 11)[:, None] ** 2 + np.arange(-12, 13) ** 2) / 1.5**2)
    return RealGalaxy(
        (0.1 * peak * profile).astype("f4") + noise, dot.astype("f4"), 0.03, 0.01, 1.18 * width, 22.0 + seed / 10
    )


def test_stamps_come_to_one_size_and_unit_with_noise_like_their_own():
    real = make_real_stamps(
        [make_galaxy(side, side) for side in (*range(32, 48), 101)], correlation=CORRELATION, side=64
    )
    galaxies = real.galaxies
    assert galaxies.light.shape == (17, 64, 64)
    assert (galaxies.noise_seed == -1).all()
    assert (galaxies.kind == -1).all()
    corner = galaxies.light[:16, :8]
    assert corner.std() == pytest.approx(1, abs=0.05)
    assert np.mean(corner[:, :, 1:] * corner[:, :, :-1]) == pytest.approx(0.3, abs=0.06)
    assert np.allclose(galaxies.flux, 40 * 2 * np.pi * 9, rtol=0.1)
    assert np.allclose(galaxies.x, 31.25, atol=0.5)
    assert galaxies.psf[0, 0] == pytest.approx(2.355 * 1.5, rel=0.02)


def test_binning_sums_pixels():
    galaxies = [make_galaxy(64, 1)]
    fine, coarse = (make_real_stamps(galaxies, correlation=CORRELATION, side=64, binning=n).galaxies for n in (1, 2))
    assert coarse.radius[0] == pytest.approx(fine.radius[0] / 2, rel=0.05)
    assert coarse.flux[0] * coarse.scale[0] == pytest.approx(fine.flux[0] * fine.scale[0], rel=0.05)
    assert coarse.light[0, :12].std() == pytest.approx(1, abs=0.15)


def test_a_galaxy_s_noise_does_not_depend_on_its_place_and_unseen_ones_are_left_out():
    one, faint, other = make_galaxy(32, 1), make_galaxy(32, 2, peak=0.0), make_galaxy(32, 3)
    all_three = make_real_stamps([one, faint, other], correlation=CORRELATION, side=48)
    assert all_three.rows.tolist() == [0, 2]
    alone = make_real_stamps([other], correlation=CORRELATION, side=48)
    assert (alone.galaxies.light[0] == all_three.galaxies.light[1]).all()


def test_copies_of_a_galaxy_share_a_fold():
    galaxies = [make_galaxy(16, seed) for seed in (*range(10), 3)]
    folds = split_galaxies(galaxies)
    assert len(set(folds.tolist())) == 5
    assert folds[3] == folds[10]
    assert name_galaxies(galaxies)[3] == name_galaxies(galaxies)[10]


def test_real_galaxies_can_be_blended(real_data):
    folder = real_data / "deblending"
    given = read_real_galaxies(folder / "cosmos_hst_f814w_stamps.fits.gz")[:12]
    correlation = read_noise_correlation(folder / "cosmos_acs_noise_correlation.fits")
    real = make_real_stamps(given, correlation=correlation, binning=2)
    assert len(real.rows) >= 10
    assert 1.2 < real.galaxies.psf[0, 0] < 3
    blend = make_blend(real.galaxies, BlendsRecipe(distances="paper"), seed=1, index=0)
    assert len(blend) == 2
    assert np.isfinite(blend.image).all()
    assert blend.image[:8, :8].std() == pytest.approx(1, abs=0.35)
