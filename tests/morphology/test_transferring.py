"""Label transfer on files."""

import numpy as np
import pytest
from tests.morphology.clouds import CLASSES, make_clouds, write_clouds

from skysieve.io.annotations import write_annotations
from skysieve.io.catalogs import read_catalog
from skysieve.io.pink import PinkLayout, PinkSom, write_pink_som
from skysieve.morphology.transferring import Source, transfer_labels
from skysieve.records.annotations import Annotations, NeuronAnnotation

TRUTH = make_clouds(90, seed=0)[1]


def test_every_image_gets_probabilities_and_most_the_right_label(tmp_path):
    mapping, labels = write_clouds(tmp_path)
    facts = transfer_labels(mapping, Source(labels), out=tmp_path / "out", way="neighbors")
    catalog = read_catalog(tmp_path / "out" / "catalog.parquet")
    assert sum(catalog[f"p_{name}"] for name in CLASSES) == pytest.approx(1, abs=1e-5)
    assert (catalog["label"][60:] == np.array(CLASSES)[TRUTH[60:]]).mean() > 0.75
    assert (facts["labeled"], facts["way"], catalog["label_given"][60]) == (60, "neighbors", "")


def test_the_table_of_neurons_counts_the_labels(tmp_path):
    mapping, labels = write_clouds(tmp_path)
    transfer_labels(mapping, Source(labels), out=tmp_path / "out", way="vote")
    neurons = read_catalog(tmp_path / "out" / "neurons.parquet")
    assert sum(neurons[f"n_{name}"].sum() for name in CLASSES) == 60
    assert sum(neurons[f"p_{name}"] for name in CLASSES) == pytest.approx(1, abs=1e-5)
    assert neurons["images"].sum() == 90


def test_a_classifier_judges_another_mapping_of_the_same_map(tmp_path):
    mapping, labels = write_clouds(tmp_path)
    transfer_labels(mapping, Source(labels), out=tmp_path / "one", way="logistic")
    again = Source(classifier=tmp_path / "one" / "classifier.safetensors")
    transfer_labels(mapping, again, out=tmp_path / "two")
    one, two = (read_catalog(tmp_path / name / "catalog.parquet") for name in ("one", "two"))
    assert (one["p_bent"][60:] == two["p_bent"][60:]).all()
    assert (one["p_bent"][:60] != two["p_bent"][:60]).any()


def test_labels_of_neurons_reach_the_images(tmp_path):
    mapping, _ = write_clouds(tmp_path)
    named = tuple(NeuronAnnotation(neuron, (CLASSES[neuron // 3],)) for neuron in range(6))
    write_annotations(tmp_path / "notes", Annotations(named, "", 9, 20, 1))
    facts = transfer_labels(mapping, Source(annotations=tmp_path / "notes"), out=tmp_path / "out")
    catalog, bmu = read_catalog(tmp_path / "out" / "catalog.parquet"), make_clouds(90, seed=0)[0].argmin(axis=1)
    assert (catalog["label"][bmu < 3] == "bent").all()
    assert (catalog["label"][bmu >= 6] == "").all()
    assert facts["found"][""] == (bmu >= 6).sum()


def test_several_sources_of_labels_are_refused(tmp_path):
    with pytest.raises(ValueError, match="2 sources of labels"):
        Source(labels=tmp_path, annotations=tmp_path)


def test_annotations_of_another_map_are_refused(tmp_path):
    mapping, _ = write_clouds(tmp_path)
    write_annotations(tmp_path / "notes", Annotations((NeuronAnnotation(0, ("a",)),), "", 4, 20, 1))
    with pytest.raises(ValueError, match="annotations of 4 neurons; the mapping has 9"):
        transfer_labels(mapping, Source(annotations=tmp_path / "notes"), out=tmp_path / "out")


def test_annotations_of_other_neurons_than_those_of_the_map_are_refused(tmp_path):
    mapping, _ = write_clouds(tmp_path)
    som = tmp_path / "som.bin"
    write_pink_som(som, PinkSom(np.zeros((9, 5, 5), np.float32), PinkLayout((3, 3))))
    write_annotations(tmp_path / "notes", Annotations((NeuronAnnotation(0, ("a",)),), "ab", 9, 5, 1))
    with pytest.raises(ValueError, match=r"annotations of another map than som\.bin"):
        transfer_labels(mapping, Source(annotations=tmp_path / "notes"), out=tmp_path / "out", som=som)
