import json
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from tests.deblending.test_measuring import PLACES, draw_field, list_positions

from skysieve.cli.main import invoke
from skysieve.deblending import ApplyRecipe, EvaluateRecipe, check, evaluate, train
from skysieve.deblending.evaluate_recipe import GROUPS, PAPER
from skysieve.deblending.flags import DeblendFlag
from skysieve.io.catalogs import read_catalog, write_catalog


@pytest.fixture
def field(tmp_path):
    fits.PrimaryHDU(draw_field()).writeto(tmp_path / "field.fits")
    write_catalog(list_positions(), tmp_path / "positions.parquet")
    return tmp_path


def run(field, weights, *more, out="fluxes.parquet"):
    return invoke([
        "deblend", "measure", str(field / "field.fits"), "--catalog", str(field / "positions.parquet"), "--out",
        str(field / out), "--model", str(weights), *more,
    ])  # fmt: skip


def test_measure_writes_fluxes_pairs_and_how_they_were_made(field, weights, capsys):
    assert run(field, weights, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["rows"] == len(PLACES)
    fluxes = read_catalog(field / "fluxes.parquet")
    assert fluxes["id"].tolist() == [7, 8, 9, 10]
    assert len(read_catalog(field / "fluxes.pairs.parquet")) == 1
    made = json.loads((field / "fluxes.json").read_text())
    assert made["model"].startswith("small 1 ")
    assert "SAME_PIXEL" in fluxes.meta["flags"]


def test_the_same_command_twice_gives_the_same_bytes(field, weights):
    run(field, weights, out="one.parquet")
    run(field, weights, out="two.parquet")
    assert (field / "one.parquet").read_bytes() == (field / "two.parquet").read_bytes()


@pytest.mark.parametrize(("options", "words"), [
    (("--noise", "0"), "positive standard deviation"),
    (("--band", "g=x.fits"), "either an image, or --band"),
    (("--psf", "none.fits"), "none.fits"),
])  # fmt: skip
def test_bad_arguments_are_one_sentence(field, weights, capsys, options, words):
    assert run(field, weights, *options) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_a_psf_that_does_not_sum_to_one_is_scaled(field, weights):
    y, x = np.mgrid[:21, :21] - 10
    fits.PrimaryHDU(50 * np.exp(-(x**2 + y**2) / 8)).writeto(field / "psf.fits")
    assert run(field, weights, "--psf", str(field / "psf.fits")) == 0
    assert np.isfinite(read_catalog(field / "fluxes.parquet")["flux"]).all()


def test_a_person_has_the_last_word(field, weights):
    (field / "mine.csv").write_text("id,column,value,who,why\n8,p_unrecognized,1,me,two spectra\n")
    assert run(field, weights, "--overrule", str(field / "mine.csv")) == 0
    fluxes = read_catalog(field / "fluxes.parquet")
    assert fluxes["p_unrecognized"][1] == 1
    assert "two spectra" in fluxes["overruled_by"][1]
    assert DeblendFlag.OVERRULED in DeblendFlag(int(fluxes["flags"][1]))
    assert DeblendFlag.OVERRULED not in DeblendFlag(int(fluxes["flags"][0]))


def test_apply_adds_columns_to_the_catalog_of_a_run(field, weights, tmp_path):
    assert invoke(["run", str(field / "field.fits"), "--out", str(tmp_path / "run")]) == 0
    before = read_catalog(tmp_path / "run" / "catalog.parquet")
    settings = ["--out", str(tmp_path / "deblended"), "--model", str(weights)]
    assert invoke(["deblend", "apply", str(tmp_path / "run"), *settings]) == 0
    after = read_catalog(tmp_path / "deblended" / "catalog.parquet")
    assert after["id"].tolist() == before["id"].tolist()
    assert {"flux", "flux_err", "deblend_flags", "deblend_ood", "blendedness"} <= set(after.names)
    np.testing.assert_array_equal(after["flux_kron"], before["flux_kron"])


def test_training_gives_weights_that_pass_their_check(small_recipe, tmp_path):
    stages = []
    card = train(small_recipe, out=tmp_path, on_done=lambda outcome: stages.append(outcome.key))
    assert stages == ["calibrate", "test"]
    assert card.metrics["paper_mape"].n > 0
    assert check(tmp_path / "weights" / "small.safetensors") < 1e-3
    again = train(small_recipe, out=tmp_path)
    assert again.sha256 == card.sha256


def test_evaluation_puts_all_methods_side_by_side(weights, tmp_path):
    few = tuple(replace(one, number=12, galaxies=replace(one.galaxies, number=30)) for one in (PAPER, GROUPS))
    recipe = EvaluateRecipe(apply=ApplyRecipe(model=str(weights)), trials=few)
    metrics = evaluate(recipe, out=tmp_path)
    assert metrics["paper_mape"].n == 24
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert scores["main"]["groups_mape"]["value"] > 0
    sources = read_catalog(tmp_path / "sources.parquet")
    assert len(sources) == 24 + int((sources["trial"] == "groups").sum())
    page = (tmp_path / "report.html").read_text()
    assert "sep hot/cold" in page
    assert "<svg" in page
