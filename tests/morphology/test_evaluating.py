"""Scores of classes from a map, on files."""

import json

import numpy as np
import pytest
from tests.morphology.clouds import CLASSES, make_clouds, write_clouds

from skysieve.morphology.evaluating import cross_judge, evaluate_labels
from skysieve.morphology.mapped_rows import read_mapped_rows
from skysieve.morphology.transferring import Source, transfer_labels


def test_scores_and_a_page_are_written(tmp_path):
    mapping, labels = write_clouds(tmp_path)
    found = evaluate_labels(mapping, labels, out=tmp_path, ways=("vote",))
    plain = json.loads((tmp_path / "scores.json").read_text())
    assert plain["scores"]["vote"]["accuracy"]["value"] == found.scores["vote"].accuracy.value > 0.7
    assert np.sum(plain["scores"]["vote"]["confusion"]) == 60
    assert "Confusion, vote" in (tmp_path / "report.html").read_text()


def test_an_existing_classifier_is_judged_on_the_labels(tmp_path):
    mapping, labels = write_clouds(tmp_path)
    transfer_labels(mapping, Source(labels), out=tmp_path / "one", way="vote")
    found = evaluate_labels(mapping, labels, out=tmp_path, classifier=tmp_path / "one" / "classifier.safetensors")
    assert list(found.scores) == ["classifier"]
    assert found.scores["classifier"].accuracy.n == 60


def test_nothing_is_learned_from_the_fold_that_is_judged(tmp_path):
    mapped = read_mapped_rows(write_clouds(tmp_path)[0])
    noise = np.random.default_rng(0).permutation(make_clouds(90, seed=0)[1])
    judged = cross_judge(mapped, noise, CLASSES, way="vote", groups=np.arange(90))
    assert (judged.probability.argmax(axis=1) == noise).mean() < 0.5


def test_labels_of_one_group_are_refused(tmp_path):
    mapped = read_mapped_rows(write_clouds(tmp_path)[0])
    with pytest.raises(ValueError, match="of one group"):
        cross_judge(mapped, make_clouds(90, seed=0)[1], CLASSES, way="vote", groups=np.zeros(90))
