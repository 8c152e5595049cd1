import json

import numpy as np
import pytest
from tests.chain.conftest import make_sky, write_image

from skysieve.chain import ChainRecipe, Inputs, run_chain, trace_source
from skysieve.config import read_recipe
from skysieve.io.catalogs import read_catalog
from skysieve.io.shipped import find_weights
from skysieve.io.weights import read_weights


@pytest.fixture(scope="module")
def sky(tmp_path_factory):
    return write_image(tmp_path_factory.mktemp("sky") / "sky.fits", make_sky())


@pytest.fixture(scope="module")
def runs(sky, tmp_path_factory):
    """The same sky with the model, without it, and by another method."""
    settings = {"model": [], "plain": ["capabilities=[]"], "sep": ['extraction.method="sep"']}
    folders = {name: tmp_path_factory.mktemp(name) for name in settings}
    for name, one in settings.items():
        run_chain(Inputs((str(sky),)), folders[name], recipe=read_recipe(ChainRecipe, settings=one))
    return folders


def test_the_model_overrules_the_simple_column(runs):
    judged, plain = (read_catalog(runs[name] / "catalog.parquet") for name in ("model", "plain"))
    assert "ood" in judged.names
    assert "ood" not in plain.names
    assert not np.array_equal(judged["stellarity"], plain["stellarity"], equal_nan=True)
    assert judged["flux_kron"].tolist() == plain["flux_kron"].tolist()


def test_other_methods_keep_the_stellarity_that_they_have(runs):
    assert "ood" not in read_catalog(runs["sep"] / "catalog.parquet").names


def test_the_provenance_names_the_weights(runs):
    found = {name: json.loads((folder / "provenance.json").read_text())["models"] for name, folder in runs.items()}
    _, card = read_weights(find_weights("stellarity", "stellarity"))
    assert found["model"]["stellarity"]["sha256"] == card.sha256
    assert found["plain"] == found["sep"] == {}


def test_a_row_tells_its_model(runs):
    identifier = int(read_catalog(runs["model"] / "catalog.parquet")["id"][0])
    assert trace_source(runs["model"], identifier)["made_by"]["models"]["stellarity"]["name"] == "stellarity"


def test_other_weights_are_another_run(sky, runs, tmp_path):
    source = find_weights("stellarity", "stellarity")
    for suffix in (".safetensors", ".json"):
        (tmp_path / f"mine{suffix}").write_bytes(source.with_suffix(suffix).read_bytes())
    recipe = read_recipe(ChainRecipe, settings=[f'stellarity.model="{tmp_path / "mine.safetensors"}"'])
    with pytest.raises(ValueError, match="holds another run"):
        run_chain(Inputs((str(sky),)), runs["model"], recipe=recipe)


def test_weights_that_are_not_there_are_refused_before_any_pixel_is_read(sky, tmp_path):
    recipe = read_recipe(ChainRecipe, settings=['stellarity.model="nonsense"'])
    with pytest.raises(ValueError, match="no weights nonsense are shipped"):
        run_chain(Inputs((str(sky),)), tmp_path / "out", recipe=recipe)
    assert not (tmp_path / "out" / "parts").exists()
