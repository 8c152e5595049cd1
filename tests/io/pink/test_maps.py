import numpy as np
import pytest

from skysieve.io.pink import PinkLayout, read_pink_map, write_pink_map
from skysieve.io.pink.layouts import resolve_layout


def test_distances_stand_behind_eight_numbers(tmp_path):
    path = tmp_path / "map.bin"
    write_pink_map(path, [np.array([[1.0, 2.0]])], layout=PinkLayout((1, 2)))
    assert np.frombuffer(path.read_bytes(), "<i4", 8).tolist() == [2, 2, 0, 1, 0, 2, 1, 2]
    assert np.frombuffer(path.read_bytes(), "<f4", offset=32).tolist() == [1.0, 2.0]


def test_pinks_own_mappings_are_rewritten_byte_for_byte(pink_golden, tmp_path):
    paths = [*pink_golden.rglob("map*.bin")]
    assert len(paths) > 40
    for path in paths:
        mapping = read_pink_map(path)
        write_pink_map(tmp_path / "copy.bin", [mapping.distances], layout=mapping.layout, comment=mapping.comment)
        assert (tmp_path / "copy.bin").read_bytes() == path.read_bytes(), path


def test_pinks_hexagonal_mapping_has_seven_columns(pink_golden):
    assert read_pink_map(pink_golden / "hex3_gauss/map.bin").distances.shape == (20, 7)


def test_a_mapping_of_no_images_is_empty(tmp_path):
    write_pink_map(tmp_path / "none.bin", [], layout=PinkLayout((3, 3), hexagonal=True, code=1))
    assert read_pink_map(tmp_path / "none.bin").distances.shape == (0, 7)


def test_a_mapping_with_other_neurons_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"shape \(3,\); wanted is \(4,\)"):
        write_pink_map(tmp_path / "m.bin", [np.zeros((2, 3))], layout=PinkLayout((2, 2)))
    with pytest.raises(ValueError, match=r"m\.bin: 8 bytes of data are found; its header wants 16"):
        resolve_layout(tmp_path / "m.bin", (0, (2, 2)), data_bytes=8, neuron_bytes=4)
