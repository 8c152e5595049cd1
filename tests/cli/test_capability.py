"""The three verbs, made for a capability that is nothing but its contract."""

import json
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from skysieve.cli.capability import Words, add_verbs
from skysieve.io.weights import Metric
from skysieve.records import make_empty_catalog
from skysieve.records.applied import Applied


@dataclass(frozen=True)
class Recipe:
    model: str = "shipped"
    items: int = 3


@dataclass(frozen=True)
class Card:
    name: str
    metrics: dict[str, Metric]


METRICS = {"auc": Metric(0.9, 0.01, 50)}


@pytest.fixture
def seen(monkeypatch):
    """What the verbs of the invented capability were given."""
    seen = {}

    def train(recipe, *, out, on_done):
        seen["train"] = recipe
        return Card("mine", METRICS)

    def apply(source, recipe, *, out, overrule):
        seen["apply"] = (source.name, recipe, overrule)
        return Applied(make_empty_catalog(()), (out / "rows.parquet",), {"rows": 7})

    def evaluate(recipe, *, out, on_done):
        seen["evaluate"] = recipe
        return METRICS

    module = SimpleNamespace(
        TrainRecipe=Recipe, ApplyRecipe=Recipe, EvaluateRecipe=Recipe, train=train, apply=apply, evaluate=evaluate
    )
    monkeypatch.setitem(sys.modules, "skysieve.invented", module)
    return seen


def run(*arguments):
    app = typer.Typer()
    words = Words(
        package="invented", train="Train.", apply="Apply.", evaluate="Evaluate.", source="Rows.", out="Folder.",
        count_trained=lambda recipe: recipe.items, count_evaluated=lambda recipe: recipe.items,
        describe=lambda facts: f"{facts['rows']} rows", table="rows", evaluated="model",
    )  # fmt: skip
    add_verbs(app, words)
    return CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)


def test_training_takes_the_defaults_and_settings_and_names_the_weights(seen, tmp_path):
    said = run("train", "--out", tmp_path, "--set", "items=5").stdout
    assert seen["train"].items == 5
    assert "auc" in said
    assert f"weights: {tmp_path / 'weights' / 'mine.safetensors'}" in said


def test_applying_says_what_was_found_and_where_it_is(seen, tmp_path):
    said = run("apply", "rows", "--out", tmp_path, "--model", "own").stdout
    assert seen["apply"] == ("rows", Recipe(model="own"), None)
    assert said.splitlines() == ["7 rows", f"rows: {tmp_path / 'rows.parquet'}"]


def test_the_model_of_an_evaluation_has_the_key_that_its_recipe_gives_it(seen, tmp_path):
    run("evaluate", "--out", tmp_path, "--model", "own", "--set", 'model="other"')
    assert seen["evaluate"].model == "own"


@pytest.mark.parametrize(("verb", "key"), [("train", "metrics"), ("apply", "rows"), ("evaluate", "auc")])
def test_every_verb_speaks_json(seen, tmp_path, verb, key):
    source = ["rows"] if verb == "apply" else []
    assert key in json.loads(run(verb, *source, "--out", tmp_path, "--json").stdout)
