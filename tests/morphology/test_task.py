"""One small model, trained once: what it leaves, how it is applied to cutouts and in a run, how it is evaluated."""

import json
from dataclasses import replace

import numpy as np
import pytest

from skysieve.config import dump_recipe
from skysieve.extraction import ExtractionRecipe, extract
from skysieve.io.catalogs import read_catalog
from skysieve.io.cutouts import stream_batch, write_cutouts_store
from skysieve.io.cutouts.batch import CutoutBatch
from skysieve.io.shipped import find_weights
from skysieve.io.weights import read_weights
from skysieve.morphology import ApplyRecipe, EvaluateRecipe, TrainRecipe, apply, check, evaluate, train
from skysieve.morphology.model import read_model
from skysieve.morphology.recipe import GalaxyFieldsRecipe, MorphologySplit
from skysieve.morphology.showing import judge_sources
from skysieve.morphology.truth import CLASSES
from skysieve.records import Catalog, Column
from skysieve.simulate import SceneRecipe, make_scene
from skysieve.som.lattice import Lattice
from skysieve.som.maps import write_image_map
from skysieve.som.schedule import Schedule, Stage

FIELDS = GalaxyFieldsRecipe(number=8, side=320, surveys=("Legacy",), stars=(60.0, 90.0))
RECIPE = TrainRecipe(
    name="small", fields=FIELDS, split=MorphologySplit(train=0.4, classes=0.3, test=0.3),
    lattice=Lattice((4, 4)), methods=("logistic",),
    schedule=Schedule((Stage(2, "online", sigma=1.0, rate=0.1, rotations=12),)),
)  # fmt: skip
EVALUATION = EvaluateRecipe(fields=replace(FIELDS, number=3, seed=50))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("morphology")
    train(RECIPE, out=folder)
    return folder


@pytest.fixture(scope="module")
def weights(trained):
    return trained / "weights" / "small.safetensors"


def test_the_card_says_what_the_weights_are(weights):
    tensors, card = read_weights(weights)
    assert card.capability == "morphology"
    assert card.recipe["lattice"] == dump_recipe(RECIPE)["lattice"]
    assert tensors["som.neurons"].dtype == np.float16
    assert 0 <= card.metrics["accuracy"].value <= 1
    assert card.metrics["accuracy"].n > 20


def test_weights_pass_their_check_and_changed_ones_do_not(weights, tmp_path):
    assert check(weights) < 1e-4
    broken = tmp_path / weights.name
    content = bytearray(weights.read_bytes())
    content[-5] ^= 1
    broken.write_bytes(content)
    broken.with_suffix(".json").write_bytes(weights.with_suffix(".json").read_bytes())
    with pytest.raises(ValueError, match="its card wants"):
        check(broken)


def test_training_again_reads_what_is_there(trained, weights):
    before = weights.read_bytes()
    train(RECIPE, out=trained)
    assert weights.read_bytes() == before


def write_store(path, images):
    rows = Catalog((Column("id", "i8"),), {"id": np.arange(len(images)) + 10}, {})
    batch = CutoutBatch(images, np.zeros(images[:, 0].shape, bool), None, rows)
    write_cutouts_store(path, stream_batch(batch, bands=("r",)))


@pytest.fixture
def store(tmp_path):
    dice = np.random.default_rng(1)
    images = dice.normal(size=(5, 1, 32, 32)).astype(np.float32)
    images[:4, :, 14:18, 12:20] += 30
    images[4] = 0
    write_store(tmp_path / "cutouts.zarr", images)
    return tmp_path / "cutouts.zarr"


def test_cutouts_are_judged_row_by_row(weights, store, tmp_path):
    applied = apply(store, ApplyRecipe(model=str(weights)), out=tmp_path / "out")
    catalog = read_catalog(applied.files[0])
    assert catalog["id"].tolist() == [10, 11, 12, 13, 14]
    assert (catalog["som_bmu"][:4] >= 0).all()
    assert catalog["som_bmu"][4] == -1
    assert catalog["som_ood"][4]
    total = sum(catalog[f"som_p_{name}"] for name in CLASSES)
    np.testing.assert_allclose(total[:4], 1, atol=1e-5)
    assert applied.facts["unknown"] == 1


def test_a_map_of_ones_own_gives_matches_without_classes(weights, store, tmp_path):
    write_image_map(tmp_path / "own", read_model(ApplyRecipe(model=str(weights))).som)
    applied = apply(store, ApplyRecipe(model=str(tmp_path / "own")), out=tmp_path / "out")
    assert (applied.catalog["som_bmu"] >= -1).all()
    assert "som_label" not in applied.catalog.names


def test_cutouts_of_another_side_are_refused(weights, tmp_path):
    write_store(tmp_path / "wide.zarr", np.ones((2, 1, 40, 40), np.float32))
    with pytest.raises(ValueError, match="the map wants 32"):
        apply(tmp_path / "wide.zarr", ApplyRecipe(model=str(weights)), out=tmp_path / "out")


def test_verdicts_can_be_overruled(weights, store, tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("id,column,value,who,why\n11,som_label,disk,Ada,seen by eye\n")
    applied = apply(store, ApplyRecipe(model=str(weights)), out=tmp_path / "out", overrule=table)
    assert applied.catalog["som_label"][1] == "disk"


def test_sources_of_an_image_get_columns_in_their_order(weights):
    scene = make_scene(SceneRecipe(survey="Legacy", shape=(256, 256)), seed=8)
    catalog = extract(scene.detector, ExtractionRecipe()).catalog
    judged = judge_sources(catalog, scene.detector.bands[0], ApplyRecipe(model=str(weights)))
    assert judged["id"].tolist() == catalog["id"].tolist()
    shown = judged["som_bmu"] >= 0
    assert np.isnan(judged["som_distance"][~shown]).all()
    assert judged["som_ood"][~shown].all()
    assert judged.meta["morphology_model"].startswith("small 1 ")


def test_an_evaluation_writes_scores_and_a_page(weights, tmp_path):
    recipe = replace(EVALUATION, apply=ApplyRecipe(model=str(weights)))
    metrics = evaluate(recipe, out=tmp_path)
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert scores["main"]["accuracy"]["value"] == metrics["accuracy"].value
    assert "<svg" in (tmp_path / "report.html").read_text()


def test_weights_of_another_capability_are_refused():
    with pytest.raises(ValueError, match="holds no trained map"):
        read_model(ApplyRecipe(model=str(find_weights("stellarity", "stellarity"))))
