import json

import pytest

import skysieve
from skysieve.cli.main import invoke
from skysieve.io.shipped import list_shipped


def test_the_list_has_a_line_for_each_model_with_its_numbers(capsys):
    assert invoke(["models", "list"]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith("stellarity")
    assert "auc 0." in line


def test_show_prints_the_card(capsys):
    assert invoke(["models", "show", "stellarity"]) == 0
    assert json.loads(capsys.readouterr().out)["capability"] == "stellarity"


def test_an_unknown_name_is_refused_with_those_that_there_are(capsys):
    assert invoke(["models", "show", "nonsense"]) == 2
    assert "there are stellarity" in capsys.readouterr().err


def test_check_passes_what_is_whole(capsys):
    assert invoke(["models", "check"]) == 0
    assert "stellarity: whole" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["weights", "card"])
def test_check_leaves_with_1_when_a_file_is_broken(damage, tmp_path, monkeypatch, capsys):
    weights = tmp_path / "stellarity" / "weights"
    weights.mkdir(parents=True)
    source = list_shipped("stellarity")[0]
    for suffix in (".safetensors", ".json"):
        (weights / f"stellarity{suffix}").write_bytes(source.with_suffix(suffix).read_bytes())
    broken = weights / ("stellarity.safetensors" if damage == "weights" else "stellarity.json")
    broken.write_bytes(broken.read_bytes()[:-20])
    monkeypatch.setattr(skysieve, "__file__", str(tmp_path / "__init__.py"))
    assert invoke(["models", "check"]) == 1
    assert "stellarity" in capsys.readouterr().err
