"""``skysieve som map`` does what the function does, and says so."""

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.som.bars import draw_bars, write_bars

from skysieve.cli.main import invoke
from skysieve.som.lattice import Lattice
from skysieve.som.maps import ImageMap, write_image_map
from skysieve.som.transforms import make_geometry

SOM = ImageMap(np.ones((2, 1, 15, 15), np.float32), Lattice((2,)), make_geometry(10, rotations=8))


@pytest.fixture
def here(tmp_path, monkeypatch):
    write_bars(tmp_path / "bars.bin", draw_bars(5))
    write_image_map(tmp_path / "som", SOM)
    monkeypatch.chdir(tmp_path)


def test_images_are_mapped_and_told(here, tmp_path, capsys):
    assert invoke(["som", "map", "bars.bin", "som", "--out", "run"]) == 0
    said = capsys.readouterr()
    assert "5 images on 2 neurons, 0 unknown" in said.out
    assert "prepared otherwise" not in said.err
    assert (tmp_path / "run" / "mapping.parquet").is_file()


def test_the_summary_is_told_again_as_json(here, capsys):
    for _ in range(2):
        assert invoke(["som", "map", "bars.bin", "som", "--out", "run", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["folder"], told["images"], told["children"]) == ("run", 5, 0)


def test_images_prepared_otherwise_are_told(here, tmp_path, capsys):
    write_image_map(tmp_path / "som", replace(SOM, preparation={"mask": "circular"}))
    assert invoke(["som", "map", "bars.bin", "som", "--out", "run"]) == 0
    assert "prepared otherwise" in capsys.readouterr().err


def test_a_map_that_is_not_there_leaves_with_2(here, capsys):
    assert invoke(["som", "map", "bars.bin", "nothing", "--out", "run"]) == 2
    assert "no som.bin here" in capsys.readouterr().err
