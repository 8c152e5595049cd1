"""The contract of a capability: three verbs with the same signatures, recipes, weights with a card, a page."""

import dataclasses
import importlib
import inspect
import json
from pathlib import Path

import numpy as np
import pytest

from skysieve.chain import CAPABILITIES, ChainRecipe
from skysieve.cli.main import invoke
from skysieve.config import STRICT, dump_recipe, parse_recipe, read_recipe
from skysieve.io.shipped import find_weights, list_shipped
from skysieve.io.weights import read_weights
from skysieve.records.applied import Applied

ROOT = Path(__file__).parents[1]
VERBS = {
    "train": (["recipe", "out", "on_done"], "TrainRecipe"),
    "apply": (["source", "recipe", "out", "overrule"], "ApplyRecipe"),
    "evaluate": (["recipe", "out", "on_done"], "EvaluateRecipe"),
}

pytestmark = pytest.mark.parametrize("name", CAPABILITIES)


def load(name):
    return importlib.import_module(f"skysieve.{name}")


def list_recipes(name):
    return [getattr(load(name), recipe) for _, recipe in VERBS.values()]


@pytest.mark.parametrize("verb", VERBS)
def test_the_verbs_have_the_same_signatures(name, verb):
    wanted, recipe = VERBS[verb]
    signature = inspect.signature(getattr(load(name), verb))
    assert list(signature.parameters) == wanted
    assert signature.parameters["recipe"].annotation is getattr(load(name), recipe)
    keywords = [one for one in signature.parameters.values() if one.kind is inspect.Parameter.KEYWORD_ONLY]
    assert [one.name for one in keywords] == wanted[wanted.index("out") :]


def test_apply_leaves_what_every_capability_leaves(name):
    assert inspect.signature(load(name).apply).return_annotation is Applied


@pytest.mark.parametrize("verb", [*VERBS, "check"])
def test_the_verbs_say_what_they_take_and_give(name, verb):
    text = inspect.getdoc(getattr(load(name), verb)) or ""
    assert "Raises" in text
    assert "Parameters" in text or verb == "check"


def test_the_package_exports_the_contract_and_no_more_than_it_names(name):
    module = load(name)
    assert {*VERBS, *(recipe for _, recipe in VERBS.values()), "check"} <= set(module.__all__)
    assert all(callable(getattr(module, one)) for one in module.__all__)


def test_recipes_are_frozen_strict_and_survive_plain_values(name):
    for kind in list_recipes(name):
        assert kind.__dataclass_params__.frozen
        assert kind.__pydantic_config__ == STRICT
        assert parse_recipe(kind, dump_recipe(kind())) == kind()


def test_unknown_keys_are_refused(name):
    for kind in list_recipes(name):
        with pytest.raises(ValueError, match="nonsense is not a known key"):
            read_recipe(kind, settings=["nonsense=1"])


def test_the_recipe_that_ships_made_the_weights_that_ship(name):
    kind = load(name).TrainRecipe
    shipped = read_recipe(kind, ROOT / "recipes" / f"{name}.toml")
    _, card = read_weights(find_weights(name, shipped.name))
    resolved = {key: value for key, value in dump_recipe(shipped).items() if key != "execution"}
    assert json.loads(json.dumps(resolved)) == card.recipe
    assert dataclasses.replace(shipped, execution=kind().execution) == kind()


def test_weights_ship_with_a_whole_card(name):
    assert list_shipped(name)
    for path in list_shipped(name):
        tensors, card = read_weights(path)
        assert card.capability == name
        assert card.name == path.stem
        assert all((card.version, card.architecture, card.training_data, card.domain, card.license))
        assert card.calibration
        assert card.domain_index["threshold"] > 0
        assert all(metric.n > 0 for metric in card.metrics.values())
        assert any(metric.error is not None for metric in card.metrics.values())
        assert "check.output" in tensors
        assert any(tensor.startswith("domain.") for tensor in tensors)


def test_weights_are_small_and_in_sixteen_bits(name):
    for path in list_shipped(name):
        tensors, _ = read_weights(path)
        tables = [value for key, value in tensors.items() if key.startswith("model.") and value.ndim == 2]
        weights = [value for value in tables if value.size > 100]
        assert sum(value.dtype == np.float16 for value in weights) >= len(weights) - 1
        assert path.stat().st_size < 80e6


def test_shipped_weights_pass_their_check(name):
    for path in list_shipped(name):
        assert load(name).check(path) < 1e-3


def test_changed_weights_fail_their_check(name, tmp_path):
    source = list_shipped(name)[0]
    content = bytearray(source.read_bytes())
    content[-5] ^= 1
    (tmp_path / source.name).write_bytes(content)
    (tmp_path / source.with_suffix(".json").name).write_bytes(source.with_suffix(".json").read_bytes())
    with pytest.raises(ValueError, match="its card wants"):
        load(name).check(tmp_path / source.name)


def test_unknown_weights_are_one_sentence_on_the_command_line(name, tmp_path, capsys):
    assert invoke([name, "apply", str(tmp_path), "--out", str(tmp_path / "out"), "--model", "nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_the_command_line_has_the_same_verbs(name, verb, capsys):
    assert invoke([name, verb, "--help"]) == 0
    assert "--out" in capsys.readouterr().out


def test_the_chain_plugs_it_in_and_can_do_without(name):
    assert read_recipe(ChainRecipe, settings=[f'capabilities=["{name}"]']).capabilities == (name,)
    assert isinstance(getattr(ChainRecipe(), name), load(name).ApplyRecipe)
    assert read_recipe(ChainRecipe, settings=["capabilities=[]"]).capabilities == ()


def test_the_list_of_models_holds_it(name, capsys):
    assert invoke(["models", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert name in {one["capability"] for one in listed}
    assert all(len(one["sha256"]) == 64 and one["bytes"] > 0 for one in listed)


def test_it_has_a_page_that_explains_it(name):
    text = (ROOT / "docs" / "explanation" / f"{name}.md").read_text(encoding="utf-8")
    assert "## Measured" in text
    assert "## Known limits" in text
