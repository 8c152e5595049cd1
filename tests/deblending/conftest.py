"""Galaxies, blends and weights that nobody trained, small enough for every test."""

from dataclasses import replace

import numpy as np
import pytest

from skysieve.deblending.blending import make_blend
from skysieve.deblending.model import join_raw, look, read_model
from skysieve.deblending.network import FractionNetwork
from skysieve.deblending.populations import draw_galaxies
from skysieve.deblending.recipe import TrainRecipe
from skysieve.deblending.recipe_blends import BlendsRecipe
from skysieve.deblending.recipe_galaxies import GalaxiesRecipe
from skysieve.deblending.training import export_deblender, make_held
from skysieve.nn import build_seeded
from skysieve.training import Stage

WIDTHS = (8, 8, 8)
FREE = BlendsRecipe(sources=(1, 4), distances="free", difference=3.0, noise="sky", merged=0.3)


@pytest.fixture(scope="session")
def paper():
    return draw_galaxies(GalaxiesRecipe(number=40, seed=5))


@pytest.fixture(scope="session")
def survey():
    return draw_galaxies(GalaxiesRecipe(population="survey", number=60, seed=5))


@pytest.fixture(scope="session")
def blends(survey):
    return [make_blend(survey, FREE, seed=1, index=index) for index in range(40)]


@pytest.fixture(scope="session")
def network():
    return build_seeded(lambda: FractionNetwork(WIDTHS), 3).eval()


@pytest.fixture(scope="session")
def small_recipe():
    recipe = TrainRecipe(name="small", widths=WIDTHS, domain_size=16, held=2, share=0.5, side=64)
    streams = tuple(replace(one, galaxies=replace(one.galaxies, number=24), epoch=4) for one in recipe.streams)
    training = replace(recipe.training, stages=(Stage(epochs=1, rates={"all": 1e-3}),), batch=4, accelerator="cpu")
    return replace(recipe, streams=streams, training=training)


@pytest.fixture(scope="session")
def weights(tmp_path_factory, blends, network, small_recipe):
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    held = make_held(blends)
    raw = join_raw(list(look(network, held.windows, batch=8)))
    export_deblender(network, small_recipe, raw, held, path=path)
    return path


@pytest.fixture(scope="session")
def model(weights):
    return read_model(str(weights))


def make_noise(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)
