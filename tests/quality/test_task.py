"""The verbs as every capability has them, on small weights trained once."""

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.quality.conftest import invent_views
from tests.quality.mosaics import write_mosaic

from skysieve.cli.main import invoke
from skysieve.io.catalogs import read_catalog
from skysieve.io.overrule import EXPOSURE_COLUMNS
from skysieve.quality import ApplyRecipe, EvaluateRecipe, TrainRecipe, apply, evaluate, train
from skysieve.quality.assess_recipe import UsualRecipe
from skysieve.quality.evaluation import measure_verdicts
from skysieve.quality.fingerprint_store import write_prints
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.labels import CLASSES
from skysieve.quality.observing import ObservingRecipe
from skysieve.quality.verdict import VERDICTS
from skysieve.quality.verdict_recipe import VerdictRecipe

OBSERVING = ObservingRecipe(number=6, seed=50, shape=(128, 128), stars=(60.0, 80.0), surveys=("Legacy",))


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    for seed in (1, 2):
        write_mosaic(folder / f"{seed}.fits", seed=seed)
    (folder / "notes.txt").write_text("clear, then clouds")
    return folder


@pytest.fixture(scope="module")
def recipe(weights):
    return ApplyRecipe(model=str(weights), usual=UsualRecipe(seeing=1.2))


def test_a_folder_of_exposures_gives_two_tables_and_how_they_were_made(night, recipe, tmp_path):
    applied = apply(night, recipe, out=tmp_path)
    assert [path.name for path in applied.files] == ["verdicts.parquet", "ccds.parquet", "quality.json"]
    assert read_catalog(applied.files[0])["exposure"].tolist() == ["1.fits", "2.fits"]
    assert len(read_catalog(applied.files[1])) == 4
    facts = json.loads(applied.files[2].read_text())
    assert facts["rows"] == applied.facts["rows"] == sum(facts[verdict] for verdict in VERDICTS) == 2
    assert facts["model"].startswith("quality 1 ")
    assert facts["recipe"]["usual"]["seeing"] == 1.2


def test_one_file_is_one_exposure(night, recipe, tmp_path):
    assert apply(night / "2.fits", recipe, out=tmp_path).catalog["exposure"].tolist() == ["2.fits"]


def test_a_person_has_the_last_word(night, recipe, tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("id,value,who,why\n2.fits,hole,Ada,one corner is fine\n")
    applied = apply(night, recipe, out=tmp_path / "out", overrule=table)
    plain = apply(night, recipe, out=tmp_path / "plain")
    assert applied.catalog["verdict"].tolist()[1] == "hole"
    assert applied.catalog["overruled_by"].tolist() == ["", "Ada: one corner is fine"]
    added = applied.catalog["flags"] - plain.catalog["flags"]
    assert added.tolist() == [0, int(ExposureFlag.OVERRULED)]
    assert json.loads(applied.files[2].read_text())["overruled"][0]["before"] == plain.catalog["verdict"][1]


def test_fingerprints_are_judged_like_pixels(night, recipe, tmp_path):
    paths = sorted(night.glob("*.fits"))
    write_prints(paths, recipe, out=tmp_path / "prints.zarr", half=False, on_done=lambda _: None)
    of_prints, of_pixels = (apply(one, recipe, out=tmp_path / one.stem) for one in (tmp_path / "prints.zarr", night))
    assert of_prints.facts == of_pixels.facts
    for one, other in zip(of_prints.files[:2], of_pixels.files[:2], strict=True):
        assert read_catalog(one)["p_good"].tolist() == read_catalog(other)["p_good"].tolist()


def test_verdicts_that_may_be_given_are_those_that_there_are():
    assert EXPOSURE_COLUMNS["verdict"] == VERDICTS


@pytest.mark.parametrize(("row", "words"), [
    ("2.fits,fine,Ada,seen", "must be one of good"), ("7.fits,bad,Ada,seen", "there is no exposure 7.fits"),
])  # fmt: skip
def test_overrules_that_mean_nothing_are_refused(night, recipe, tmp_path, row, words):
    table = tmp_path / "mine.csv"
    table.write_text(f"id,value,who,why\n{row}\n")
    with pytest.raises(ValueError, match=words):
        apply(night, recipe, out=tmp_path / "out", overrule=table)


@pytest.mark.parametrize(("name", "words"), [("", "holds no exposure"), ("none.fits", "no such file or folder")])
def test_where_there_is_no_exposure_is_one_sentence(recipe, tmp_path, name, words):
    with pytest.raises(ValueError, match=words):
        apply(tmp_path / name, recipe, out=tmp_path / "out")


def test_the_command_says_what_was_found(night, weights, tmp_path, capsys):
    arguments = ["quality", "apply", str(night / "1.fits"), "--out", str(tmp_path), "--model", str(weights)]
    assert invoke(arguments) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 exposures: ")
    assert "verdicts.parquet" in said


@pytest.fixture(scope="module")
def evaluated(weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluated")
    recipe = EvaluateRecipe(model=str(weights), observing=OBSERVING)
    return folder, recipe, evaluate(recipe, out=folder)


def test_an_evaluation_writes_scores_and_a_page(evaluated):
    folder, _, metrics = evaluated
    scores = json.loads((folder / "scores.json").read_text())
    assert scores["main"]["agreement"]["value"] == metrics["agreement"].value
    assert 0 <= metrics["borderline"].value <= 1
    assert np.sum(scores["hidden"]["confusion"]) == metrics["agreement"].n
    page = (folder / "report.html").read_text()
    assert page.count("<svg") >= 3
    assert "ROC of P(good)" in page


def test_an_evaluation_of_other_exposures_in_the_same_folder_is_refused(evaluated):
    folder, recipe, _ = evaluated
    with pytest.raises(ValueError, match="another"):
        evaluate(replace(recipe, observing=replace(OBSERVING, seed=51)), out=folder)


def test_verdicts_are_counted_by_exposure(model):
    views = invent_views(60, seed=5)
    pairs = replace(views, exposure=np.repeat(np.arange(30), 2), label=np.repeat(views.label[::2], 2))
    found = measure_verdicts(model, pairs, VerdictRecipe())
    assert found["good_failed"].n == np.sum(pairs.label[::2] == 0)
    assert "bad_passed" not in found or found["bad_passed"].n <= 30


def test_training_says_when_exposures_are_too_few(tmp_path):
    few = TrainRecipe(learning=replace(TrainRecipe().learning, observing=replace(OBSERVING, number=3)))
    small = replace(few, learning=replace(few.learning, map=replace(few.learning.map, side=4, clusters=3)))
    with pytest.raises(ValueError, match="none of 3 groups"):
        train(small, out=tmp_path)


def test_the_defaults_judge_exposures_of_another_seed_than_the_training():
    assert EvaluateRecipe().observing.seed != TrainRecipe().learning.observing.seed
    assert len(CLASSES) == 5
