"""A map learns from usable images, and from each as often as its weight says."""

from dataclasses import replace

import numpy as np
import pytest
from tests.som.bars import BATCH, ONLINE, draw_bars, make_recipe, write_bars

from skysieve.io.catalogs import write_catalog
from skysieve.morphology import steps
from skysieve.records import Catalog, Column
from skysieve.som.image_data import wrap_images
from skysieve.som.training_rows import UNUSABLE, choose_training_rows
from skysieve.som.training_run import train_map

FLAGS, WEIGHT = Column("preparation_flags", "i4"), Column("training_weight", "f8")


def make_source(**columns):
    rows = Catalog((Column("id", "i8"),), {"id": np.arange(6)})
    for column in (FLAGS, WEIGHT):
        if column.name in columns:
            rows = rows.with_column(column, np.array(columns[column.name], column.dtype))
    return replace(wrap_images(draw_bars(6)), read_catalog=rows.take)


def test_images_without_the_columns_are_all_shown_once():
    source = make_source()
    assert choose_training_rows(source) == (source, None)


def test_unusable_images_and_those_of_weight_zero_are_left_out():
    source = make_source(preparation_flags=[0, 1, 2, 4, 32, 0], training_weight=[1, 2, 2, 0.5, 0, 3])
    chosen, counts = choose_training_rows(source)
    assert chosen.read_catalog(np.arange(chosen.length))["id"].tolist() == [0, 3, 5]
    assert counts.tolist() == [1, 0.5, 3]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"training_weight": [1, -1, 1, 1, 1, 1]}, "training_weight is -1"),
        ({"training_weight": [1, np.nan, 1, 1, 1, 1]}, "training_weight is nan"),
        ({"preparation_flags": [1] * 6}, "nothing to train on"),
    ],
)
def test_weights_without_sense_and_nothing_to_learn_from_are_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        choose_training_rows(make_source(**columns))


def test_unusable_is_what_preparation_calls_so():
    assert int(steps.UNUSABLE) == UNUSABLE


@pytest.mark.parametrize("stage", [ONLINE, BATCH])
def test_a_run_on_marked_rows_is_the_run_on_the_others(tmp_path, stage):
    images, recipe = draw_bars(24), replace(make_recipe(stage), shuffle="off")
    write_rows(tmp_path / "all.rows.parquet", flags=np.arange(24) % 4 == 1, weights=np.full(24, 1.0))
    everything = train_map(write_bars(tmp_path / "all.bin", images), recipe, out=tmp_path / "a")
    some = train_map(write_bars(tmp_path / "some.bin", images[np.arange(24) % 4 != 1]), recipe, out=tmp_path / "b")
    assert (everything.neurons == some.neurons).all()
    assert (everything.provenance["images"], everything.provenance["left_out"]) == (18, 6)


def test_a_heavy_kind_of_image_draws_neurons_to_itself(tmp_path):
    images, recipe = draw_bars(24), make_recipe(BATCH, side=1)
    write_rows(tmp_path / "i.rows.parquet", flags=np.zeros(24), weights=np.where(np.arange(24) < 4, 1e4, 1e-4))
    heavy = train_map(write_bars(tmp_path / "i.bin", images), recipe, out=tmp_path / "a")
    few = train_map(write_bars(tmp_path / "few.bin", images[:4]), recipe, out=tmp_path / "b")
    np.testing.assert_allclose(heavy.neurons, few.neurons, atol=1e-4)


def write_rows(path, *, flags, weights):
    rows = Catalog((Column("id", "i8"),), {"id": np.arange(len(flags))})
    marked = rows.with_column(FLAGS, flags.astype(np.int32)).with_column(WEIGHT, weights)
    write_catalog(marked, path)
