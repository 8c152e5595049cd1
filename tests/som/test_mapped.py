import json

import numpy as np
import pytest

from skysieve.io.pink import write_pink_map, write_pink_transforms
from skysieve.som.lattice import Lattice
from skysieve.som.mapped import read_mapping
from skysieve.som.maps import make_pink_layout

DISTANCE = np.array([[2, 1, 3], [1, 1, 0], [np.nan, np.nan, np.nan]], np.float32)


def write_mapping(folder, *, images=3):
    layout = make_pink_layout(Lattice((3,)))
    write_pink_map(folder / "map.bin", [DISTANCE], layout=layout)
    turns = (np.ones((images, 3), np.int8), np.full((images, 3), 0.5, np.float32))
    write_pink_transforms(folder / "transforms.bin", [turns], layout=layout)


def test_neurons_are_ranked_by_distance_and_ties_by_number(tmp_path):
    write_mapping(tmp_path)
    assert read_mapping(tmp_path).rank(3).tolist() == [[1, 0, 2], [2, 0, 1], [-1, -1, -1]]
    assert read_mapping(tmp_path).rank().tolist() == [[1], [2], [-1]]


def test_two_files_are_as_good_as_a_folder(tmp_path):
    write_mapping(tmp_path)
    found = read_mapping(tmp_path / "map.bin", transforms=tmp_path / "transforms.bin")
    assert len(found) == 3
    assert found.flip.all()
    assert found.angle[0, 0] == np.float32(0.5)


def test_the_lattice_of_the_map_may_say_more_than_the_file(tmp_path):
    write_mapping(tmp_path)
    assert read_mapping(tmp_path, lattice=Lattice((3,), periodic=True)).lattice.periodic
    with pytest.raises(ValueError, match="3 neurons; the map has 4"):
        read_mapping(tmp_path, lattice=Lattice((4,)))


def test_files_of_two_mappings_are_refused(tmp_path):
    write_mapping(tmp_path, images=2)
    with pytest.raises(ValueError, match="give files of the same mapping"):
        read_mapping(tmp_path)


def test_distances_alone_are_refused(tmp_path):
    write_mapping(tmp_path)
    with pytest.raises(ValueError, match="give the file of transformations too"):
        read_mapping(tmp_path / "map.bin")
    (tmp_path / "transforms.bin").unlink()
    with pytest.raises(ValueError, match=r"transforms.bin: there is no such file"):
        read_mapping(tmp_path)


def test_a_card_beside_the_files_says_that_the_lattice_is_periodic(tmp_path):
    write_mapping(tmp_path)
    card = {"lattice": {"shape": [3], "hexagonal": False, "periodic": True}}
    (tmp_path / "mapping.json").write_text(json.dumps(card), encoding="utf-8")
    assert read_mapping(tmp_path).lattice == Lattice((3,), periodic=True)
    (tmp_path / "mapping.json").write_text("{}", encoding="utf-8")
    assert read_mapping(tmp_path).lattice == Lattice((3,))
