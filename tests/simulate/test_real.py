from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from tests.simulate.conftest import make_moffat

from skysieve.io.realgalaxies import RealGalaxy, read_real_galaxies
from skysieve.simulate import GalaxyRecipe, Profiles, RealRecipe, SceneRecipe, StarRecipe, make_scene
from skysieve.simulate.drawing import draw_profiles
from skysieve.simulate.real import CarriedNoise, choose_galaxies, replace_by_real

pytest.importorskip("galsim")
SHAPE = (200, 220)


def make_blob(side, width):
    y, x = np.mgrid[:side, :side] - side // 2
    blob = np.exp(-0.5 * (x**2 + y**2) / width**2)
    return (blob / blob.sum()).astype(np.float32)


def write_galaxies(path):
    table = Table({"GAL_EXT": ["GAL000"], "PSF_EXT": ["PSF000"], "PIXEL_SCALE": [0.03], "NOISE_VARIANCE": [1e-10],
                   "flux_radius": [6.0], "MAG": [19.0]})  # fmt: skip
    images = [fits.ImageHDU(make_blob(64, 5.0), name="GAL000"), fits.ImageHDU(make_blob(41, 1.5), name="PSF000")]
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU(table), *images]).writeto(path)
    return path


def draw_one(galaxy, *, flux=100.0):
    one = Profiles(np.array([100.3]), np.array([90.6]), np.array([flux]), np.zeros(1, bool), np.full(1, 2.0),
                   stamp=np.zeros(1, np.int64))  # fmt: skip
    psf = make_moffat()
    carried = CarriedNoise(np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.float32))
    drawn = draw_profiles(one, psf, shape=SHAPE)
    return replace_by_real(drawn, one, (galaxy,), psf=psf, pixel_scale=0.2, carried=carried), carried


def test_a_real_galaxy_keeps_flux_and_place():
    drawn, _ = draw_one(RealGalaxy(make_blob(65, 5.0), make_blob(41, 1.5), 0.03, 1e-10, 6.0, 19.0))
    y, x = np.mgrid[: len(drawn.pixels[0]), : len(drawn.pixels[0])]
    light = drawn.pixels[0].astype(float)
    assert light.sum() == pytest.approx(100, rel=0.03)
    assert (light * x).sum() / light.sum() + drawn.x0[0] == pytest.approx(100.3, abs=0.05)
    assert (light * y).sum() / light.sum() + drawn.y0[0] == pytest.approx(90.6, abs=0.05)


def test_noise_of_the_stamp_is_whitened_and_its_variance_told():
    galaxy = RealGalaxy(make_blob(65, 5.0), make_blob(41, 1.5), 0.03, 1e-5, 6.0, 19.0)
    _, carried = draw_one(galaxy)
    there = carried.variance > 0
    assert 0 < carried.added[there].var() < carried.variance[there].mean()


def test_a_scene_with_real_galaxies_says_which(tmp_path):
    path = write_galaxies(tmp_path / "galaxies.fits")
    recipe = SceneRecipe(survey="SDSS", shape=(64, 64), real=RealRecipe(str(path), share=0.5))
    scene = make_scene(replace(recipe, stars=StarRecipe(density=0.0), galaxies=GalaxyRecipe(faint=22.0)), seed=1)
    assert set(scene.truth["stamp"].tolist()) == {0, -1}


def test_a_real_galaxy_is_not_drawn_much_brighter_than_it_is():
    own, wanted = np.array([23.0, 20.0, 25.0]), np.repeat([19.0, 21.0, 26.0], 400)
    chosen = choose_galaxies(np.random.default_rng(1), wanted, own, share=0.5).reshape(3, 400)
    assert [set(row.tolist()) for row in chosen] == [{-1}, {-1, 1}, {-1, 0, 1, 2}]


def test_a_psf_as_sharp_as_the_galaxies_own_is_refused(tmp_path):
    path = write_galaxies(tmp_path / "galaxies.fits")
    recipe = SceneRecipe(survey="HST", shape=(512, 512), real=RealRecipe(str(path), share=1.0))
    with pytest.raises(ValueError, match="choose a survey of wider PSF"):
        make_scene(recipe, seed=1)


def test_a_file_without_galaxies_is_refused(tmp_path):
    fits.PrimaryHDU(np.zeros((4, 4))).writeto(tmp_path / "image.fits")
    with pytest.raises(ValueError, match=r"image\.fits: has no column GAL_EXT; give a catalog of galaxy stamps"):
        read_real_galaxies(tmp_path / "image.fits")


def test_galaxies_of_hubble_are_read_and_drawn(real_data):
    path = real_data / "deblending" / "cosmos_hst_f814w_stamps.fits.gz"
    galaxies = read_real_galaxies(path)
    assert len(galaxies) > 50
    recipe = SceneRecipe(survey="SDSS", shape=(96, 96), real=RealRecipe(str(path), share=1.0))
    scene = make_scene(replace(recipe, galaxies=GalaxyRecipe(bright=20.0, faint=22.5)), seed=1)
    band = scene.detector.bands[0]
    assert (scene.truth["stamp"] >= 0).any()
    rest = band.data - scene.noise_free["r"]
    assert np.sqrt(band.variance.mean()) == pytest.approx(rest.std(), rel=0.15)
