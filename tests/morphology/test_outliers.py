"""Images that the map has no neuron for."""

import numpy as np
import pytest

from skysieve.morphology.outliers import find_outliers, fit_outliers
from skysieve.som.lattice import Lattice

ROW = Lattice((3,))


def draw(count, seed):
    rng = np.random.default_rng(seed)
    bmus = rng.integers(0, 3, count)
    return bmus, np.exp(np.array([0.0, 1.0, 2.0])[bmus] + rng.normal(0, 0.2, count))


def test_of_images_like_the_reference_as_many_are_outside_as_the_level_says():
    reference = fit_outliers(*draw(4000, 0), ROW)
    found = find_outliers(reference, *draw(20000, 1), level=0.05)
    assert found.outside.mean() == pytest.approx(0.05, abs=0.01)
    assert (found.p_value < 0.5).mean() == pytest.approx(0.5, abs=0.03)


def test_what_is_usual_depends_on_the_neuron():
    reference = fit_outliers(*draw(4000, 0), ROW)
    found = find_outliers(reference, np.array([0, 2]), np.array([7.0, 7.0]))
    assert found.outside.tolist() == [True, False]


def test_images_beyond_all_others_keep_their_order():
    reference = fit_outliers(*draw(100, 0), ROW)
    score = find_outliers(reference, np.zeros(3, int), np.array([5.0, 50.0, 500.0])).score
    assert score[0] < score[1] < score[2]


def test_unknown_images_are_outside_without_a_number():
    found = find_outliers(fit_outliers(*draw(100, 0), ROW), np.array([-1, 0]), np.array([np.nan, np.nan]))
    assert found.outside.all()
    assert np.isnan(found.p_value).all()


def test_a_neuron_without_images_borrows_from_its_neighbors():
    bmus, distance = draw(3000, 0)
    reference = fit_outliers(bmus[bmus != 1], distance[bmus != 1], ROW)
    assert 0.3 < reference.typical[1] < 1.7


def test_a_handful_of_images_is_refused():
    with pytest.raises(ValueError, match="3 images with known distances; at least 5"):
        fit_outliers(*draw(3, 0), ROW)
