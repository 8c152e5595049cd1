import numpy as np
import pytest

from skysieve.morphology.truth import CLASSES, classify_objects, classify_sources
from skysieve.records import Catalog, Column
from skysieve.simulate import SceneRecipe, make_scene

NUMBERS = ("sersic", "bulge_fraction", "clumpiness", "axis_ratio")


def classify(kind, *values):
    columns = {
        "kind": np.array([kind], object),
        **{name: np.array([one]) for name, one in zip(NUMBERS, values, strict=True)},
    }
    schema = (Column("kind", "str"), *(Column(name, "f8") for name in NUMBERS))
    return CLASSES[classify_objects(Catalog(schema, columns, {}))[0]]


@pytest.mark.parametrize(("values", "name"), [
    (("star", np.nan, 0, 0, 1), "star"), (("galaxy", 4, 0, 0, 0.8), "spheroid"),
    (("galaxy", 1, 0.8, 0, 0.8), "spheroid"), (("galaxy", 1, 0.1, 0, 0.8), "disk"),
    (("galaxy", 1, 0.1, 0, 0.2), "edge_on"), (("galaxy", 1, 0, 0.4, 0.2), "irregular"),
])  # fmt: skip
def test_objects_are_classed_by_what_was_drawn(values, name):
    assert classify(values[0], *map(float, values[1:])) == name


@pytest.fixture(scope="module")
def scene():
    return make_scene(SceneRecipe(survey="Legacy", shape=(200, 200)), seed=3)


def make_sources(scene, rows, flux=1.0):
    truth = scene.truth
    total = truth[f"flux_{scene.detector.bands[0].name}"][rows]
    columns = {
        "x": truth["x"][rows],
        "y": truth["y"][rows],
        "flux_kron": flux * total,
        "flux_radius": np.full(len(rows), 2.0),
    }
    return Catalog(tuple(Column(name, "f8") for name in columns), columns, {})


def test_sources_get_the_class_of_the_brightest_object_in_them(scene):
    brightest = np.argsort(scene.truth[f"flux_{scene.detector.bands[0].name}"])[-5:]
    found = classify_sources(make_sources(scene, brightest), scene)
    alone = classify_objects(scene.truth)[brightest]
    assert ((found == alone) | (found == CLASSES.index("blend"))).all()


def test_a_source_much_brighter_than_all_in_it_has_no_class(scene):
    assert classify_sources(make_sources(scene, np.array([0, 1]), flux=10.0), scene).tolist() == [-1, -1]


def test_no_sources_have_no_classes(scene):
    assert classify_sources(make_sources(scene, np.array([], int)), scene).shape == (0,)
