"""From labels to a judge."""

from dataclasses import replace

import numpy as np
import pytest
from tests.morphology.clouds import CLASSES, make_clouds, write_clouds

from skysieve.morphology.judging import apply_judge, learn_annotations, learn_labels
from skysieve.morphology.mapped_rows import read_mapped_rows
from skysieve.som.lattice import Lattice


@pytest.fixture
def mapped(tmp_path):
    return read_mapped_rows(write_clouds(tmp_path)[0])


def test_labeled_images_are_judged_without_their_labels(mapped):
    noise = np.random.default_rng(0).permutation(make_clouds(90, seed=0)[1])
    found = learn_labels(mapped, noise, CLASSES, way="vote").probability
    assert (found.argmax(axis=1) == noise).mean() < 0.5


def test_a_judge_of_votes_gives_unlabeled_images_the_shares_of_their_neuron(mapped):
    judge = learn_annotations(mapped, {4: ["x"], 5: ["y", "x"]}).judge
    found = apply_judge(judge, mapped)
    assert (found[mapped.bmu == 5] == 0.5).all()
    assert np.isnan(found[mapped.bmu == 0]).all()


def test_images_on_another_map_are_refused(mapped):
    judge = learn_annotations(mapped, {0: ["x"]}).judge
    with pytest.raises(ValueError, match="belongs to ab"):
        apply_judge(replace(judge, som_sha256="ab"), replace(mapped, som_sha256="cd"))
    with pytest.raises(ValueError, match="10 neurons; the classifier knows a map of 9"):
        apply_judge(judge, replace(mapped, lattice=Lattice((10,))))
