from dataclasses import replace

import numpy as np
import pytest

from skysieve.config import read_recipe
from skysieve.records import Catalog, Column
from skysieve.simulate import Scene, SceneRecipe, make_scene, read_survey
from skysieve.stellarity.data import GALAXY, STAR, UNKNOWN, draw_scene_recipe, label_sources
from skysieve.stellarity.recipe import EvaluateRecipe, FieldsRecipe, TrainRecipe


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(SceneRecipe(survey="SDSS", shape=(64, 64)), seed=3)


def place(scene, objects):
    """The scene with other objects: (x, y, flux, kind) each."""
    x, y, flux, kind = (list(column) for column in zip(*objects, strict=True))
    columns = {"x": np.array(x, float), "y": np.array(y, float), "flux_r": np.array(flux, float)}
    columns["kind"] = np.array(kind, object)
    schema = tuple(Column(name, "str" if name == "kind" else "f8") for name in columns)
    return replace(scene, truth=Catalog(schema, columns))


def find(x, y, flux):
    columns = {"x": np.array([x], float), "y": np.array([y], float), "flux_kron": np.array([flux], float)}
    return Catalog(tuple(Column(name, "f8") for name in columns), columns)


@pytest.mark.parametrize(
    ("objects", "label"),
    [
        ([(30.2, 30.1, 100, "star")], STAR),
        ([(30.2, 30.1, 100, "galaxy"), (31, 30, 5, "star")], GALAXY),
        ([(30, 30, 100, "star"), (31, 30, 80, "galaxy")], UNKNOWN),
        ([(30, 30, 100, "star"), (31, 30, 80, "star")], STAR),
        ([(30, 30, 10, "star")], UNKNOWN),
        ([(45, 30, 100, "star")], UNKNOWN),
    ],
    ids=["one star", "a galaxy and a faint star", "both alike", "two stars", "too faint", "too far"],
)
def test_a_source_is_what_most_of_its_light_is(scene, objects, label):
    assert label_sources(find(30, 30, 100), place(scene, objects)).tolist() == [label]


def test_the_same_index_draws_the_same_field():
    recipe = FieldsRecipe()
    assert draw_scene_recipe(recipe, 5) == draw_scene_recipe(recipe, 5)
    assert draw_scene_recipe(recipe, 5) != draw_scene_recipe(replace(recipe, seed=2), 5)


def test_fields_lie_in_their_ranges():
    recipe = FieldsRecipe()
    for index in range(60):
        drawn = draw_scene_recipe(recipe, index)
        scale = read_survey(drawn.survey).pixel_scale
        if drawn.psf is not None:
            assert recipe.seeing[0] * 0.999 <= drawn.psf.fwhm <= recipe.seeing[1] * 1.001
            assert recipe.sampling[0] * 0.999 <= drawn.psf.fwhm / scale <= recipe.sampling[1] * 1.001


def test_every_survey_and_seeing_occurs():
    drawn = [draw_scene_recipe(FieldsRecipe(), index) for index in range(200)]
    assert {one.survey for one in drawn} == set(FieldsRecipe().surveys)
    seeing = np.array([one.psf.fwhm for one in drawn if one.psf is not None])
    assert (np.histogram(seeing, [0.5, 0.7, 1, 1.5, 2, 3])[0] > 5).all()


def test_a_sharp_survey_keeps_its_own_psf():
    recipe = replace(FieldsRecipe(), surveys=("HST",), as_survey=0.0, seeing=(0.5, 3.0))
    assert draw_scene_recipe(recipe, 0).psf is None


def test_training_and_evaluation_never_see_the_same_field():
    assert TrainRecipe().fields.seed != EvaluateRecipe().fields.seed


def test_an_unknown_key_is_refused(tmp_path):
    (tmp_path / "train.toml").write_text("[fields]\nnumbr = 3\n")
    with pytest.raises(ValueError, match=r"fields.numbr is not a known key; did you mean number"):
        read_recipe(TrainRecipe, tmp_path / "train.toml")
