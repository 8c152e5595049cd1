"""The commands from catalog to images of a map."""

import json

import numpy as np
import pytest
from tests.chain.conftest import make_sky, write_image

from skysieve.cli.main import invoke
from skysieve.io.cutouts import CutoutStore
from skysieve.morphology.imagesets import open_images


@pytest.fixture
def store(tmp_path):
    write_image(tmp_path / "sky.fits", make_sky(stars=3))
    lines = [
        f"{x},{y},{'ab'[number % 3 == 0]}" for number, (x, y) in enumerate([(50, 60), (90, 20), (3, 3), (150, 99)])
    ]
    (tmp_path / "catalog.csv").write_text("x,y,kind\n" + "\n".join(lines) + "\n9999,1,a\n")
    arguments = [
        "cutouts",
        str(tmp_path / "catalog.csv"),
        str(tmp_path / "sky.fits"),
        "--out",
        str(tmp_path / "c.zarr"),
    ]
    assert invoke([*arguments, "--side", "16"]) == 0
    return tmp_path / "c.zarr"


def test_from_catalog_to_images(store, tmp_path, capsys):
    assert len(CutoutStore.open(store)) == 5
    capsys.readouterr()
    assert invoke(["som", "preprocess", str(store), "--out", str(tmp_path / "p.bin"), "--drop", "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert (plain["n_read"], plain["n_written"], plain["flags"]["no_pixels"]) == (5, 4, 1)
    assert open_images(tmp_path / "p.bin").length == 4
    assert (tmp_path / "p.sanity.html").is_file()


def test_classes_are_balanced_on_request(store, tmp_path, capsys):
    options = ["--label", "kind", "--balance", "undersample", "--no-report"]
    assert invoke(["som", "preprocess", str(store), "--out", str(tmp_path / "p.zarr"), *options]) == 0
    kinds = open_images(tmp_path / "p.zarr").read_rows(slice(None))["kind"]
    assert np.unique(kinds, return_counts=True)[1].tolist() == [2, 2]
    assert not list(tmp_path.glob("*unbalanced*"))
    assert not list(tmp_path.glob("*.sanity.*"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--balance", "smote"], "and the column of the classes as --label COLUMN"),
        (["--balance", "more", "--label", "kind"], "write one of undersample, weights, smote"),
        (["--label", "none"], "have no such column"),
        (["--set", "channel.snr=3"], "channel.snr is not a known key"),
    ],
)
def test_wrong_options_are_one_sentence_and_code_2(store, tmp_path, capsys, options, message):
    assert invoke(["som", "preprocess", str(store), "--out", str(tmp_path / "p.zarr"), *options]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "p.zarr").exists()


def test_cutouts_need_a_side(tmp_path, capsys):
    write_image(tmp_path / "sky.fits", make_sky(stars=1))
    (tmp_path / "catalog.csv").write_text("x,y\n5,5\n")
    arguments = [
        "cutouts",
        str(tmp_path / "catalog.csv"),
        str(tmp_path / "sky.fits"),
        "--out",
        str(tmp_path / "c.zarr"),
    ]
    assert invoke(arguments) == 2
    assert "either in pixels or in arcsec" in capsys.readouterr().err
