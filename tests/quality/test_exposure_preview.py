import numpy as np
import pytest
from astropy.io import fits
from tests.quality.labeled import write_exposure, write_untrained

from skysieve.quality.assess_recipe import AssessRecipe, UsualRecipe
from skysieve.quality.exposure_preview import CROP_SIDE, cut_crop, make_preview, settle_usual
from skysieve.quality.labeling_scene import describe_opinion, pack_scene
from skysieve.quality.labels import CLASSES
from skysieve.quality.model import read_model
from skysieve.quality.preview_numbers import list_numbers

RECIPE = AssessRecipe(usual=UsualRecipe(seeing=0.9))


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    return read_model(str(write_untrained(tmp_path_factory.mktemp("weights") / "quality.safetensors")))


@pytest.fixture(scope="module")
def preview(judge, tmp_path_factory):
    return make_preview(write_exposure(tmp_path_factory.mktemp("night") / "a.fits"), judge, RECIPE)


def test_both_detectors_stand_side_by_side_under_one_stretch(preview):
    first, second = preview.tiles
    assert (second.x - first.x, second.y) == (130, first.y)
    assert preview.mosaic.shape == (100, 250)
    assert np.isnan(preview.mosaic[:, 121:129]).all()
    assert preview.limits.black < 100 < preview.limits.white


def test_the_numbers_are_those_of_the_stars_in_the_sky(preview):
    numbers = {one.name: one for one in list_numbers(preview)}
    # Gaussian stars of sigma 1.6 pixels of 0.25 arcsec, and 100 units of sky in 100 s.
    assert float(numbers["FWHM [arcsec]"].value) == pytest.approx(2.355 * 1.6 * 0.25, rel=0.1)
    assert numbers["FWHM [arcsec]"].usual == "0.90"
    assert float(numbers["sky [unit/s]"].value) == pytest.approx(1.0, abs=0.05)
    assert numbers["detectors"].value == "2"


def test_a_page_gets_plain_values_of_everything(preview):
    scene = pack_scene(preview, preview.crop)
    assert len(scene["tiles"]) == len(scene["details"]) == 2
    assert scene["crop"]["side"] == [100, 120]
    assert len(scene["cutouts"]) == 3
    assert scene["mosaic"]["noise"] > 0
    opinion = describe_opinion(preview)
    assert [name for name, _ in opinion["chances"]] == list(CLASSES)
    assert len(opinion["found"]) == 2


def test_a_crop_lies_inside_and_bad_pixels_are_unknown(tmp_path, judge):
    data = np.random.default_rng(0).normal(100, 3, (400, 500)).astype(np.float32)
    data[-5, -7] = np.nan
    fits.PrimaryHDU(data).writeto(tmp_path / "a.fits")
    shown = make_preview(tmp_path / "a.fits", judge, RECIPE)
    crop = cut_crop(shown.seen.addresses[0], RECIPE.input, tile=0, x=499.0, y=1e9)
    assert (crop.x, crop.y) == (500 - CROP_SIDE, 400 - CROP_SIDE)
    assert np.isnan(crop.pixels[-5, -7])
    assert np.isfinite(crop.pixels).sum() == CROP_SIDE**2 - 1


def test_what_cannot_be_read_is_shown_as_such(tmp_path, judge):
    (tmp_path / "torn.fits").write_bytes(b"SIMPLE  =                    T")
    shown = make_preview(tmp_path / "torn.fits", judge, RECIPE)
    scene = pack_scene(shown, shown.crop)
    assert scene["messages"]
    assert (scene["crop"], scene["cutouts"], scene["tiles"]) == ({}, [], [])
    assert describe_opinion(shown)["verdict"] == "bad"
    assert np.isnan(shown.probability).all()


def test_what_is_usual_is_found_where_nobody_tells_it(tmp_path):
    paths = [write_exposure(tmp_path / f"{seed}.fits", seed=seed, detectors=1) for seed in range(3)]
    assert settle_usual(paths, AssessRecipe()).usual.sky == pytest.approx(1.0, abs=0.1)
    assert settle_usual(paths, RECIPE) == RECIPE
