"""A run that judges its exposures before it measures them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from tests.chain.conftest import make_header, make_sky, write_image
from tests.chain.test_run import hash_folder
from tests.quality.conftest import RECIPE, invent_views, make_source_map

from skysieve.chain import ChainRecipe, Inputs, plan_run, run_chain, trace_source
from skysieve.chain.exposures import choose_fate
from skysieve.chain.recipe import QualityRecipe
from skysieve.cli.main import invoke
from skysieve.config import read_recipe
from skysieve.io.catalogs import read_catalog
from skysieve.io.weights import read_weights
from skysieve.quality.assess_recipe import AssessRecipe, UsualRecipe
from skysieve.quality.assessing import assess_exposures
from skysieve.quality.training import fit_judge
from skysieve.quality.verdict import VERDICTS
from skysieve.records import ImageFlag, decode_flags
from skysieve.training import Stage

SWITCH = 'capabilities=["stellarity", "quality"]'
BAD, PASSING = 0.999999, 0.000001
"""Boundaries of P(good) under which every exposure is bad, and under which the network finds none bad."""


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A judge that has learned next to nothing, which is enough to be applied."""
    folder = tmp_path_factory.mktemp("judge")
    stages = (Stage(epochs=1, rates={"all": 2e-3}),)
    recipe = replace(RECIPE, training=replace(RECIPE.training, stages=stages))
    fit_judge(recipe, invent_views(300), make_source_map(), out=folder)
    return folder / "weights" / "quality.safetensors"


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """An exposure of one detector, one of two, and a file that is none."""
    folder = tmp_path_factory.mktemp("night")
    write_image(folder / "a.fits", make_sky(seed=1, shape=(150, 160), stars=25))
    planes = [
        fits.ImageHDU(make_sky(seed=s, shape=(150, 160), stars=25), make_header(), name=f"CCD{s}") for s in (2, 3)
    ]
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(folder / "b.fits")
    (folder / "c.fits").write_bytes(b"")
    return folder


def make_recipe(weights, *settings, boundary=PASSING):
    given = [f'quality.model="{weights}"', "quality.usual.seeing=1.0", f"quality.verdict.boundary={boundary}"]
    return read_recipe(ChainRecipe, settings=[SWITCH, *given, *settings])


def measure(night, out, recipe, **more):
    return run_chain(Inputs(tuple(str(night / name) for name in ("a.fits", "b.fits", "c.fits"))), out, recipe=recipe,
                     **more)  # fmt: skip


