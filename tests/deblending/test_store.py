"""Blends on disk."""

from dataclasses import fields

import numpy as np
import pytest
from tests.deblending.blobs import make_blobs

from skysieve.deblending import store
from skysieve.deblending.blending import Blend, make_blend
from skysieve.deblending.galaxies import TYPES
from skysieve.deblending.paper_losses import collate_pairs
from skysieve.deblending.recipe_blends import BlendsRecipe
from skysieve.deblending.store import read_blends, write_blends

FREE = BlendsRecipe(sources=(1, 4), distances="free", noise="sky", merged=0.5, jitter=1.0)


def list_files(path):
    return {
        one.relative_to(path): one.read_bytes() for one in path.rglob("*") if one.is_file() and one.suffix != ".lock"
    }


def test_what_is_read_is_what_was_made(tmp_path):
    galaxies = make_blobs()
    stored = write_blends(galaxies, FREE, seed=4, number=5, path=tmp_path / "a")
    assert len(stored) == 5
    for index in range(5):
        read, made = stored[index], make_blend(galaxies, FREE, seed=4, index=index)
        for one in fields(Blend):
            assert np.array_equal(getattr(read, one.name), getattr(made, one.name)), one.name
    truth = read_blends(tmp_path / "a").read_truth()
    assert truth["kind"].tolist() == [TYPES[galaxies.kind[row]] for row in truth["galaxy"]]


@pytest.mark.parametrize("lost", ["blends.zarr", "sources.zarr"])
def test_a_killed_writer_s_files_end_as_if_it_had_not_been_killed(tmp_path, monkeypatch, lost):
    monkeypatch.setattr(store, "STEP", 2)
    galaxies, append, done = make_blobs(), store.CutoutStore.append, []

    def append_once(self, batch):
        if self.path.name == lost and done.count(lost):
            raise KeyboardInterrupt
        append(self, batch)
        done.append(self.path.name)

    write_blends(galaxies, FREE, seed=4, number=5, path=tmp_path / "whole")
    monkeypatch.setattr(store.CutoutStore, "append", append_once)
    with pytest.raises(KeyboardInterrupt):
        write_blends(galaxies, FREE, seed=4, number=5, path=tmp_path / "killed")
    monkeypatch.setattr(store.CutoutStore, "append", append)
    write_blends(galaxies, FREE, seed=4, number=5, path=tmp_path / "killed")
    assert list_files(tmp_path / "killed") == list_files(tmp_path / "whole")


def test_more_can_be_added_and_finished_ones_stay(tmp_path):
    galaxies = make_blobs()
    write_blends(galaxies, FREE, seed=4, number=2, path=tmp_path / "a")
    assert len(write_blends(galaxies, FREE, seed=4, number=3, path=tmp_path / "a")) == 3
    with pytest.raises(ValueError, match="holds 3 blends, 2 are wanted"):
        write_blends(galaxies, FREE, seed=4, number=2, path=tmp_path / "a")


def test_other_blends_are_refused(tmp_path):
    write_blends(make_blobs(), FREE, seed=4, number=1, path=tmp_path / "a")
    for galaxies, recipe, seed, what in ((make_blobs(), FREE, 5, "seed"), (make_blobs(seed=1), FREE, 4, "galaxies"),
                                         (make_blobs(), BlendsRecipe(), 4, "blends")):  # fmt: skip
        with pytest.raises(ValueError, match=f"of other {what}"):
            write_blends(galaxies, recipe, seed=seed, number=1, path=tmp_path / "a")
    with pytest.raises(ValueError, match="holds no blends"):
        read_blends(tmp_path)


def test_stored_pairs_can_be_learned_from(tmp_path):
    stored = write_blends(make_blobs(), BlendsRecipe(), seed=4, number=2, path=tmp_path / "a")
    assert collate_pairs([stored[0], stored[1]]).images.shape == (2, 32, 32)
