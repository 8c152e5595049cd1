"""A run whose sources get a place on a map."""

from pathlib import Path

import numpy as np
import pytest

from skysieve.chain import ChainRecipe, Inputs, run_chain, trace_source
from skysieve.config import read_recipe
from skysieve.io.catalogs import read_catalog
from skysieve.morphology.model import COLUMNS
from skysieve.simulate import SceneRecipe, StarRecipe, make_scene
from skysieve.simulate.fields import write_scene

SWITCH = 'capabilities=["stellarity", "morphology"]'


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("morphology")
    scene = make_scene(SceneRecipe(survey="Legacy", shape=(400, 400), stars=StarRecipe(density=25.0)), seed=3)
    image = write_scene(scene, folder, survey="Legacy", seed=3)[0]
    run_chain(Inputs(images=(str(image),)), folder / "run", recipe=read_recipe(ChainRecipe, settings=[SWITCH]))
    return Path(folder / "run")


def test_every_source_has_the_columns_of_the_map(run):
    catalog = read_catalog(run / "catalog.parquet")
    assert {column.name for column in COLUMNS} <= set(catalog.names)
    shown = catalog["som_bmu"] >= 0
    assert shown.sum() > 10
    assert (catalog["som_label"][shown] != "").all()
    assert (catalog["som_label"][~shown] == "").all()
    total = sum(catalog[name] for name in catalog.names if name.startswith("som_p_") and name != "som_p_value")
    np.testing.assert_allclose(total[shown], 1, atol=1e-5)


def test_bright_round_points_are_called_stars(run):
    catalog = read_catalog(run / "catalog.parquet")
    sure = (catalog["stellarity"] > 0.99) & (catalog["som_bmu"] >= 0)
    assert (catalog["som_p_star"][sure] > 0.5).mean() > 0.8


def test_a_row_can_be_traced_to_the_map(run):
    catalog = read_catalog(run / "catalog.parquet")
    made_by = trace_source(run, int(catalog["id"][0]))["made_by"]
    assert made_by["models"]["morphology"]["name"] == "galaxies"
    assert len(made_by["models"]["morphology"]["sha256"]) == 64


def test_an_unknown_map_is_one_sentence(tmp_path):
    recipe = read_recipe(ChainRecipe, settings=[SWITCH, 'morphology.model="nonsense"'])
    with pytest.raises(ValueError, match="nonsense"):
        run_chain(Inputs(images=(str(tmp_path / "none.fits"),)), tmp_path / "run", recipe=recipe)
