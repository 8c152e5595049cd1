import json
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from tests.quality.mosaics import SHAPE, write_mosaic

from skysieve.cli.main import invoke
from skysieve.io.catalogs import read_catalog
from skysieve.io.exposures import list_detectors, read_detector
from skysieve.quality.assess_recipe import AssessRecipe, CameraRecipe, MosaicRecipe, UsualRecipe
from skysieve.quality.assessing import assess_exposures, name_exposures
from skysieve.quality.cameras import learn_cameras
from skysieve.quality.cuts import CutsRecipe
from skysieve.quality.exposures import LEAST_EXPOSURES, find_night, find_usual
from skysieve.quality.flags import CutFlag, ExposureFlag
from skysieve.quality.layout import write_layouts

BLANK = np.full(SHAPE, np.nan)


def make_recipe(weights, **settings):
    return AssessRecipe(**({"model": str(weights), "usual": UsualRecipe(seeing=1.2, sky=1.5)} | settings))


def assess(weights, *paths, **settings):
    return assess_exposures(paths, make_recipe(weights, **settings), on_done=lambda _: None)


def get_flags(table, row=0):
    return ExposureFlag(int(table["flags"][row]))


@pytest.fixture
def layout(tmp_path):
    """File of the layout of the camera, as three whole mosaics tell it."""
    (tmp_path / "night").mkdir()
    night = [write_mosaic(tmp_path / "night" / f"{seed}.fits", seed=seed, detectors="ABC") for seed in (7, 8, 9)]
    recipe = AssessRecipe(usual=UsualRecipe(seeing=1.2, sky=1.5))
    write_layouts(learn_cameras(night, recipe).layouts, tmp_path / "layout.json")
    return MosaicRecipe(str(tmp_path / "layout.json"))


def test_an_exposure_is_a_row_and_so_is_each_detector(weights, tmp_path):
    verdicts, detectors = assess(weights, write_mosaic(tmp_path / "a.fits"))
    assert (verdicts["exposure"].tolist(), verdicts["camera"].tolist()) == (["a.fits"], ["CAM"])
    assert verdicts["n_ccd"].tolist() == [2]
    assert detectors["ccd"].tolist() == ["1", "2"]
    assert sum(verdicts.row(0)[f"p_{name}"] for name in ("good", "rbt", "bt", "bseeing", "bgp")) == pytest.approx(1)
    assert json.loads(verdicts.meta["recipe"])["usual"]["sky"] == 1.5
    assert {"skysieve", "torch", "sep"} <= set(json.loads(verdicts.meta["versions"]))


@pytest.mark.parametrize(("fault", "flags"), [
    ({"planes": {1: np.zeros(SHAPE)}}, ExposureFlag.DEAD_DETECTORS),
    ({"planes": {1: BLANK}}, ExposureFlag.DEAD_DETECTORS | ExposureFlag.NO_PIXELS),
    ({"planes": {0: np.eye(*SHAPE), 1: np.eye(*SHAPE)}}, ExposureFlag.DUPLICATE_DETECTORS),
    ({"exptime": None}, ExposureFlag.NO_EXPTIME),
    ({"exptime": 0.0}, ExposureFlag.NO_EXPTIME | ExposureFlag.BAD_EXPTIME),
    ({"exptime": -3.0}, ExposureFlag.NO_EXPTIME | ExposureFlag.BAD_EXPTIME),
])  # fmt: skip
def test_bad_input_is_a_row_with_flags(weights, tmp_path, fault, flags):
    verdicts, _ = assess(weights, write_mosaic(tmp_path / "a.fits", **fault))
    assert get_flags(verdicts) & flags == flags
    if flags != ExposureFlag.DEAD_DETECTORS:
        assert verdicts["message"][0].count("a.fits") == 1


def test_blank_detectors_do_not_count_as_copies_of_each_other(weights, tmp_path):
    verdicts, _ = assess(weights, write_mosaic(tmp_path / "a.fits", planes={0: BLANK, 1: BLANK}))
    assert ExposureFlag.DUPLICATE_DETECTORS not in get_flags(verdicts)
    assert (verdicts["verdict"][0], verdicts["n_dead_ccd"][0]) == ("bad", 2)


@pytest.mark.parametrize(("detectors", "flag"), [
    ("AB", ExposureFlag.MISSING_DETECTORS), ("ABBC", ExposureFlag.DUPLICATE_NAMES),
    ("ABCD", ExposureFlag.OTHER_LAYOUT), ("ABC", ExposureFlag(0)),
])  # fmt: skip
def test_mosaics_are_held_against_the_layout_of_their_camera(weights, tmp_path, layout, detectors, flag):
    path = write_mosaic(tmp_path / "a.fits", detectors=detectors)
    flags = get_flags(assess(weights, path, mosaic=layout)[0])
    odd = ("MISSING_DETECTORS", "SWAPPED_DETECTORS", "DUPLICATE_NAMES", "OTHER_LAYOUT", "NO_LAYOUT")
    assert [name for name in odd if ExposureFlag[name] in flags] == ([flag.name] if flag else [])


def test_swapped_detectors_are_found_among_three_exposures(weights, tmp_path):
    paths = [write_mosaic(tmp_path / f"{seed}.fits", seed=seed, detectors="ABC") for seed in (1, 2, 3)]
    with fits.open(paths[1], mode="update") as units:
        units[1].header["EXTNAME"], units[3].header["EXTNAME"] = "C", "A"
    verdicts, _ = assess(weights, *paths)
    assert [ExposureFlag.SWAPPED_DETECTORS in get_flags(verdicts, row) for row in range(3)] == [False, True, False]


