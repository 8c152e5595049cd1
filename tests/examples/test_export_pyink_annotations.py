"""The export script, in an environment that looks like PYINK's."""

import pickle
import runpy
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from skysieve.io.annotations import read_annotations
from skysieve.io.pink import PinkLayout, PinkSom, write_pink_som
from skysieve.morphology.annotation_desk import open_desk

SCRIPT = Path(__file__).parents[2] / "examples" / "export_pyink_annotations.py"
NEURONS = np.random.default_rng(2).random((6, 2, 9, 9)).astype(np.float32)


class Annotation:
    """As PYINK's: pixels of the neuron, products of primes by channel, labels with their primes."""

    labels = (("lobe", 2), ("core", 3), ("jet", 5))

    def __init__(self, neuron: int, values: dict[int, np.ndarray]) -> None:
        self.neuron, self.filters = NEURONS[neuron], values


@pytest.fixture
def pyink(monkeypatch):
    module, annotator = types.ModuleType("pyink"), types.ModuleType("pyink.annotator")
    module.annotator, annotator.Annotation = annotator, Annotation
    module.SOM = lambda path: types.SimpleNamespace(som_shape=(3, 2, 1))
    monkeypatch.setattr(Annotation, "__module__", "pyink.annotator")
    monkeypatch.setitem(sys.modules, "pyink", module)
    monkeypatch.setitem(sys.modules, "pyink.annotator", annotator)


@pytest.fixture
def files(tmp_path, pyink):
    write_pink_som(tmp_path / "som.bin", PinkSom(NEURONS, PinkLayout((3, 2))))
    values = np.zeros((9, 9), int)
    values[0], values[1], values[2], values[3] = 2, 6, 15, 1
    results = {(2, 1): Annotation(5, {0: values, 1: values * 0}), (0, 1): Annotation(1, {0: values * 0})}
    (tmp_path / "results.pkl").write_bytes(pickle.dumps(results))
    return tmp_path


def export(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["x", *(str(folder / name) for name in ("som.bin", "results.pkl", "out"))])
    runpy.run_path(str(SCRIPT), run_name="__main__")


def test_products_of_primes_become_regions_that_overlap(files, monkeypatch):
    export(files, monkeypatch)
    (one,) = read_annotations(files / "out").neurons
    rows = {region.label: np.flatnonzero(region.mask.all(axis=1)).tolist() for region in one.regions}
    assert (one.neuron, rows) == (5, {"lobe": [0, 1], "core": [1, 2], "jet": [2], "": [3]})


def test_the_annotator_goes_on_with_them_and_leaves_no_old_pictures(files, monkeypatch):
    export(files, monkeypatch)
    desk = open_desk(files / "out", NEURONS, som_sha256=read_annotations(files / "out").som_sha256)
    desk.close()
    assert set(desk.history.present.palette) == {"lobe", "core", "jet"}
    assert len(list((files / "out" / "masks").iterdir())) == 4


def test_annotations_are_not_written_over_and_those_of_another_map_refused(files, monkeypatch):
    export(files, monkeypatch)
    with pytest.raises(SystemExit, match="there are annotations already"):
        export(files, monkeypatch)
    (files / "out" / "annotations.json").unlink()
    write_pink_som(files / "som.bin", PinkSom(NEURONS + 1, PinkLayout((3, 2))))
    with pytest.raises(SystemExit, match="its pixels are not in the SOM"):
        export(files, monkeypatch)
