"""Mapping leaves a folder in PINK's formats with a table; nothing in the images stops it."""

import json
import pickle
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from tests.som.bars import draw_bars, write_bars, write_bars_store

from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.pink import PinkSom, write_pink_som
from skysieve.morphology.mapped_rows import read_mapped_rows
from skysieve.records import Catalog, Column
from skysieve.som.engine import map_images
from skysieve.som.hierarchy import locate_child
from skysieve.som.invariance import compare_image
from skysieve.som.lattice import Lattice
from skysieve.som.mapped import read_mapping
from skysieve.som.mapping_run import MapSomRecipe, MapWork, map_onto, map_part
from skysieve.som.maps import ImageMap, make_pink_layout, write_image_map
from skysieve.som.training_recipe import GeometryRecipe
from skysieve.som.transforms import make_geometry, measure_angles

FILES = ("map.bin", "transforms.bin", "mapping.parquet", "mapping.json")
SMALL = MapSomRecipe(part=32)
GEOMETRY = make_geometry(10, rotations=8)


def make_map(shape=(3, 2), channels=1, **changes):
    lattice = Lattice(shape, hexagonal=changes.pop("hexagonal", False))
    rng = np.random.default_rng(3)
    neurons = rng.random((lattice.n_neurons, channels, 15, 15), np.float32)
    return ImageMap(neurons, lattice, GEOMETRY, **changes)


@pytest.fixture
def som(tmp_path):
    write_image_map(tmp_path / "som", make_map())
    return tmp_path / "som"


@pytest.fixture
def bars(tmp_path):
    return write_bars(tmp_path / "bars.bin", draw_bars(70))


def test_distances_and_turns_are_those_of_the_engine(bars, som, tmp_path):
    summary = map_onto(bars, som, SMALL, out=tmp_path / "run")
    stored, found = read_mapping(tmp_path / "run"), map_images(draw_bars(70), make_map().neurons, geometry=GEOMETRY)
    np.testing.assert_array_equal(stored.distance, found.distance)
    np.testing.assert_array_equal(stored.angle, measure_angles(found.orientation, GEOMETRY))
    np.testing.assert_array_equal(stored.flip, found.orientation >= 8)
    assert (summary.facts["images"], summary.facts["unknown"], summary.facts["neurons"]) == (70, 0, 6)
    assert not (tmp_path / "run" / "parts").exists()


def test_a_mapping_says_that_its_lattice_is_periodic(bars, tmp_path):
    lattice = Lattice((3, 2), periodic=True)
    write_image_map(tmp_path / "som", replace(make_map(), lattice=lattice))
    map_onto(bars, tmp_path / "som", SMALL, out=tmp_path / "run")
    assert read_mapping(tmp_path / "run").lattice == read_mapped_rows(tmp_path / "run").lattice == lattice


def test_the_table_says_where_each_image_belongs(bars, som, tmp_path):
    map_onto(bars, som, out=tmp_path / "run")
    table, stored = read_catalog(tmp_path / "run" / "mapping.parquet"), read_mapping(tmp_path / "run")
    rows, best = np.arange(70), stored.rank(2)
    np.testing.assert_array_equal(table["id"], rows)
    np.testing.assert_array_equal(np.stack([table["som_bmu"], table["som_bmu2"]], axis=1), best)
    np.testing.assert_array_equal(table["som_x"] * 2 + table["som_y"], best[:, 0])
    np.testing.assert_array_equal(table["som_distance"], stored.distance[rows, best[:, 0]])
    np.testing.assert_array_equal(table["som_distance2"], stored.distance[rows, best[:, 1]])
    np.testing.assert_allclose(np.radians(table["som_angle"]), stored.angle[rows, best[:, 0]], atol=1e-6)
    np.testing.assert_array_equal(table["som_flip"], stored.flip[rows, best[:, 0]])
    assert json.loads(table.meta["som_flags"])["no_pixels"][0] == 2


@pytest.mark.parametrize(
    ("shape", "hexagonal", "names"),
    [
        ((4,), False, ("som_x", "som_y")),
        ((2, 2, 2), False, ("som_x", "som_y", "som_z")),
        ((3, 3), True, ("som_x", "som_y")),
    ],
)
def test_cells_are_those_of_the_lattice(bars, tmp_path, shape, hexagonal, names):
    som = make_map(shape, hexagonal=hexagonal)
    write_image_map(tmp_path / "som", som)
    map_onto(bars, tmp_path / "som", out=tmp_path / "run")
    table = read_catalog(tmp_path / "run" / "mapping.parquet")
    cells = som.lattice.make_cells()[table["som_bmu"]]
    for axis, name in enumerate(names):
        np.testing.assert_array_equal(table[name], cells[:, axis] if axis < cells.shape[1] else 0)
    assert ("som_z" in table.names) == (len(shape) == 3)


