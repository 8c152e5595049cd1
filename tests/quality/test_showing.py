import csv
import json
from dataclasses import fields

import numpy as np
import pytest
from tests.quality.conftest import CLUSTERS, NEURONS, invent_views, make_source_map

from skysieve.cli.main import invoke
from skysieve.io.arrays import write_arrays
from skysieve.quality.learning import Views
from skysieve.quality.showing import (
    choose_representatives,
    draw_fingerprints,
    draw_run,
    find_lattice,
    read_training,
    read_views,
    summarize_neurons,
    summarize_sources,
)


def write_views(path, views):
    write_arrays(path, {one.name: np.ascontiguousarray(getattr(views, one.name)) for one in fields(Views)})


@pytest.fixture
def run(tmp_path):
    """A run folder with a map, two blocks of views, sources and a log."""
    folder = tmp_path / "run"
    for name in ("views", "sources", "training"):
        (folder / name).mkdir(parents=True)
    source_map = make_source_map()
    write_arrays(folder / "map.safetensors", {one.name: getattr(source_map, one.name) for one in fields(source_map)})
    for number in range(2):
        write_views(folder / "views" / f"{number:06d}.safetensors", invent_views(20, seed=number))
    write_arrays(folder / "sources" / "000000.safetensors", {"features": np.eye(5, dtype=np.float32)})
    with (folder / "training" / "log.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["epoch", "train_loss", "validation_loss"], [1, 2.0, 1.5], [2, 1.0, ""]])
    return folder


def test_sources_are_counted_on_their_neurons_and_averaged_by_cluster():
    features = np.array([[1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1.2, 0, 0], [0, 0, 0, 1, np.nan]])
    hits, table = summarize_sources(make_source_map(), features)
    assert hits.tolist() == [1, 0, 2, 1]
    assert table.sources.tolist() == [1, 0, 3]
    np.testing.assert_allclose(table.mean[2], [0, 0, 2.2 / 3, 1 / 3, 0])
    np.testing.assert_allclose(table.scatter[2, 3], np.std([0, 0, 1]))
    assert np.isnan(table.mean[1]).all()


def test_neurons_stand_for_sources_that_are_not_at_hand():
    table = summarize_neurons(make_source_map(), np.array([5, 0, 1, 3]))
    np.testing.assert_allclose(table.mean[2, 2:4], [0.25, 0.75])
    assert np.isnan(table.mean[1]).all()
    assert table.sources.tolist() == [5, 0, 4]


def test_a_log_becomes_columns_with_nan_for_what_an_epoch_lacks(run):
    found = read_training(run)
    assert found.name == "run"
    assert found.columns["train_loss"].tolist() == [2.0, 1.0]
    assert np.isnan(found.columns["validation_loss"][1])


def test_views_of_all_blocks_are_joined(run):
    assert len(read_views(run)) == 40


def test_one_detector_stands_for_each_class():
    found = choose_representatives(invent_views(200), make_source_map())
    assert [one.name for one in found][:2] == ["good", "really bad tracking"]
    assert len(found) == 5
    assert all(len(one.counts) == CLUSTERS for one in found)


def test_detectors_of_one_exposure_make_one_fingerprint():
    views = invent_views(40)
    single = draw_fingerprints(views)
    mosaic = draw_fingerprints(Views(**{one.name: getattr(views, one.name) for one in fields(Views)} | {
        "label": np.zeros(40, int), "exposure": np.arange(40) // 4, "detector": np.arange(40) % 4}))  # fmt: skip
    assert single[0].title.startswith("Fingerprints of")
    assert [one.title for one in mosaic] == ["Fingerprint of an exposure: good"]
    assert mosaic[0].caption.startswith("4 detectors (rows), 3 clusters")


def test_maps_of_sources_are_square():
    assert find_lattice(225).shape == (15, 15)
    assert find_lattice(NEURONS + 1).shape == (5,)


def test_a_run_is_drawn_with_its_sources_or_without(run, tmp_path, capsys):
    out = tmp_path / "page.html"
    assert invoke(["quality", "inspect", str(run), "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["figures"] == 10
    assert "Mean and standard deviation over sources (5 sources)" in out.read_text(encoding="utf-8")
    (run / "sources" / "000000.safetensors").unlink()
    assert "neurons, weighted by their sources" in draw_run(run)[2].caption


def test_a_folder_of_something_else_is_refused(tmp_path, capsys):
    assert invoke(["quality", "inspect", str(tmp_path)]) == 2
    assert "give a folder of skysieve quality train" in capsys.readouterr().err
