import numpy as np
import pytest

from skysieve.som.lattice import Lattice
from skysieve.som.maps import ImageMap, guess_geometry, read_image_map, write_image_map
from skysieve.som.transforms import make_geometry

LATTICE = Lattice((3, 2))


def make_map(*, lattice=LATTICE, channels=1, **given):
    geometry = make_geometry(8, rotations=4)
    shape = (lattice.n_neurons, channels, geometry.neuron_side, geometry.neuron_side)
    return ImageMap(np.random.default_rng(1).random(shape, dtype=np.float32), lattice, geometry, **given)


@pytest.mark.parametrize("lattice", [Lattice((3, 2), periodic=True), Lattice((3, 3), hexagonal=True), Lattice((4,))])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_map_is_read_as_it_was_written(tmp_path, lattice, channels):
    written = make_map(lattice=lattice, channels=channels, preparation={"sigma": 3.0}, provenance={"seed": 1})
    write_image_map(tmp_path, written)
    found = read_image_map(tmp_path)
    np.testing.assert_array_equal(found.neurons, written.neurons)
    for name in ("lattice", "geometry", "bands", "channel_weights", "preparation", "provenance"):
        assert getattr(found, name) == getattr(written, name)


def test_a_som_file_of_pink_has_pinks_default_geometry(tmp_path):
    write_image_map(tmp_path, make_map())
    (tmp_path / "som.json").unlink()
    found = read_image_map(tmp_path / "som.bin")
    assert found.geometry == make_geometry(8)
    assert found.lattice == Lattice((3, 2))


@pytest.mark.parametrize("side", [16, 32, 64, 100, 124, 150])
def test_the_side_of_the_image_is_guessed_from_that_of_the_neuron(side):
    assert guess_geometry(make_geometry(side).neuron_side).image_side == side


def test_a_side_that_no_image_has_by_default_is_refused():
    sides = {make_geometry(side).neuron_side for side in range(2, 50)}
    with pytest.raises(ValueError, match="no image has them by default"):
        guess_geometry(next(side for side in range(5, 50) if side not in sides))


def test_a_card_beside_another_file_is_refused(tmp_path):
    write_image_map(tmp_path, make_map())
    content = bytearray((tmp_path / "som.bin").read_bytes())
    content[-1] ^= 1
    (tmp_path / "som.bin").write_bytes(content)
    with pytest.raises(ValueError, match=r"not the file that som.json describes"):
        read_image_map(tmp_path)


def test_a_broken_card_is_one_sentence(tmp_path):
    write_image_map(tmp_path, make_map())
    (tmp_path / "som.json").write_text("[]")
    with pytest.raises(ValueError, match="not the card of a trained map"):
        read_image_map(tmp_path)


def test_a_folder_without_a_map_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"there is no som\.bin here"):
        read_image_map(tmp_path)


@pytest.mark.parametrize(("given", "match"), [
    ({"channel_weights": (0.0,)}, "positive number for each channel"),
    ({"bands": ("g", "r")}, "name each"),
])  # fmt: skip
def test_channels_that_do_not_fit_are_refused(given, match):
    with pytest.raises(ValueError, match=match):
        make_map(**given)


def test_neurons_that_do_not_fit_the_lattice_are_refused():
    good = make_map()
    with pytest.raises(ValueError, match="the lattice wants 4"):
        ImageMap(good.neurons, Lattice((4,)), good.geometry)
