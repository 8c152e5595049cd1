"""``skysieve som collate`` does what the function does, and says so."""

import json

import numpy as np
import pytest

from skysieve.cli.main import invoke
from skysieve.io.annotations import write_annotations
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.pink import write_pink_images
from skysieve.records import Catalog, Column
from skysieve.records.annotations import Annotations, NeuronAnnotation, Region

COMMAND = ["som", "collate", "mapping", "--annotations", "drawn", "--components", "radio.csv", "--out", "out"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    radio = {"id": np.array([7, 8, 9]), "ra": np.array([10.0, 10.003, 50.0]), "dec": np.zeros(3), "flux": np.ones(3)}
    write_catalog(make(radio), tmp_path / "radio.csv")
    write_catalog(make({"id": np.array([3]), "ra": np.array([10.0]), "dec": np.zeros(1)}), tmp_path / "hosts.csv")
    mapped = {
        "som_bmu": np.array([0, 0, -1]), "som_angle": np.array([1.0, 1.0, np.nan]),
        "som_flip": np.zeros(3, bool), "som_distance": np.ones(3),
    }  # fmt: skip
    write_catalog(make({**radio, **mapped}), tmp_path / "mapping" / "mapping.parquet")
    regions = tuple(Region(label, k, np.ones((44, 44), bool)) for k, label in enumerate(("related", "host")))
    write_annotations(tmp_path / "drawn", Annotations((NeuronAnnotation(0, (), regions),), "", 1, 44, 2))
    monkeypatch.chdir(tmp_path)


def make(values):
    kinds = {"i": "i8", "f": "f8", "b": "bool"}
    return Catalog(tuple(Column(name, kinds[one.dtype.kind]) for name, one in values.items()), values)


def test_components_become_sources_with_hosts(here, tmp_path, capsys):
    assert invoke([*COMMAND, "--hosts", "hosts.csv", "--pixel-scale", "1.8"]) == 0
    assert "3 components in 2 sources, 1 of several; 1 with a host" in capsys.readouterr().out
    assert read_catalog(tmp_path / "out" / "sources.fits")["host_id"].tolist() == [3, -1]
    assert len(read_catalog(tmp_path / "out" / "members.parquet")) == 4


def test_counts_are_told_as_json(here, capsys):
    assert invoke([*COMMAND, "--pixel-scale", "1.8", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["folder"], told["sources"], told["sources_with_host"]) == ("out", 2, 0)


def test_a_recipe_decides(here, tmp_path, capsys):
    (tmp_path / "collate.toml").write_text('pixel_scale = 1.8\n[actions]\nrelated = "PASS"\nhost = "PASS"\n')
    assert invoke([*COMMAND, "--recipe", "collate.toml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sources"] == 3


def test_images_that_show_nothing_known_are_left_out(here, tmp_path, capsys):
    write_pink_images(tmp_path / "images.bin", [np.full((3, 31, 31), 0.01, np.float32)], shape=(31, 31))
    command = [*COMMAND, "--pixel-scale", "1.8", "--set", "max_unlike=0.9", "--json"]
    assert invoke([*command, "--images", "images.bin"]) == 0
    assert json.loads(capsys.readouterr().out)["sources"] == 3
    assert invoke(command) == 2
    assert "give --images SOURCE" in capsys.readouterr().err


def test_an_unknown_pixel_scale_is_one_sentence(here, capsys):
    assert invoke(COMMAND) == 2
    assert "pixel_scale is not known; give --pixel-scale ARCSEC" in capsys.readouterr().err
