import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from skysieve.io.arrays import read_arrays, write_arrays


@given(
    value=st.sampled_from(["f4", "f2", "i8", "u1", "?"]).flatmap(lambda kind: arrays(kind, array_shapes(min_side=0))),
)
def test_arrays_are_read_as_they_were_written(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("arrays") / "a.safetensors"
    write_arrays(path, {"one": value, "two": value[..., ::-1]})
    found = read_arrays(path)
    np.testing.assert_array_equal(found["one"], value)
    np.testing.assert_array_equal(found["two"], value[..., ::-1])


def test_objects_are_refused(tmp_path):
    with pytest.raises(TypeError, match="names is of type object"):
        write_arrays(tmp_path / "a.safetensors", {"names": np.array(["a"], object)})


def test_a_cut_file_is_one_sentence(tmp_path):
    path = tmp_path / "a.safetensors"
    write_arrays(path, {"one": np.arange(10)})
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        read_arrays(path)


def test_no_file_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="there is no such file"):
        read_arrays(tmp_path / "none.safetensors")
