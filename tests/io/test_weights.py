import json
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skysieve.io.weights import Metric, ModelCard, read_weights, write_weights

CARD = ModelCard(
    name="shreds-small", version="1.0.0", capability="shreds", architecture="cnn-4", training_data="made galaxies",
    domain="grz, 0.262 arcsec", license="BSD-3-Clause", seed=3, metrics={"auc": Metric(0.97, None, 400)},
    recipe={"epochs": 3, "stages": [1, 2]},
)  # fmt: skip
KINDS = st.sampled_from(["f2", "f4", "f8", "i8", "u1", "bool", ">f4"])


@given(
    tensors=st.dictionaries(st.text("abc.01", min_size=1), hnp.arrays(KINDS, hnp.array_shapes(min_dims=0)), max_size=4)
)
def test_what_was_written_is_read_back(tensors):
    with tempfile.TemporaryDirectory() as folder:
        card = write_weights(Path(folder, "a.safetensors"), tensors, CARD)
        found, same = read_weights(Path(folder, "a.safetensors"))
    assert same == card
    assert set(found) == set(tensors)
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(found[name], tensor)
        assert found[name].dtype == tensor.dtype.newbyteorder("<")


def test_a_transposed_tensor_keeps_its_values(tmp_path):
    turned = np.arange(6.0).reshape(2, 3).T
    write_weights(tmp_path / "a.safetensors", {"w": turned}, CARD)
    np.testing.assert_array_equal(read_weights(tmp_path / "a.safetensors")[0]["w"], turned)


@pytest.fixture
def written(tmp_path):
    write_weights(tmp_path / "a.safetensors", {"w": np.arange(100.0)}, CARD)
    return tmp_path / "a.safetensors"


@pytest.mark.parametrize(
    "content", [b"\x80\x02}q\x00.", b"\x80\x04K\x01.", b"(lp0\nI1\na.", b"cos\nsystem\n(S'true'\ntR.", b"]q\x00K\n."]
)
def test_a_pickle_is_refused_whatever_its_name(content, tmp_path):
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"a\.safetensors: is a Python pickle, which can run code when loaded; convert"
    ):
        read_weights(tmp_path / "a.safetensors")


def test_a_pickle_in_an_archive_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.bin", "w") as archive:
        archive.writestr("model/data.pkl", b"\x80\x02.")
    with pytest.raises(ValueError, match=r"model\.bin: is a Python pickle"):
        read_weights(tmp_path / "model.bin")


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "model.PKL", "model.joblib"])
def test_names_of_pickles_are_refused(name, tmp_path):
    with pytest.raises(ValueError, match="is a Python pickle"):
        read_weights(tmp_path / name)


@pytest.mark.parametrize("keep", [0, 5, 60, 700])
def test_a_truncated_file_is_refused(keep, written):
    written.write_bytes(written.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"a\.safetensors: not a whole safetensors file"):
        read_weights(written)


def test_weights_that_are_not_those_of_the_card_are_refused(written):
    content = bytearray(written.read_bytes())
    content[-1] ^= 1
    written.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.safetensors: SHA-256 is .* its card wants"):
        read_weights(written)


def test_a_missing_and_a_wrong_card_are_refused(written):
    card = written.with_suffix(".json")
    card.write_text(json.dumps({**json.loads(card.read_text()), "colour": 1}))
    with pytest.raises(ValueError, match=r"a\.json: the model card is wrong at colour"):
        read_weights(written)
    card.unlink()
    with pytest.raises(ValueError, match=r"a\.json: the model card is missing"):
        read_weights(written)


def test_what_cannot_be_kept_is_refused_on_writing(tmp_path):
    with pytest.raises(ValueError, match=r"a\.safetensors: w is of type complex128"):
        write_weights(tmp_path / "a.safetensors", {"w": np.zeros(2, complex)}, CARD)
    with pytest.raises(ValueError, match=r"name it a\.safetensors"):
        write_weights(tmp_path / "a.pt", {}, CARD)
    with pytest.raises(ValueError, match="does not go into JSON"):
        write_weights(tmp_path / "a.safetensors", {}, replace(CARD, recipe={"rate": float("nan")}))
    assert list(tmp_path.iterdir()) == []