def test_a_killed_mapping_goes_on_to_the_same_bytes(bars, som, tmp_path):
    def kill(outcome):
        if outcome.key == "images 32-64":
            raise KeyboardInterrupt

    map_onto(bars, som, SMALL, out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        map_onto(bars, som, SMALL, out=tmp_path / "killed", on_done=kill)
    states = []
    map_onto(bars, som, SMALL, out=tmp_path / "killed", on_done=lambda outcome: states.append(outcome.state))
    assert states == ["skipped", "skipped", "done"]
    for name in FILES:
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "killed" / name).read_bytes()


def test_the_size_of_the_parts_changes_nothing(bars, som, tmp_path):
    for part in (1, 64, 4096):
        map_onto(bars, som, MapSomRecipe(part=part), out=tmp_path / f"run{part}")
        for name in FILES[:3]:
            assert (tmp_path / f"run{part}" / name).read_bytes() == (tmp_path / "run1" / name).read_bytes()


def test_a_part_can_be_sent_to_another_process(bars, som, tmp_path):
    stage = pickle.loads(pickle.dumps(partial(map_part, MapWork(bars, som, tmp_path / "run", SMALL))))
    assert stage((0, 32)).facts == {"images": 32, "unknown": 0}


def test_bad_images_are_rows_with_flags(som, tmp_path):
    images = draw_bars(5)
    images[1], images[2, 0, 4, 4], images[3], images[4] = np.nan, np.inf, 0.5, 1e30
    map_onto(write_bars(tmp_path / "i.bin", images), som, out=tmp_path / "run")
    table = read_catalog(tmp_path / "run" / "mapping.parquet")
    assert table["som_flags"].tolist() == [0, 3, 1, 4, 4 | 8]
    assert (table["som_bmu"] >= 0).tolist() == [True, False, True, True, False]
    assert np.isnan(table["som_distance"][[1, 4]]).all()
    np.testing.assert_array_equal(read_mapping(tmp_path / "run").rank()[:, 0], table["som_bmu"])


def test_bad_pixels_count_as_the_definition_says(som, tmp_path):
    images = draw_bars(40)
    images[::3, 0, 2:4] = np.nan
    map_onto(write_bars(tmp_path / "i.bin", images), som, out=tmp_path / "run")
    stored = read_mapping(tmp_path / "run")
    for row in range(0, 40, 7):
        distances, _ = compare_image(images[row], make_map().neurons, geometry=GEOMETRY)
        np.testing.assert_allclose(stored.distance[row], distances, rtol=1e-5)


def test_no_images_are_a_mapping_of_nothing(som, tmp_path):
    map_onto(write_bars(tmp_path / "i.bin", draw_bars(0)), som, out=tmp_path / "run")
    assert len(read_mapping(tmp_path / "run")) == 0
    assert len(read_catalog(tmp_path / "run" / "mapping.parquet")) == 0


def test_weights_of_channels_count_in_distances(tmp_path):
    som, images = make_map(channels=2, channel_weights=(4.0, 0.25)), draw_bars(9, channels=2)
    write_image_map(tmp_path / "som", som)
    map_onto(write_bars(tmp_path / "i.bin", images), tmp_path / "som", out=tmp_path / "run")
    scale = np.sqrt(np.float32([4, 0.25]))[:, None, None]
    wanted = map_images(images * scale, som.neurons * scale, geometry=GEOMETRY).distance
    np.testing.assert_array_equal(read_mapping(tmp_path / "run").distance, wanted)


def test_a_bare_file_of_pink_is_a_map(bars, tmp_path):
    som = make_map()
    write_pink_som(tmp_path / "som.bin", PinkSom(som.neurons[:, 0], make_pink_layout(som.lattice)))
    map_onto(bars, tmp_path / "som.bin", replace(SMALL, geometry=GeometryRecipe(rotations=8)), out=tmp_path / "run")
    wanted = map_images(draw_bars(70), som.neurons, geometry=GEOMETRY).distance
    np.testing.assert_array_equal(read_mapping(tmp_path / "run").distance, wanted)


