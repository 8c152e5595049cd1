"""``skysieve som train`` does what the function does, and says so."""

import json

import pytest
from tests.som.bars import draw_bars, write_bars

from skysieve.cli.main import invoke
from skysieve.som.maps import read_image_map

SETTINGS = [
    "--set", "lattice.shape=[2,2]", "--set", "geometry.rotations=8",
    "--set", "schedule.stages=[{passes=1,rotations=8,sigma=0.6}]",
]  # fmt: skip


@pytest.fixture
def bars(tmp_path):
    return str(write_bars(tmp_path / "bars.bin", draw_bars(20)))


def test_a_map_is_trained_and_told(bars, tmp_path, capsys):
    assert invoke(["som", "train", bars, "--out", str(tmp_path / "run"), *SETTINGS]) == 0
    said = capsys.readouterr()
    assert "4 neurons from 20 images" in said.out
    assert "training 1/1" in said.err
    assert read_image_map(tmp_path / "run").lattice.shape == (2, 2)


def test_a_folder_is_given_relative_to_here(bars, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert invoke(["som", "train", "bars.bin", "--out", "run", *SETTINGS, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["changed"] is None


def test_children_are_trained_below_their_parent(bars, tmp_path, capsys):
    run = str(tmp_path / "run")
    invoke(["som", "train", bars, "--out", run, "--set", "lattice.shape=[1]", *SETTINGS[2:]])
    assert invoke(["som", "train", bars, "--parent", run, "--neurons", "0", *SETTINGS]) == 0
    assert (tmp_path / "run" / "children" / "n000" / "som.bin").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either --out RUN"),
        (["--parent", "run", "--neurons", "a"], "wanted are whole numbers"),
        (["--out", "run", "--set", "sed=1"], "did you mean seed"),
    ],
)
def test_wrong_arguments_leave_with_2(bars, arguments, message, capsys):
    assert invoke(["som", "train", bars, *arguments]) == 2
    assert message in capsys.readouterr().err