def test_a_camera_that_the_recipe_does_not_name_is_flagged(weights, tmp_path):
    path = write_mosaic(tmp_path / "a.fits")
    named, other = ({name: CameraRecipe()} for name in ("cam", "elsewhere"))
    assert ExposureFlag.UNKNOWN_CAMERA not in get_flags(assess(weights, path)[0])
    assert ExposureFlag.UNKNOWN_CAMERA not in get_flags(assess(weights, path, cameras=named)[0])
    assert ExposureFlag.UNKNOWN_CAMERA in get_flags(assess(weights, path, cameras=other)[0])
    assert ExposureFlag.UNKNOWN_CAMERA in get_flags(assess(weights, path, usual=UsualRecipe())[0])


def test_the_cuts_of_its_camera_apply_to_an_exposure(weights, tmp_path):
    path = write_mosaic(tmp_path / "a.fits", ASTRRMS1=1e-4, ASTRRMS2=2e-5)
    cuts = CutsRecipe(astrometry=0.3, zeropoint=25.0, sources=None, ellipticity=None)
    verdicts, _ = assess(weights, path, cameras={"CAM": CameraRecipe(cuts=cuts)})
    assert CutFlag.ASTROMETRY | CutFlag.ZEROPOINT in CutFlag(int(verdicts["cuts"][0]))


def test_what_cannot_be_read_is_a_row_with_a_sentence(weights, tmp_path):
    whole = write_mosaic(tmp_path / "whole.fits").read_bytes()
    (tmp_path / "torn.fits").write_bytes(whole[:3000])
    (tmp_path / "text.fits").write_text("not an image\n")
    paths = [tmp_path / name for name in ("torn.fits", "text.fits", "absent.fits", "")]
    verdicts, detectors = assess(weights, *paths)
    assert verdicts["verdict"].tolist() == ["bad"] * 4
    assert all(ExposureFlag.UNREADABLE in get_flags(verdicts, row) for row in range(4))
    assert ["ends before" in verdicts["message"][0], "is text" in verdicts["message"][1]] == [True, True]
    assert ["no such file" in verdicts["message"][2], "is a folder" in verdicts["message"][3]] == [True, True]
    assert len(detectors) == 0


def test_a_mosaic_cut_in_its_second_detector_is_judged_by_its_first(weights, tmp_path):
    path = write_mosaic(tmp_path / "a.fits")
    path.write_bytes(path.read_bytes()[:-20_000])
    verdicts, detectors = assess(weights, path)
    assert (verdicts["n_ccd"][0], verdicts["n_dead_ccd"][0], len(detectors)) == (1, 1, 1)
    assert "ends before its pixels do" in verdicts["message"][0]


def test_a_sky_too_bright_for_its_noise_is_flagged(weights, tmp_path):
    raw = np.random.default_rng(1).normal(20_000, 10, SHAPE)
    path = write_mosaic(tmp_path / "a.fits", planes={0: raw, 1: raw + 1})
    assert ExposureFlag.PEDESTAL in get_flags(assess(weights, path)[0])


def test_three_exposures_tell_what_is_usual(tmp_path):
    paths = [write_mosaic(tmp_path / f"{seed}.fits", seed=seed) for seed in range(1, LEAST_EXPOSURES + 1)]
    night = find_night(paths, AssessRecipe().input)
    assert night.sky == pytest.approx(100 / 60, rel=0.02)
    assert find_night(paths[:2], AssessRecipe().input) == UsualRecipe()
    assert learn_cameras(paths, AssessRecipe()).usual == {"CAM": night}
    given = AssessRecipe(usual=UsualRecipe(seeing=1.0))
    assert learn_cameras(paths, given).usual["CAM"] == replace(night, fwhm=None)


def test_the_usual_width_is_given_or_guessed_from_the_pixels(tmp_path):
    inputs = AssessRecipe().input
    detector = read_detector(list_detectors([write_mosaic(tmp_path / "a.fits")], recipe=inputs)[0], inputs)
    assert find_usual(detector, UsualRecipe(fwhm=3.0, seeing=9.0))[0].fwhm == 3.0
    given, guessed = find_usual(detector, UsualRecipe(seeing=1.25))
    assert (round(given.fwhm, 2), guessed) == (5.0, False)
    assert find_usual(detector, UsualRecipe())[1]
    assert find_usual(replace(detector, wcs=None), UsualRecipe())[0].fwhm == 4.0


def test_an_exposure_given_twice_is_refused(weights, tmp_path):
    path = write_mosaic(tmp_path / "a.fits")
    with pytest.raises(ValueError, match="is given twice"):
        assess(weights, path, path)


def test_unknown_weights_are_one_sentence(tmp_path, capsys):
    path = write_mosaic(tmp_path / "a.fits")
    assert invoke(["quality", "assess", str(path), "--out", str(tmp_path / "v.csv"), "--model", "nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err


def test_the_command_writes_both_tables(weights, tmp_path, capsys):
    path = write_mosaic(tmp_path / "a.fits")
    out = ["--out", str(tmp_path / "v.parquet"), "--ccds", str(tmp_path / "c.csv")]
    assert invoke(["quality", "assess", str(path), *out, "--model", str(weights), "--seeing", "1.2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["exposures"] == 1
    assert np.isfinite(read_catalog(tmp_path / "v.parquet")["p_good"]).all()
    assert len(read_catalog(tmp_path / "c.csv")) == 2


def test_a_store_of_fingerprints_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="skysieve quality apply"):
        name_exposures([tmp_path / "prints.zarr"])
