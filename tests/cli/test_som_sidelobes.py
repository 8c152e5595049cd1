"""``skysieve som sidelobes`` judges the components of a mapping."""

import json

import numpy as np
import pytest

from skysieve.cli.main import invoke
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.pink import write_pink_images, write_pink_map, write_pink_transforms
from skysieve.records import Catalog, Column
from skysieve.som.lattice import Lattice
from skysieve.som.maps import make_pink_layout

COMMAND = ["som", "sidelobes", "mapping", "--labels", "labels.csv", "--out", "out"]
BMU = np.repeat([0, 1], 20)


def make(values):
    kinds = {"i": "i8", "f": "f8"}
    return Catalog(tuple(Column(name, kinds[one.dtype.kind]) for name, one in values.items()), values)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Forty images on two neurons: those of the first are sidelobes, and half of all are labeled."""
    folder, layout = tmp_path / "mapping", make_pink_layout(Lattice((2, 1)))
    write_catalog(make({"id": np.arange(40), "som_bmu": BMU}), folder / "mapping.parquet")
    zeros = np.zeros((40, 2), np.float32)
    write_pink_map(folder / "map.bin", [zeros], layout=layout)
    write_pink_transforms(folder / "transforms.bin", [(zeros.astype(bool), zeros)], layout=layout)
    labels = {"id": np.arange(0, 40, 2), "sidelobe": (BMU[::2] == 0).astype(np.int64)}
    write_catalog(make(labels), tmp_path / "labels.csv")
    monkeypatch.chdir(tmp_path)


def write_images(path):
    """A peak at each component; rings of half its height in the last image alone."""
    images = np.zeros((40, 15, 15), np.float32)
    images[:, 7, 7] = 2.0
    images[:, 7, 13] = 1.0
    images[-1, 7, 13] = 0.1
    write_pink_images(path, [images], shape=(15, 15))


def test_neurons_alone_tell_sidelobes(here, tmp_path, capsys):
    assert invoke([*COMMAND, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["likely"] == 20
    table = read_catalog(tmp_path / "out" / "sidelobes.parquet")
    assert (table["p_sidelobe"][:20] > 0.8).all()
    assert np.isnan(table["peak_to_ring"]).all()


def test_images_add_the_ratio_and_its_limit(here, tmp_path, capsys):
    write_images(tmp_path / "images.bin")
    assert invoke([*COMMAND, "--images", "images.bin", "--pixel-scale", "1.6"]) == 0
    assert "40 components, 39 determined, 20 of them likely" in capsys.readouterr().out
    table = read_catalog(tmp_path / "out" / "sidelobes.parquet")
    assert table["peak_to_ring"][[0, -1]] == pytest.approx([2, 20])
    assert table["p_sidelobe"][-1] == -1


def test_images_want_a_pixel_scale(here, capsys):
    assert invoke([*COMMAND, "--images", "images.bin"]) == 2
    assert "give --pixel-scale ARCSEC" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"id": np.array([99]), "sidelobe": np.array([1])}, "no id is one of the mapping"),
        ({"id": np.array([1]), "sidelobe": np.array([2])}, "sidelobe is 1 for a sidelobe and 0 for anything else"),
        ({"id": np.array([1])}, "labels: no column 'sidelobe'"),
    ],
)
def test_labels_that_say_nothing_are_refused(here, tmp_path, capsys, labels, message):
    write_catalog(make(labels), tmp_path / "labels.csv")
    assert invoke(COMMAND) == 2
    assert message in capsys.readouterr().err
