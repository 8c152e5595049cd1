"""The recipe of a training is strict, and the one that ships holds the defaults."""

from pathlib import Path

import pytest

from skysieve.config import read_recipe
from skysieve.som.training_recipe import TrainSomRecipe
from skysieve.som.transforms import make_geometry

ROOT = Path(__file__).parents[2]


def test_the_recipe_that_ships_holds_the_defaults():
    assert read_recipe(TrainSomRecipe, ROOT / "recipes" / "som.toml") == TrainSomRecipe()


def test_sizes_that_are_left_out_are_chosen():
    recipe = read_recipe(TrainSomRecipe, settings=["geometry.region=circular", "geometry.neuron_side=70"])
    assert recipe.geometry.resolve(64) == make_geometry(64, shape="circular", neuron_side=70)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("latice.shape=[3]", "did you mean lattice"),
        ("lattice.shape=[4,5,6,7]", "one to three sides"),
        ("channel_weights=[0.0]", "greater than 0"),
        ("memory_limit=lots", "match pattern"),
        ("schedule.stages=[]", "at least 1"),
        ("growth={stage={rotations=7}}", "multiple of 4"),
    ],
)
def test_mistakes_are_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        read_recipe(TrainSomRecipe, settings=[setting])


def test_what_excludes_each_other_is_refused():
    with pytest.raises(ValueError, match="cannot grow"):
        read_recipe(TrainSomRecipe, settings=["growth={}", "lattice.shape=[5]"])
    with pytest.raises(ValueError, match="PINK mixes all rows"):
        read_recipe(TrainSomRecipe, settings=["compat=pink", "shuffle=blocks"])
