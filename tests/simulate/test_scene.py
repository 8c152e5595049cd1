from dataclasses import replace

import numpy as np
import pytest

from skysieve.io.exposures import sky_to_pixel
from skysieve.records import PsfModel
from skysieve.simulate import CameraRecipe, GalaxyRecipe, SceneRecipe, SkyRecipe, StarRecipe, make_scene

pytest.importorskip("galsim")
SMALL = SceneRecipe(survey="SDSS", bands=["g", "r"], shape=(128, 160), stars=StarRecipe(density=5.0))
EMPTY = replace(SMALL, galaxies=GalaxyRecipe(density=0.0), stars=StarRecipe(density=0.0))


@pytest.fixture(scope="module")
def scene():
    return make_scene(SMALL, seed=3)


def test_the_same_seed_gives_the_same_bits(scene):
    again = make_scene(SMALL, seed=3)
    for first, second in zip(scene.detector.bands, again.detector.bands, strict=True):
        np.testing.assert_array_equal(first.data, second.data)
    assert scene.truth["flux_r"].tolist() == again.truth["flux_r"].tolist()


def test_fields_and_seeds_differ(scene):
    other, later = make_scene(SMALL, seed=4), make_scene(SMALL, seed=3, index=1)
    assert len({tuple(one.truth["x"][:3]) for one in (scene, other, later)}) == 3
    assert later.detector.wcs.wcs.crval[0] > scene.detector.wcs.wcs.crval[0]


def test_a_band_is_the_same_whichever_others_follow_it(scene):
    alone = make_scene(replace(SMALL, bands=["g"]), seed=3)
    np.testing.assert_array_equal(alone.detector.bands[0].data, scene.detector.bands[0].data)


def test_the_light_is_the_image_without_sky_and_noise(scene):
    band = scene.detector.bands[1]
    rest = band.data - scene.noise_free["r"]
    faint = scene.noise_free["r"] < 0.1 * np.sqrt(band.variance)
    assert rest[faint].std() == pytest.approx(np.sqrt(band.variance[faint].mean()), rel=0.03)


def test_truth_lies_on_the_sky_where_it_lies_on_the_pixels(scene):
    x, y = sky_to_pixel(scene.detector.wcs, scene.truth["ra"], scene.truth["dec"])
    np.testing.assert_allclose(x, scene.truth["x"], atol=1e-6)
    np.testing.assert_allclose(y, scene.truth["y"], atol=1e-6)


def test_magnitudes_and_fluxes_agree_through_the_zeropoint(scene):
    zeropoint = scene.detector.bands[0].calibration.zeropoint
    np.testing.assert_allclose(zeropoint - 2.5 * np.log10(scene.truth["flux_g"]), scene.truth["mag_g"])


def test_objects_outside_of_the_image_are_in_the_truth(scene):
    x = scene.truth["x"]
    assert (x < 0).any()
    assert (x > 160).any()


def test_a_scene_without_objects_is_sky():
    empty = make_scene(EMPTY, seed=1)
    assert len(empty.truth) == 0
    assert len(empty.masks.row) == 0
    assert not empty.noise_free["r"].any()
    sky = empty.detector.bands[1]
    assert sky.data.mean() == pytest.approx(127.4, rel=0.01)
    assert sky.data.var() == pytest.approx(sky.variance.mean(), rel=0.05)


def test_a_subtracted_sky_has_mean_zero():
    band = make_scene(replace(EMPTY, sky=SkyRecipe(subtracted=True, gradient=0.0)), seed=1).detector.bands[0]
    assert abs(band.data.mean()) < 5 * band.data.std() / np.sqrt(band.data.size)


def test_density_crowds_the_field(scene):
    crowd = make_scene(replace(SMALL, galaxies=GalaxyRecipe(density=4.0)), seed=3)
    counts = [np.count_nonzero(one.truth["kind"] == "galaxy") for one in (scene, crowd)]
    assert 2.5 < counts[1] / counts[0] < 6.5


def test_dead_columns_are_marked_and_zero():
    band = make_scene(replace(SMALL, camera=CameraRecipe(bad_columns=3)), seed=1).detector.bands[0]
    assert band.bad.all(axis=0).sum() == 3
    assert not band.data[band.bad].any()
    assert not band.variance[band.bad].any()


def test_bright_stars_saturate_at_the_level_that_the_calibration_tells():
    stars = StarRecipe(density=2.0, bright=9.0, faint=11.0)
    band = make_scene(replace(SMALL, stars=stars), seed=1).detector.bands[1]
    assert band.data.max() == pytest.approx(band.calibration.saturation, rel=1e-6)


def test_a_measured_psf_is_used_as_it_is():
    y, x = np.mgrid[-12:13, -12:13]
    stamp = np.exp(-0.5 * (x**2 + y**2) / 4)[None] / (8 * np.pi)
    model = PsfModel(stamp.astype(np.float32), 0, SMALL.shape, 9, 4.7)
    made = make_scene(replace(SMALL, bands=["r"]), seed=3, psf={"r": model})
    assert made.psf["r"] is model
    assert made.noise_free["r"].sum() > 0


def test_a_wider_seeing_is_found_in_the_psf(scene):
    wide = make_scene(replace(SMALL, seeing=2.5), seed=3)
    assert wide.psf["r"].fwhm == pytest.approx(2.5 / 0.396, rel=0.05)
    assert scene.psf["r"].fwhm == pytest.approx(1.32 / 0.396, rel=0.06)


def test_an_unknown_band_is_refused():
    with pytest.raises(ValueError, match="survey SDSS has no band 'H'; choose from g, r, i"):
        make_scene(replace(SMALL, bands=["H"]), seed=1)
