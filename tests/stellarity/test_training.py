"""The whole way from a recipe to weights, on few and small fields."""

import pytest
import torch

from skysieve.config import read_recipe
from skysieve.io.weights import read_weights
from skysieve.stellarity import EvaluateRecipe, TrainRecipe, check, evaluate, train

FIELDS = [
    "fields.side=300",
    "fields.stars=[150,400]",
    'fields.surveys=["SDSS"]',
    "fields.seeing=[1.2,1.6]",
]
SMALL = [
    *FIELDS,
    "fields.number=12",
    "hidden=[8]",
    "split.calibration=0.5",
    "split.validation=0.5",
    "split.test=0.5",
    "training.batch=16",
    'training.accelerator="cpu"',
]


@pytest.mark.slow
def test_a_recipe_becomes_weights_that_can_be_evaluated(tmp_path):
    torch.set_num_threads(1)
    recipe = read_recipe(TrainRecipe, settings=SMALL)
    card = train(recipe, out=tmp_path / "run")
    path = tmp_path / "run" / "weights" / "stellarity.safetensors"
    assert card.metrics["auc"].value > 0.7
    assert check(path) < 1e-3
    settings = [*FIELDS, "fields.seed=9", f'apply.model="{path}"', "fields_per_bin=2", "fields_per_survey=0"]
    settings += ["seeing_edges=[1.2,1.6]", "rivals=[]"]
    metrics = evaluate(read_recipe(EvaluateRecipe, settings=settings), out=tmp_path / "scores")
    assert metrics["auc"].value > 0.7
    assert (tmp_path / "scores" / "report.html").stat().st_size > 20_000


@pytest.mark.slow
def test_the_same_recipe_gives_the_same_weights_and_a_finished_run_is_not_repeated(tmp_path):
    torch.set_num_threads(1)
    recipe = read_recipe(TrainRecipe, settings=SMALL)
    one, other = (train(recipe, out=tmp_path / name) for name in ("one", "other"))
    states = []
    again = train(recipe, out=tmp_path / "one", on_done=lambda outcome: states.append(outcome.state))
    assert one.sha256 == other.sha256 == again.sha256
    assert set(states) == {"skipped"}
    assert read_weights(tmp_path / "one" / "weights" / "stellarity.safetensors")[1] == one


def test_too_few_fields_are_refused_in_a_sentence(tmp_path):
    recipe = read_recipe(TrainRecipe, settings=["fields.number=1", "fields.side=128", "fields.stars=[1,2]"])
    with pytest.raises(ValueError, match=r"raise fields.number"):
        train(recipe, out=tmp_path)
