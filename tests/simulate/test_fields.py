import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skysieve.cli.main import invoke
from skysieve.config import read_recipe
from skysieve.io.catalogs import read_catalog
from skysieve.io.exposures import InputRecipe, list_detectors, read_detector
from skysieve.io.scenes import read_light
from skysieve.simulate import CameraRecipe, SceneRecipe, SimulateRecipe, make_scene, simulate_fields, write_scene

pytest.importorskip("galsim")
SCENE = SceneRecipe(survey="SDSS", bands=["g", "r"], shape=(64, 80), camera=CameraRecipe(bad_columns=1))


def test_what_is_written_reads_as_the_scene(tmp_path):
    scene = make_scene(SCENE, seed=2)
    paths = write_scene(scene, tmp_path, survey="SDSS", seed=2)
    bands = {"g": paths[0], "r": paths[2]}
    read = read_detector(list_detectors([], bands=bands, recipe=InputRecipe())[0], InputRecipe())
    assert read.flags == 0
    assert read.messages == ()
    for band, truth in zip(read.bands, scene.detector.bands, strict=True):
        np.testing.assert_array_equal(band.data, truth.data)
        np.testing.assert_array_equal(band.bad, truth.bad)
        np.testing.assert_allclose(band.variance, truth.variance, rtol=1e-6)
        assert band.calibration.zeropoint == pytest.approx(truth.calibration.zeropoint)
        assert band.calibration == replace(truth.calibration, zeropoint=band.calibration.zeropoint)


def test_truth_light_and_masks_are_kept(tmp_path):
    scene = make_scene(SCENE, seed=2)
    *_, light, truth, masks = write_scene(scene, tmp_path, survey="SDSS", seed=2)
    assert read_catalog(truth)["flux_r"].tolist() == scene.truth["flux_r"].tolist()
    np.testing.assert_array_equal(read_light(light)["R"], scene.noise_free["r"])
    assert read_catalog(masks)["start"].tolist() == scene.masks.start.tolist()


def test_a_run_continues_and_gives_the_same_files(tmp_path):
    one, two = SimulateRecipe(scene=SCENE), SimulateRecipe(scene=SCENE, fields=2)
    simulate_fields(one, out=tmp_path / "a")
    states = [outcome.state for outcome in simulate_fields(two, out=tmp_path / "a")]
    simulate_fields(two, out=tmp_path / "b")
    assert states == ["skipped", "done"]
    for path in sorted((tmp_path / "b").glob("sdss*")):
        assert path.read_bytes() == (tmp_path / "a" / path.name).read_bytes(), path.name


def test_the_command_simulates_and_tells_in_json(tmp_path, capsys):
    given = ["--survey", "SDSS", "--size", "48", "--stars-per-arcmin2", "0", "--density", "0", "--json"]
    assert invoke(["simulate", "--out", str(tmp_path / "s"), *given]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["fields"][0]["stars"], told["fields"][0]["galaxies"]) == (0, 0)
    assert (tmp_path / "s" / told["fields"][0]["images"][0]).is_file()


def test_an_unknown_survey_ends_with_one_sentence(tmp_path, capsys):
    assert invoke(["simulate", "--out", str(tmp_path / "s"), "--survey", "POSS"]) == 2
    assert "survey 'POSS' is not known" in capsys.readouterr().err


def test_the_recipe_that_ships_holds_the_defaults():
    shipped = Path(__file__).parents[2] / "recipes" / "simulate.toml"
    assert read_recipe(SimulateRecipe, shipped) == SimulateRecipe()
