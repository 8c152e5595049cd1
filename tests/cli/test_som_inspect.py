"""The command that inspects maps."""

import json

import numpy as np
import pytest

from skysieve.cli.main import invoke
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.pink import write_pink_images, write_pink_map, write_pink_transforms
from skysieve.records import Catalog, Column
from skysieve.som.lattice import Lattice
from skysieve.som.maps import ImageMap, make_pink_layout, write_image_map
from skysieve.som.transforms import make_geometry

LATTICE = Lattice((3, 2))
IMAGES, SIDE = 12, 16


@pytest.fixture
def mapped(tmp_path, monkeypatch):
    """A map, a mapping of twelve images onto it and those images, in the current folder."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(2)
    geometry = make_geometry(SIDE, rotations=4)
    neurons = random.random((6, 1, geometry.neuron_side, geometry.neuron_side)).astype(np.float32)
    write_image_map(tmp_path / "map", ImageMap(neurons, LATTICE, geometry, provenance={"seed": 1}))
    distance = np.full((IMAGES, 6), 9, np.float32)
    distance[np.arange(IMAGES), np.arange(IMAGES) % 4] = 1 + np.arange(IMAGES) / 10
    distance[:, 5] = 8.5
    (tmp_path / "mapping").mkdir()
    layout = make_pink_layout(LATTICE)
    write_pink_map(tmp_path / "mapping" / "map.bin", [distance], layout=layout)
    turns = (np.zeros((IMAGES, 6), np.int8), np.zeros((IMAGES, 6), np.float32))
    write_pink_transforms(tmp_path / "mapping" / "transforms.bin", [turns], layout=layout)
    columns = (Column("id", "i8"), Column("kind", "str"), Column("som_bmu", "i4"))
    values = {"id": 100 + np.arange(IMAGES), "kind": np.array(["FRI", "FRII"] * 6, object)}
    bmus = np.arange(IMAGES, dtype=np.int32) % 4
    write_catalog(Catalog(columns, values | {"som_bmu": bmus}), tmp_path / "mapping" / "mapping.parquet")
    write_pink_images(
        tmp_path / "images.bin", [random.random((IMAGES, SIDE, SIDE)).astype(np.float32)], shape=(SIDE, SIDE)
    )
    return tmp_path


def inspect(capsys, *arguments):
    code = invoke(["som", "inspect", "map", *arguments, "--out", "out"])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_mapping_is_counted_and_its_page_written(mapped, capsys):
    code, out, _ = inspect(capsys, "--mapping", "mapping", "--images", "images.bin", "--label", "kind", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["hits"] == [3, 3, 3, 3, 0, 0]
    assert (found["images"], found["unknown"], found["empty"]) == (12, 0, 2)
    assert (found["coherence"]["count"], found["coherence"]["known"]) == (6, 12)  # neuron 5 is next for all of them
    assert "FRII 3" in (mapped / "out" / "report.html").read_text(encoding="utf-8")


def test_a_chosen_neuron_gets_its_sheet_alone_and_all_get_theirs_otherwise(mapped, capsys):
    given = ("--mapping", "mapping", "--images", "images.bin", "--sheet")
    assert inspect(capsys, *given, "--neuron", "0,1")[0] == 0
    assert [path.name for path in (mapped / "out" / "sheets").iterdir()] == ["sheet_0_1.html"]
    assert json.loads(inspect(capsys, *given, "--json")[1])["sheets"] == 4


def test_excluded_neurons_are_nobodys_best_and_edges_touch_where_told(mapped, capsys):
    given = ("--mapping", "mapping", "--json", "--exclude", "0,0", "--periodic")
    found = json.loads(inspect(capsys, *given)[1])
    assert found["hits"] == [0, 3, 3, 3, 0, 3]
    assert found["coherence"]["count"] == 12


def test_a_catalog_gets_the_columns_of_the_mapping(mapped, capsys):
    catalog = Catalog((Column("id", "i8"),), {"id": np.array([105, 7])})
    write_catalog(catalog, mapped / "sky.parquet")
    assert inspect(capsys, "--mapping", "mapping", "--catalog", "sky.parquet")[0] == 0
    assert read_catalog(mapped / "out" / "catalog.parquet")["som_bmu"].tolist() == [1, -1]


def test_a_bare_file_of_neurons_is_shown_as_well(mapped, capsys):
    (mapped / "map" / "som.json").unlink()
    code, out, _ = inspect(capsys, "--mapping", "mapping", "--images", "images.bin")
    assert code == 0
    assert "12 images on 6 neurons" in out
    assert "rotations" not in (mapped / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--neuron", "3,0"), "neuron (3, 0): the map has cells from (0, 0) to (2, 1); give one of them"),
        (("--neuron", "a"), "cell 'a': wanted are whole numbers"),
        (("--images", "images.bin"), "give --mapping too"),
        (
            ("--mapping", "mapping", "--label", "colour"),
            "--label colour: the mapping has no such column; it has id, kind",
        ),
        (("--mapping", "mapping", "--sheet"), "give --mapping and --images"),
        (("--mapping", "map"), "there is no such file"),
        (("--catalog", "images.bin"), "no mapping.parquet to join"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(mapped, capsys, arguments, message):
    code, _, said = inspect(capsys, *arguments)
    assert code == 2
    assert message in said
    assert said.count("\n") == 1


def test_other_images_are_refused(mapped, capsys):
    write_pink_images(mapped / "few.bin", [np.zeros((3, SIDE, SIDE), np.float32)], shape=(SIDE, SIDE))
    code, _, said = inspect(capsys, "--mapping", "mapping", "--images", "few.bin")
    assert code == 2
    assert "few.bin: 3 images of 1 channels and 16 pixels a side; the mapping is of 12 images" in said