@pytest.fixture(scope="module")
def run(night, weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("flagged") / "run"
    measure(night, folder, make_recipe(weights))
    return folder


@pytest.fixture
def overrule(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("id,column,value,who,why\nb.fits,verdict,bad,Ada,clouds on the log sheet\n")
    return table


def test_every_source_names_the_verdict_on_its_exposure(run):
    catalog, verdicts = read_catalog(run / "catalog.parquet"), read_catalog(run / "verdicts.parquet")
    assert verdicts["exposure"].tolist() == ["a.fits", "b.fits", "c.fits"]
    for row, images in ((0, ["a.fits"]), (1, ["b.fits[1]", "b.fits[2]"])):
        rows = np.isin(catalog["image"], images)
        assert rows.sum() > 10
        assert set(catalog["exposure_verdict"][rows]) == {verdicts["verdict"][row]}
        assert set(catalog["p_good"][rows].tolist()) == {verdicts["p_good"][row]}


def test_every_detector_names_verdict_cause_and_cost(run):
    images = read_catalog(run / "images.parquet")
    assert images["image"].tolist() == ["a.fits", "b.fits[1]", "b.fits[2]", "c.fits"]
    assert set(images["verdict"].tolist()) <= set(VERDICTS)
    assert images["p_good"][1] == images["p_good"][2]
    total = sum(images[f"p_{name}"] for name in ("good", "rbt", "bt", "bseeing", "bgp"))
    np.testing.assert_allclose(total[:3], 1, rtol=1e-5)
    assert {"cause", "causes95", "seconds_lost", "ood"} <= set(images.names)


def test_what_cannot_be_read_keeps_its_own_flags(run):
    row = read_catalog(run / "images.parquet").row(3)
    assert {"unreadable", "bad_exposure"} <= set(decode_flags(row["flags"], ImageFlag))
    assert row["verdict"] == "bad"


def test_the_verdicts_are_those_of_assess(run, night, weights):
    recipe = AssessRecipe(model=str(weights), usual=UsualRecipe(seeing=1.0))
    alone, _ = assess_exposures([night / "a.fits", night / "b.fits"], recipe, on_done=lambda _: None)
    within = read_catalog(run / "verdicts.parquet")
    for name in ("p_good", "p_bt", "n_ccd", "flags", "seconds_lost"):
        np.testing.assert_array_equal(within[name][:2], alone[name])
    assert len(read_catalog(run / "ccds.parquet")) == 3


def test_the_report_and_the_provenance_know_of_it(run, weights):
    provenance = json.loads((run / "provenance.json").read_text())
    _, card = read_weights(weights)
    assert provenance["models"]["quality"]["sha256"] == card.sha256
    page = (run / "report.html").read_text()
    assert "the verdict on its exposure is bad (c.fits)" in page
    assert "verdicts.parquet" in page
    traced = trace_source(run, int(read_catalog(run / "catalog.parquet")["id"][0]))
    assert traced["row"]["exposure_verdict"] in VERDICTS
    assert "quality" in traced["made_by"]["models"]


def test_a_second_run_looks_at_nothing_again(run, night, weights):
    before, states = hash_folder(run), []
    measure(night, run, make_recipe(weights), on_done=lambda outcome: states.append(outcome.state))
    assert set(states) == {"skipped"}
    assert hash_folder(run) == before


def test_the_plan_counts_all_items(run, night, weights):
    ended, plans = [], []
    measure(night, run, make_recipe(weights), on_done=ended.append, on_plan=plans.append)
    assert plans[0].n_items == len(ended) == 9


def test_two_workers_and_a_run_that_lost_a_part_give_the_same_bytes(run, night, weights, tmp_path):
    measure(night, tmp_path / "two", make_recipe(weights, "execution.workers=2"))
    assert hash_folder(tmp_path / "two") == hash_folder(run)
    next((tmp_path / "two" / "parts").glob("*b_2/view.safetensors")).unlink()
    states = []
    measure(night, tmp_path / "two", make_recipe(weights), on_done=lambda one: states.append((one.key, one.state)))
    assert [key for key, state in states if state == "done"] == ["quality/00002-b_2"]
    assert hash_folder(tmp_path / "two") == hash_folder(run)


def test_bad_exposures_are_left_out_and_the_table_says_why(night, weights, overrule, tmp_path):
    recipe = make_recipe(weights, "quality.bad=leave_out")
    result = measure(night, tmp_path / "out", recipe, overrule=overrule)
    catalog = read_catalog(tmp_path / "out" / "catalog.parquet")
    assert set(catalog["image"]) == {"a.fits"}
    assert not list((tmp_path / "out").glob("b*"))
    row = result.images.row(1)
    assert {"left_out", "bad_exposure"} <= set(decode_flags(row["flags"], ImageFlag))
    why = "b.fits[1]: left out, since the verdict on its exposure is bad (Ada: clouds on the log sheet)"
    assert why in row["message"]
    assert result.usable == 1
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert provenance["overruled"][0]["id"] == "b.fits"
    measure(night, tmp_path / "out", recipe)
    again = read_catalog(tmp_path / "out" / "catalog.parquet")
    assert set(again["image"]) == {"a.fits", "b.fits[1]", "b.fits[2]"}


def test_where_all_are_left_out_no_input_was_usable(night, weights, tmp_path):
    recipe = make_recipe(weights, "quality.bad=leave_out", boundary=BAD)
    result = measure(night, tmp_path / "out", recipe)
    assert result.usable == 0
    assert set(read_catalog(tmp_path / "out" / "verdicts.parquet")["verdict"]) == {"bad"}
    catalog = read_catalog(tmp_path / "out" / "catalog.parquet")
    assert len(catalog) == 0
    assert "exposure_verdict" in catalog.names


def test_three_exposures_tell_what_is_usual_once(weights, tmp_path):
    for seed in (1, 2, 3):
        write_image(tmp_path / f"{seed}.fits", make_sky(seed=seed, shape=(150, 160), stars=25), INSTRUME="Eye")
    inputs = Inputs(tuple(str(tmp_path / f"{seed}.fits") for seed in (1, 2, 3)))
    recipe = read_recipe(ChainRecipe, settings=[SWITCH, f'quality.model="{weights}"'])
    run_chain(inputs, tmp_path / "out", recipe=recipe)
    verdicts = read_catalog(tmp_path / "out" / "verdicts.parquet")
    assert json.loads(verdicts.meta["usual"])["Eye"]["sky"] == pytest.approx(100 / 60, rel=0.05)


def test_other_methods_of_extraction_have_verdicts_too(night, weights, tmp_path):
    recipe = make_recipe(weights, 'extraction.method="sep"')
    run_chain(Inputs((str(night / "a.fits"),)), tmp_path / "out", recipe=recipe)
    assert "exposure_verdict" in read_catalog(tmp_path / "out" / "catalog.parquet").names
    assert set(json.loads((tmp_path / "out" / "provenance.json").read_text())["models"]) == {"quality"}


def test_settings_that_the_run_makes_are_refused(night, weights):
    inputs = Inputs((str(night / "a.fits"),))
    for setting in ("quality.input.gain=2.0", "quality.seed=3"):
        with pytest.raises(ValueError, match="the run's own input and seed"):
            plan_run(inputs, make_recipe(weights, setting))


def test_verdicts_are_not_overruled_where_none_are_given(night, overrule, tmp_path):
    with pytest.raises(ValueError, match="no exposure is judged"):
        run_chain(Inputs((str(night / "a.fits"),)), tmp_path / "out", overrule=overrule)


def test_weights_that_are_not_there_are_refused_before_any_pixel_is_read(night, tmp_path, capsys):
    arguments = ["run", str(night / "a.fits"), "--out", str(tmp_path / "out"), "--set", SWITCH]
    assert invoke([*arguments, "--set", 'quality.model="nonsense"']) == 2
    assert "nonsense" in capsys.readouterr().err
    assert not (tmp_path / "out" / "parts").exists()


@pytest.mark.parametrize(("verdict", "fate"), [
    ("bad", "leave_out"), ("hole", "leave_out"), ("acceptable", "flag"), ("good", "flag"), ("", "flag"),
])  # fmt: skip
def test_each_verdict_has_its_fate(verdict, fate):
    assert choose_fate(QualityRecipe(bad="leave_out", hole="leave_out"), verdict) == fate
