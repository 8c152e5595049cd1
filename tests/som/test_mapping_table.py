"""The table of a mapping says what is known, and the page about it says what is in the table."""

import json
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skysieve.records import Catalog, Column
from skysieve.som.invariance import Mapping
from skysieve.som.lattice import Lattice
from skysieve.som.mapping_run import PATH, PATH_DISTANCE
from skysieve.som.mapping_table import (
    COLUMNS,
    FLAG_SENTENCES,
    MappingFlag,
    describe_mapping_flags,
    find_flags,
    gather_mapped,
    make_mapping_rows,
    settle_images,
)
from skysieve.som.transforms import make_geometry

GEOMETRY = make_geometry(10, rotations=8)
PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "som-files.md").read_text(encoding="utf-8")


def make_rows(distance, lattice):
    found = Mapping(np.float32(distance), np.full(np.shape(distance), 9))
    mapped = settle_images(found, np.zeros(len(distance), np.int64), GEOMETRY)
    rows = Catalog((Column("id", "i8"),), {"id": np.arange(len(distance))})
    return make_mapping_rows(rows, mapped, lattice)


def test_the_best_two_neurons_are_told_with_the_turn():
    row = make_rows([[3, 1, 2]], Lattice((3,))).row(0)
    assert (row["som_bmu"], row["som_bmu2"], row["som_distance"], row["som_distance2"]) == (1, 2, 1, 2)
    assert (row["som_angle"], row["som_flip"], row["som_x"], row["som_y"], row["som_flags"]) == (45, True, 1, 0, 0)


def test_a_distance_that_is_not_finite_makes_the_image_unknown():
    row = make_rows([[3, np.inf, 2]], Lattice((3,))).row(0)
    assert [row[name] for name in ("som_bmu", "som_x", "som_y", "som_bmu2", "som_flip")] == [-1, -1, -1, -1, False]
    assert np.isnan([row["som_distance"], row["som_angle"], row["som_distance2"]]).all()
    assert row["som_flags"] == MappingFlag.NOT_COMPARED


def test_a_map_of_one_neuron_has_no_second():
    row = make_rows([[3]], Lattice((1,))).row(0)
    assert (row["som_bmu"], row["som_bmu2"]) == (0, -1)
    assert np.isnan(row["som_distance2"])


@given(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=4, max_size=4))
def test_flags_are_what_the_pixels_say(pixels):
    flags = int(find_flags(np.array(pixels).reshape(1, 1, 2, 2))[0])
    good = [pixel for pixel in pixels if not np.isnan(pixel)]
    assert bool(flags & MappingFlag.BAD_PIXELS) == (len(good) < 4)
    assert bool(flags & MappingFlag.NO_PIXELS) == (not good)
    assert bool(flags & MappingFlag.CONSTANT) == (len(set(good)) == 1)


def test_no_blocks_are_no_images():
    assert gather_mapped([], 3).distance.shape == (0, 3)


def test_the_page_lists_all_columns_and_flags():
    for column in (*COLUMNS, PATH, PATH_DISTANCE):
        assert f"| `{column.name}` | {column.dtype} | {column.unit} | {column.description} |" in PAGE
    for flag, sentence in FLAG_SENTENCES.items():
        assert f"| {int(flag)} | `{flag.name.lower()}` | {sentence} |" in PAGE
        assert json.loads(describe_mapping_flags())[flag.name.lower()] == [flag, sentence]
