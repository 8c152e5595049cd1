import json
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from skysieve.cli.main import invoke
from skysieve.io.catalogs import read_catalog
from skysieve.quality.assess_recipe import AssessRecipe, UsualRecipe
from skysieve.quality.assessing import assess_exposures
from skysieve.quality.exposures import LEAST_EXPOSURES, find_night, find_usual
from skysieve.quality.flags import ExposureFlag
from skysieve.simulate import ExposureRecipe, StarRecipe, make_detector, plan_exposure

CAMERA = ExposureRecipe(shape=(128, 128), stars=StarRecipe(density=80.0), layout=(1, 2))


def write_mosaic(path, *, seed=1, blank=False, twice=False, exptime=100.0):
    plan = plan_exposure(CAMERA, seed=seed)
    detectors = [make_detector(plan, 0 if twice else number) for number in range(2)]
    planes = []
    for number, detector in enumerate(detectors):
        header = detector.wcs.to_header()
        header["GAIN"] = detector.bands[0].calibration.gain
        if exptime is not None:
            header["EXPTIME"] = exptime
        data = detector.bands[0].data * (0 if blank and number == 1 else 1)
        planes.append(fits.ImageHDU(data, header, name=f"CCD{number}"))
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(path)
    return path


def assess(weights, *paths, **usual):
    recipe = AssessRecipe(model=str(weights), usual=UsualRecipe(**({"seeing": 1.2} | usual)))
    return assess_exposures(paths, recipe, on_done=lambda _: None)


def get_flags(table):
    return ExposureFlag(int(table["flags"][0]))


def test_an_exposure_is_a_row_and_so_is_each_detector(weights, tmp_path):
    verdicts, detectors = assess(weights, write_mosaic(tmp_path / "a.fits"))
    assert verdicts["exposure"].tolist() == ["a.fits"]
    assert verdicts["n_ccd"].tolist() == [2]
    assert detectors["ccd"].tolist() == ["1", "2"]
    assert sum(verdicts.row(0)[f"p_{name}"] for name in ("good", "rbt", "bt", "bseeing", "bgp")) == pytest.approx(1)
    assert ExposureFlag.NO_USUAL_SKY in get_flags(verdicts)
    assert ExposureFlag.GUESSED_SEEING not in get_flags(verdicts)


@pytest.mark.parametrize(("fault", "flag"), [
    ({"blank": True}, ExposureFlag.DEAD_DETECTORS), ({"twice": True}, ExposureFlag.DUPLICATE_DETECTORS),
    ({"exptime": None}, ExposureFlag.NO_EXPTIME), ({"exptime": 0.0}, ExposureFlag.NO_EXPTIME),
])  # fmt: skip
def test_bad_input_is_a_row_with_a_flag(weights, tmp_path, fault, flag):
    verdicts, _ = assess(weights, write_mosaic(tmp_path / "a.fits", **fault))
    assert flag in get_flags(verdicts)


def test_what_cannot_be_read_is_a_row_with_a_sentence(weights, tmp_path):
    (tmp_path / "torn.fits").write_bytes(b"SIMPLE  =                    T")
    verdicts, detectors = assess(weights, tmp_path / "torn.fits", tmp_path / "absent.fits")
    assert verdicts["verdict"].tolist() == ["bad", "bad"]
    assert all(verdicts["message"])
    assert ExposureFlag.UNREADABLE in get_flags(verdicts)
    assert len(detectors) == 0


def test_a_sky_too_bright_for_its_noise_is_flagged(weights, tmp_path):
    path = write_mosaic(tmp_path / "a.fits")
    with fits.open(path, mode="update") as file:
        for plane in file[1:]:
            plane.data = plane.data + 20_000
    assert ExposureFlag.PEDESTAL in get_flags(assess(weights, path)[0])


def test_three_exposures_tell_what_is_usual(tmp_path):
    paths = [write_mosaic(tmp_path / f"{seed}.fits", seed=seed) for seed in range(LEAST_EXPOSURES)]
    night = find_night(paths, AssessRecipe().input)
    assert night.sky > 0
    assert find_night(paths[:2], AssessRecipe().input) == UsualRecipe()


def test_the_usual_width_is_given_or_guessed_from_the_pixels():
    detector = make_detector(plan_exposure(CAMERA, seed=1), 0)
    assert find_usual(detector, UsualRecipe(fwhm=3.0, seeing=9.0))[0].fwhm == 3.0
    given, guessed = find_usual(detector, UsualRecipe(seeing=1.31))
    assert (round(given.fwhm, 2), guessed) == (5.0, False)
    assert find_usual(detector, UsualRecipe())[1]
    assert find_usual(replace(detector, wcs=None), UsualRecipe())[0].fwhm == 4.0


def test_the_command_writes_both_tables(weights, tmp_path, capsys):
    path = write_mosaic(tmp_path / "a.fits")
    out = ["--out", str(tmp_path / "v.parquet"), "--ccds", str(tmp_path / "c.csv")]
    assert invoke(["quality", "assess", str(path), *out, "--model", str(weights), "--seeing", "1.2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["exposures"] == 1
    table = read_catalog(tmp_path / "v.parquet")
    assert np.isfinite(table["p_good"]).all()
    assert len(read_catalog(tmp_path / "c.csv")) == 2


def test_unknown_weights_are_one_sentence(tmp_path, capsys):
    path = write_mosaic(tmp_path / "a.fits")
    assert invoke(["quality", "assess", str(path), "--out", str(tmp_path / "v.csv"), "--model", "nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err
