"""Passes are judged on a sample, and written down."""

import math

import numpy as np
from tests.som.bars import draw_bars

from skysieve.som.convergence import (
    PassRecord,
    dump_history,
    judge_sample,
    measure_change,
    measure_movement,
    parse_history,
)
from skysieve.som.lattice import Lattice
from skysieve.som.transforms import make_geometry, orient_image

GEOMETRY = make_geometry(10, rotations=8)


def test_images_that_are_neurons_have_no_error():
    images = draw_bars(4)
    neurons = np.stack([orient_image(image, 3, geometry=GEOMETRY) for image in images])
    found = judge_sample(images, neurons, lattice=Lattice((4,)), geometry=GEOMETRY)
    assert found.bmus.tolist() == [0, 1, 2, 3]
    assert found.quantization_error < 1e-3


def test_nothing_is_judged_as_unknown():
    neurons = np.zeros((1, 1, 15, 15), np.float32)
    found = judge_sample(draw_bars(0), neurons, lattice=Lattice((1,)), geometry=GEOMETRY)
    assert math.isnan(found.quantization_error)
    assert math.isnan(found.topographic_error)


def test_movement_and_change_are_known_answers():
    before, after = np.zeros((2, 1, 1, 2)), np.zeros((2, 1, 1, 2))
    after[0] = 2
    assert measure_movement(before, after) == math.sqrt(2)
    assert measure_change(np.array([1, 2, 3, 4]), np.array([1, 2, 3, 0])) == 0.25
    assert math.isnan(measure_change(np.array([], int), np.array([1])))


def test_a_history_comes_back_from_plain_values():
    history = (PassRecord("train", 0, 1, 4, 0.5, 1.5, 0.25, 0.1), PassRecord("grow", 0, 0, 1, 0.5, 1.5, 0.1, math.nan))
    plain = dump_history(history)
    assert plain[1]["changed"] is None
    assert parse_history(plain)[0] == history[0]
    assert math.isnan(parse_history(plain)[1].changed)
