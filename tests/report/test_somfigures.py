"""Figures of a map of images."""

import numpy as np
import pytest
from tests.report.somviews import SIDE, make_blob, make_trained

from skysieve.report.somfigures import draw_map, draw_match, draw_neuron
from skysieve.som.lattice import Lattice


@pytest.mark.parametrize(
    "lattice", [Lattice((5,)), Lattice((3, 2, 2)), Lattice((3, 3), hexagonal=True, periodic=True)], ids=str
)
def test_the_whole_map_is_drawn_a_figure_a_channel(lattice):
    panels = draw_map(make_trained(lattice, channels=2), overlay=["n7"] * lattice.n_neurons, caption="Numbers.")
    assert [panel.title for panel in panels] == ["The map in channel 0", "The map in channel 1"]
    assert panels[0].svg.count(b">n7<") == lattice.n_neurons
    assert ("periodic" in panels[0].caption) == lattice.periodic


def test_a_large_map_stays_small_and_has_no_room_for_text():
    panel = draw_map(make_trained(Lattice((40, 40))), overlay=["n7"] * 1600, caption="Numbers.")[0]
    assert len(panel.svg) < 3_000_000
    assert b">n7<" not in panel.svg
    assert "Numbers" not in panel.caption


def test_a_neuron_is_drawn_with_its_cell_and_an_empty_one_without_contours():
    trained = make_trained(Lattice((4, 3)))
    assert draw_neuron(trained, 7).title == "Neuron (2, 1)"
    full = draw_neuron(trained, 7).svg
    trained.neurons[7] = 0
    assert len(draw_neuron(trained, 7).svg) < len(full)


def test_an_image_stands_beside_its_neuron_in_both_frames():
    trained = make_trained(Lattice((4, 3)), channels=2)
    image = np.stack([make_blob(12, 9), np.full((SIDE, SIDE), np.nan, np.float32)])
    panel = draw_match(trained, image, neuron=3, angle=np.pi / 2, flip=True, title="image 5")
    assert panel.svg.count(b"<image") == 8
    assert "90° clockwise" in panel.caption
    assert "flipped" in panel.caption
