"""Figures of a mapping and of a training."""

import numpy as np
import pytest

from skysieve.report.somcurves import draw_distances, draw_history


def test_distances_of_one_neuron_are_drawn_over_all():
    distances = np.array([1.0, 2.0, np.nan, 4.0, 4.5])
    panel = draw_distances(distances, chosen=np.array([1, 2]), name="neuron (0, 0)")
    assert b"all images (4)" in panel.svg
    assert b"neuron (0, 0) (1)" in panel.svg
    assert b"neuron" not in draw_distances(distances, chosen=np.array([2]), name="neuron (0, 0)").svg


@pytest.mark.parametrize("distances", [np.array([np.nan]), np.array([])])
def test_unknown_distances_are_said_not_drawn(distances):
    assert draw_distances(distances).svg is None


def test_equal_distances_are_drawn():
    assert draw_distances(np.full(3, 2.0)).svg is not None


def test_a_training_is_drawn_as_far_as_it_is_known():
    history = [{"stage": 0, "movement": 2.0, "topographic_error": None}, {"stage": 1, "movement": 1.0}]
    panel = draw_history(history)
    assert b"movement" in panel.svg
    assert b"topographic" not in panel.svg
    assert panel.svg.count(b"stroke-dasharray") == 1


@pytest.mark.parametrize("history", [[], [{"movement": None}], [{"unheard": 1.0}]])
def test_a_training_of_which_nothing_is_known_is_not_drawn(history):
    assert "does not say how it was trained" in draw_history(history).caption
    assert draw_history(history).svg is None
