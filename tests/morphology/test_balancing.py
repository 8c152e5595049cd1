"""Classes count alike after balancing, and images keep their rows."""

import builtins

import numpy as np
import pytest
from tests.morphology.test_sanity import write_set

from skysieve.morphology.balancing import balance_images
from skysieve.morphology.imagesets import open_images

KINDS = ["a"] * 12 + ["b"] * 3 + [""] * 2


@pytest.fixture
def source(tmp_path):
    image = (
        np.random.default_rng(0).uniform(0, 1, (17, 1, 5, 5))
        + 10 * np.array([k == "b" for k in KINDS])[:, None, None, None]
    )
    return write_set(tmp_path / "set.zarr", image, KINDS)


def test_undersampling_keeps_as_many_of_each_as_there_are_of_the_rarest(source, tmp_path):
    result = balance_images(source, tmp_path / "o.zarr", label="kind", method="undersample", seed=1)
    batch, whole = (open_images(path).read(slice(None)) for path in (tmp_path / "o.zarr", source))
    assert result.before == {"a": 12, "b": 3}
    assert result.after == {"a": 3, "b": 3}
    np.testing.assert_array_equal(batch.image, whole.image[batch.rows["id"]])
    assert (np.diff(batch.rows["id"]) > 0).all()


def test_weights_make_the_classes_count_alike_and_the_others_nothing(source, tmp_path):
    balance_images(source, tmp_path / "o.bin", label="kind", method="weights")
    rows = open_images(tmp_path / "o.bin").read_rows(slice(None))
    sums = {kind: rows["training_weight"][rows["kind"] == kind].sum() for kind in ("a", "b", "")}
    assert sums == pytest.approx({"a": 7.5, "b": 7.5, "": 0})


def test_synthetic_images_lie_between_real_ones_of_their_class(source, tmp_path):
    result = balance_images(source, tmp_path / "o.zarr", label="kind", method="smote")
    batch = open_images(tmp_path / "o.zarr").read(slice(None))
    made = batch.rows["synthetic"]
    assert result.after == {"a": 12, "b": 12}
    assert (made.sum(), (~made).sum()) == (9, 17)
    assert (batch.rows["id"][made] < 0).all()
    assert (batch.rows["kind"][made] == "b").all()
    assert batch.image[made].min() >= batch.image[12:15].min()


def test_classes_may_be_numbers(source, tmp_path):
    with pytest.raises(ValueError, match=r"class '1\.0' has 17 of 17 images in 1 classes"):
        balance_images(source, tmp_path / "o.zarr", label="grade", method="smote")


def test_a_missing_library_is_one_sentence(source, tmp_path, monkeypatch):
    load = builtins.__import__

    def refuse(name: str, *rest: object, **options: object) -> object:
        if name.startswith("imblearn"):
            raise ImportError(name)
        return load(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"pip install 'skysieve\[balance\]'"):
        balance_images(source, tmp_path / "o.zarr", label="kind", method="smote")


def test_without_a_class_there_is_nothing_to_balance(tmp_path):
    source = write_set(tmp_path / "set.zarr", np.ones((2, 1, 4, 4)), ["", ""])
    with pytest.raises(ValueError, match="no usable image has a class"):
        balance_images(source, tmp_path / "o.zarr", label="kind", method="weights")
