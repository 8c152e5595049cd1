import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skysieve.io.pink import PinkLayout, read_pink_transforms, write_pink_transforms


def test_a_transformation_takes_five_bytes(tmp_path):
    path = tmp_path / "t.bin"
    write_pink_transforms(path, [(np.array([[True]]), np.array([[0.5]]))], layout=PinkLayout((1,)))
    assert np.frombuffer(path.read_bytes(), "<i4", 6).tolist() == [2, 3, 1, 0, 1, 1]
    assert path.read_bytes()[24:] == b"\x01" + np.float32(0.5).tobytes()


@given(
    flip=arrays("i1", (3, 7), elements=st.integers(0, 1)),
    angle=arrays("f4", (3, 7), elements=st.floats(0, 7, width=32)),
)
def test_transformations_read_back_as_they_were_written(tmp_path_factory, flip, angle):
    path = tmp_path_factory.mktemp("transform") / "t.bin"
    layout = PinkLayout((3, 3), hexagonal=True)
    write_pink_transforms(path, [(flip[:1], angle[:1]), (flip[1:], angle[1:])], layout=layout)
    again = read_pink_transforms(path)
    np.testing.assert_array_equal(again.flip, flip)
    np.testing.assert_array_equal(again.angle, angle)
    assert again.layout == layout


def test_pinks_own_transformations_are_rewritten_byte_for_byte(pink_golden, tmp_path):
    paths = [*pink_golden.rglob("transform*.bin")]
    assert len(paths) > 40
    for path in paths:
        found = read_pink_transforms(path)
        write_pink_transforms(tmp_path / "copy.bin", [(found.flip, found.angle)], layout=found.layout)
        assert (tmp_path / "copy.bin").read_bytes() == path.read_bytes(), path


def test_a_cut_file_of_transformations_is_refused(tmp_path):
    path = tmp_path / "t.bin"
    write_pink_transforms(path, [(np.zeros((2, 3), np.int8), np.zeros((2, 3)))], layout=PinkLayout((3,)))
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ValueError, match=r"t\.bin: 25 bytes of data are found; its header wants 30"):
        read_pink_transforms(path)
