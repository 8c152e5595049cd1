"""Judges on disk."""

from dataclasses import replace

import numpy as np
import pytest
from tests.morphology.clouds import CLASSES, make_clouds

from skysieve.io.weights import read_weights, write_weights
from skysieve.morphology.classifier import apply_classifier, fit_classifier
from skysieve.morphology.classifier_file import Judge, read_judge, write_judge
from skysieve.morphology.cores import METHODS
from skysieve.morphology.outliers import find_outliers, fit_outliers
from skysieve.som.lattice import Lattice

DISTANCE, LABELS = make_clouds(90, seed=0)


def make_judge(*methods):
    bmus = DISTANCE.argmin(axis=1)
    one = fit_classifier(DISTANCE, LABELS, CLASSES, methods=methods).classifier if methods else None
    return Judge(CLASSES, np.full((9, 3), 1 / 3), one, fit_outliers(bmus, DISTANCE.min(axis=1), Lattice((3, 3))), "ab")


def write(path, judge):
    return write_judge(path, judge, example=DISTANCE[:4], about="clouds", metrics={})


@pytest.mark.parametrize("method", METHODS)
def test_a_classifier_comes_back_with_the_same_probabilities(tmp_path, method):
    judge = make_judge(method)
    write(tmp_path / "judge.safetensors", judge)
    back = read_judge(tmp_path / "judge.safetensors")
    assert (apply_classifier(back.classifier, DISTANCE) == apply_classifier(judge.classifier, DISTANCE)).all()
    assert (back.classifier.method, back.classes, back.som_sha256) == (method, CLASSES, "ab")


def test_a_judge_of_votes_comes_back(tmp_path):
    judge = make_judge()
    write(tmp_path / "judge.safetensors", judge)
    back = read_judge(tmp_path / "judge.safetensors")
    assert back.classifier is None
    assert (back.shares == judge.shares).all()
    ours, theirs = (find_outliers(one.outliers, np.array([0]), np.array([9.0])) for one in (judge, back))
    assert ours.p_value == theirs.p_value


def test_a_classifier_that_gives_something_else_is_refused(tmp_path):
    path = tmp_path / "judge.safetensors"
    write(path, make_judge("neighbors"))
    tensors, card = read_weights(path)
    write_weights(path, tensors | {"check.output": tensors["check.output"][:, ::-1].copy()}, card)
    with pytest.raises(ValueError, match="its example gives probabilities that are off"):
        read_judge(path)


def test_weights_of_something_else_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    card = write(path, make_judge())
    write_weights(path, {"weight": np.zeros(3)}, replace(card, architecture="net"))
    with pytest.raises(ValueError, match="not a classifier of distances"):
        read_judge(path)
