import json

import pytest
from tests.quality.mosaics import write_mosaic

from skysieve.cli.main import invoke
from skysieve.execution import ExecutionRecipe
from skysieve.io.catalogs import read_catalog
from skysieve.quality.assess_recipe import AssessRecipe, UsualRecipe
from skysieve.quality.assess_run import Products, run_assessment
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.layout import read_layouts


@pytest.fixture
def recipe(weights):
    return AssessRecipe(model=str(weights), usual=UsualRecipe(seeing=1.2, sky=1.5))


def run(paths, recipe, products, *, on_done=lambda _: None, workers=1, overrule=None):
    return run_assessment(
        paths, recipe, products, execution=ExecutionRecipe(workers=workers), on_start=lambda _: None,
        on_done=on_done, overrule=overrule,
    )  # fmt: skip


def read_bytes(products):
    return products.verdicts.read_bytes(), products.detectors.read_bytes()


def test_two_processes_write_the_same_bytes_as_one(recipe, tmp_path):
    paths = [write_mosaic(tmp_path / f"{seed}.fits", seed=seed, detectors="ABCDE") for seed in (1, 2)]
    paths.append(tmp_path / "absent.fits")
    one, two = (Products(tmp_path / f"v{n}.parquet", tmp_path / f"c{n}.parquet") for n in (1, 2))
    run(paths, recipe, one)
    run(paths, recipe, two, workers=2)
    assert read_bytes(one) == read_bytes(two)
    assert len(read_catalog(two.detectors)) == 10


def test_a_killed_run_goes_on_and_gives_the_same(recipe, tmp_path):
    def stop(outcome):
        raise KeyboardInterrupt

    paths = [write_mosaic(tmp_path / f"{seed}.fits", seed=seed) for seed in (1, 2)]
    whole, killed = (Products(tmp_path / f"v{n}.parquet", tmp_path / f"c{n}.parquet") for n in (1, 2))
    run(paths, recipe, whole)
    with pytest.raises(KeyboardInterrupt):
        run(paths, recipe, killed, on_done=stop)
    assert not killed.verdicts.exists()
    states = []
    run(paths, recipe, killed, on_done=lambda outcome: states.append(outcome.state))
    assert states == ["skipped", "done"]
    assert read_bytes(whole) == read_bytes(killed)
    assert not list(tmp_path.glob(".v*"))


def test_a_failure_on_one_exposure_is_a_row_of_its_own(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr("skysieve.quality.parts.judge_exposure", lambda *_, **__: 1 / 0)
    verdicts = run([write_mosaic(tmp_path / "a.fits")], recipe, Products(tmp_path / "v.parquet"))
    assert ExposureFlag.FAILED in ExposureFlag(int(verdicts["flags"][0]))
    assert "division by zero" in verdicts["message"][0]


def test_a_person_has_the_last_word(recipe, tmp_path):
    paths = [write_mosaic(tmp_path / f"{name}.fits") for name in "ab"]
    (tmp_path / "overrule.csv").write_text("id,value,who,why\nb.fits,hole,Ada,one detector is fine\n")
    verdicts = run(paths, recipe, Products(tmp_path / "v.parquet"), overrule=tmp_path / "overrule.csv")
    assert verdicts["verdict"][1] == "hole"
    flags = [ExposureFlag.OVERRULED in ExposureFlag(int(one)) for one in verdicts["flags"]]
    assert flags == [False, True]
    assert "Ada" in verdicts["overruled_by"][1]
    assert json.loads(read_catalog(tmp_path / "v.parquet").meta["overruled"])[0]["id"] == "b.fits"


def test_layouts_are_learned_from_three_mosaics_or_refused(recipe, tmp_path):
    paths = [write_mosaic(tmp_path / f"{seed}.fits", seed=seed) for seed in (1, 2, 3)]
    products = Products(tmp_path / "v.parquet", layouts=tmp_path / "layout.json")
    with pytest.raises(ValueError, match="give three mosaics"):
        run(paths[:2], recipe, products)
    run(paths, recipe, products)
    assert [seat.name for seat in read_layouts(products.layouts)["CAM"].seats] == ["A", "B"]


def test_a_folder_of_another_run_is_refused_unless_told_otherwise(recipe, tmp_path):
    paths = [write_mosaic(tmp_path / f"{name}.fits") for name in "ab"]
    run(paths[:1], recipe, Products(tmp_path / "v.parquet", run=tmp_path / "run"))
    with pytest.raises(ValueError, match="holds another run"):
        run(paths, recipe, Products(tmp_path / "v.parquet", run=tmp_path / "run"))
    assert len(run(paths, recipe, Products(tmp_path / "v.parquet", run=tmp_path / "run", overwrite=True))) == 2


def test_no_usable_exposure_is_an_exit_code_and_still_a_table(weights, tmp_path, capsys):
    (tmp_path / "a.fits").write_text("no image")
    out = tmp_path / "v.csv"
    code = invoke(["quality", "assess", str(tmp_path / "a.fits"), "--out", str(out), "--model", str(weights)])
    assert code == 2
    assert "no exposure could be read" in capsys.readouterr().err
    assert len(read_catalog(out)) == 1
