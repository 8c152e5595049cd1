import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.io.pink import PinkLayout, PinkSom, read_pink_som, write_pink_som

LAYOUTS = [
    PinkLayout((4,)),
    PinkLayout((2, 3)),
    PinkLayout((2, 3, 2)),
    PinkLayout((3, 3)),
    PinkLayout((3, 3), hexagonal=True),
    PinkLayout((5, 5), hexagonal=True, code=1),
]


def make_som(layout, shape=(2, 2), comment=b""):
    values = np.arange(layout.n_neurons * np.prod(shape), dtype=np.float32)
    return PinkSom(values.reshape(layout.n_neurons, *shape), layout, comment)


@given(layout=st.sampled_from(LAYOUTS), shape=st.sampled_from([(5,), (2, 2), (3, 2, 2), (2, 3)]))
def test_soms_read_back_as_they_were_written(tmp_path_factory, layout, shape):
    path = tmp_path_factory.mktemp("som") / "som.bin"
    som = make_som(layout, shape, b"# by hand\n")
    write_pink_som(path, som)
    again = read_pink_som(path)
    np.testing.assert_array_equal(again.neurons, som.neurons)
    assert (again.layout, again.comment) == (layout, som.comment)


def test_pinks_own_soms_are_rewritten_byte_for_byte(pink_golden, tmp_path):
    paths = [*pink_golden.rglob("som*.bin")]
    assert len(paths) > 40
    for path in paths:
        if path.name != "som_for_pink_map.bin":
            write_pink_som(tmp_path / "copy.bin", read_pink_som(path))
            assert (tmp_path / "copy.bin").read_bytes() == path.read_bytes(), path


def test_the_layout_of_pinks_own_soms_is_told_by_their_length(pink_golden):
    assert read_pink_som(pink_golden / "hex5_unitygaussian/som.bin").layout == PinkLayout((5, 5), hexagonal=True)
    assert read_pink_som(pink_golden / "cart_gauss_float/som.bin").layout == PinkLayout((3, 3))
    assert read_pink_som(pink_golden / "cart_3d_2x3x2/som.bin").layout == PinkLayout((2, 3, 2))
    assert read_pink_som(pink_golden / "ch2_hex3/som.bin").neurons.shape == (7, 2, 46, 46)


def test_a_som_without_its_first_four_bytes_is_refused(pink_golden):
    with pytest.raises(ValueError, match=r"som_for_pink_map\.bin: version 1 is found; wanted is a PINK 2 file of SOM"):
        read_pink_som(pink_golden / "ch2_hex3/som_for_pink_map.bin")


def test_a_cut_som_is_refused(tmp_path):
    path = tmp_path / "cut.bin"
    write_pink_som(path, make_som(PinkLayout((3, 3), hexagonal=True)))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"cut\.bin: 111 bytes of data are found; its header wants 144, or 112 if hex"):
        read_pink_som(path)


def test_a_som_said_to_be_hexagonal_has_to_be_so(tmp_path):
    path = tmp_path / "hex.bin"
    head = np.array([2, 1, 0, 1, 2, 3, 3, 0, 1, 1], "<i4").tobytes()
    path.write_bytes(head + bytes(4 * 9))
    with pytest.raises(ValueError, match=r"36 bytes of data are found; its header wants 28;"):
        read_pink_som(path)
    path.write_bytes(np.array([2, 1, 0, 1, 2, 3, 4, 0, 1, 1], "<i4").tobytes())
    with pytest.raises(ValueError, match=r"hexagonal SOM with sides \(3, 4\); wanted are two equal odd sides"):
        read_pink_som(path)


def test_a_som_with_a_neuron_too_many_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="9 neurons; the layout wants 7"):
        write_pink_som(tmp_path / "s.bin", PinkSom(np.zeros((9, 2), np.float32), PinkLayout((3, 3), hexagonal=True)))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"shape": (2, 0)}, "wanted are one to three sides"),
        ({"shape": (4, 4), "hexagonal": True}, "two equal odd sides"),
        ({"shape": (3, 3), "code": 1}, "code = 1: wanted is 0"),
    ],
)
def test_layouts_that_do_not_exist_are_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        PinkLayout(**keys)