@pytest.mark.parametrize("name", ["cart_circular", "hex3_gauss", "cart_3d_2x3x2"])
def test_mapping_is_that_of_the_reference_program(read_golden, golden_folder, tmp_path, name):
    case = read_golden(name)
    region, rotations = case.geometry.shape, case.geometry.rotations
    recipe = MapSomRecipe(geometry=GeometryRecipe(rotations, region=region))
    map_onto(
        write_bars(tmp_path / "i.bin", case.images), golden_folder / name / "som.bin", recipe, out=tmp_path / "run"
    )
    stored = read_mapping(tmp_path / "run")
    np.testing.assert_allclose(stored.distance, case.distance, rtol=1e-5)
    np.testing.assert_array_equal(stored.rank()[:, 0], case.distance.argmin(axis=1))


def test_a_store_brings_its_columns_and_a_catalog_joins_by_id(som, tmp_path):
    store = write_bars_store(tmp_path / "i.zarr", draw_bars(40), ids=np.arange(100, 140))
    schema = (Column("id", "i8"), Column("mag", "f4"), Column("name", "str"))
    ids = np.array([139, 7, 100])
    names = np.array(["last", "other", "first"], dtype=object)
    write_catalog(Catalog(schema, {"id": ids, "mag": np.float32([1, 2, 3]), "name": names}), tmp_path / "c.parquet")
    map_onto(store, som, SMALL, out=tmp_path / "run", catalog=tmp_path / "c.parquet")
    table = read_catalog(tmp_path / "run" / "mapping.parquet")
    np.testing.assert_array_equal(table["ra"], np.arange(100, 140) / 100)
    assert (table["mag"][0], table["mag"][39], table["name"][0], table["name"][39]) == (3, 1, "first", "last")
    assert np.isnan(table["mag"][1:39]).all()


def test_images_without_ids_take_those_of_a_catalog_row_by_row(bars, som, tmp_path):
    ids = np.arange(70)[::-1] * 3
    write_catalog(Catalog((Column("id", "i8"),), {"id": ids}), tmp_path / "c.parquet")
    map_onto(bars, som, SMALL, out=tmp_path / "run", catalog=tmp_path / "c.parquet")
    np.testing.assert_array_equal(read_catalog(tmp_path / "run" / "mapping.parquet")["id"], ids)
    write_catalog(Catalog((Column("id", "i8"),), {"id": ids[:9]}), tmp_path / "c.parquet")
    with pytest.raises(ValueError, match="9 rows for 70 images"):
        map_onto(bars, som, SMALL, out=tmp_path / "other", catalog=tmp_path / "c.parquet")


def test_children_are_followed_to_the_last_one(bars, som, tmp_path):
    map_onto(bars, som, out=tmp_path / "flat")
    flat = read_catalog(tmp_path / "flat" / "mapping.parquet")
    neuron = int(np.bincount(flat["som_bmu"]).argmax())
    write_image_map(locate_child(som, neuron), make_map((2, 2)))
    map_onto(bars, som, out=tmp_path / "deep")
    deep = read_catalog(tmp_path / "deep" / "mapping.parquet")
    met = flat["som_bmu"] == neuron
    below = map_images(draw_bars(70)[met], make_map((2, 2)).neurons, geometry=GEOMETRY)
    assert deep["som_path"][met].tolist() == [f"{neuron}/{bmu}" for bmu in below.bmu]
    np.testing.assert_allclose(deep["som_path_distance"][met], below.distance.min(axis=1), rtol=1e-5)
    assert deep["som_path"][~met].tolist() == [str(bmu) for bmu in flat["som_bmu"][~met]]


def test_what_does_not_fit_is_refused(bars, som, tmp_path):
    wide = write_bars(tmp_path / "wide.bin", draw_bars(3, side=12))
    with pytest.raises(ValueError, match="12x12 pixels; the map knows 1 and 10x10"):
        map_onto(wide, som, out=tmp_path / "a")
    map_onto(bars, som, out=tmp_path / "run")
    with pytest.raises(ValueError, match="holds another run"):
        map_onto(bars, som, replace(SMALL, geometry=GeometryRecipe(rotations=16)), out=tmp_path / "run")
    write_image_map(tmp_path / "rg", make_map(channels=2, bands=("r", "g")))
    store = write_bars_store(tmp_path / "gr.zarr", draw_bars(3, channels=2), ids=np.arange(3))
    with pytest.raises(ValueError, match="the map wants them in the order"):
        map_onto(store, tmp_path / "rg", out=tmp_path / "b")
