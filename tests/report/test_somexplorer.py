"""What the page needs to walk over a map."""

import json

import numpy as np
from tests.report.somviews import IMAGES, make_view

from skysieve.report.somexplorer import make_explorer
from skysieve.som.lattice import Lattice


def test_each_neuron_has_its_pictures_numbers_and_nearest_and_farthest_images():
    explorer = make_explorer(make_view(channels=2, labels=np.array(["FRI", ""] * (IMAGES // 2))))
    neuron = explorer["neurons"][1]
    assert neuron["cell"] == [0, 1]
    assert len(neuron["pictures"]) == 2
    assert neuron["numbers"]["images"] == "8 (20.5 %)"
    assert neuron["numbers"]["labels"] == "FRI 4"
    assert [one["name"] for one in neuron["best"]] == ["1", "6", "11", "16", "21", "26"]
    assert [one["name"] for one in neuron["worst"]] == ["36", "31"]
    assert [one["angle"] for one in neuron["best"][:3]] == [0.0, 57.3, 90.0]
    assert explorer["neurons"][11]["best"] == []
    json.dumps(explorer, allow_nan=False)


def test_a_map_alone_has_neurons_and_steps_but_no_images():
    view = make_view(Lattice((5, 5), hexagonal=True), images=False)
    explorer = make_explorer(view)
    assert not any(one["best"] or one["worst"] for one in explorer["neurons"])
    assert len(explorer["places"]) == len(explorer["steps"]) == 19


def test_many_neurons_get_fewer_examples_each(monkeypatch):
    monkeypatch.setattr("skysieve.report.somexplorer.EXAMPLE_BYTES", 30_000)
    explorer = make_explorer(make_view())
    assert max(len(one["best"]) for one in explorer["neurons"]) == 3
