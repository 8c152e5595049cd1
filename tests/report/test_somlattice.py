"""Values drawn where the neurons stand."""

import re

import numpy as np
import pytest

from skysieve.report.somlattice import draw_labels, draw_lattice, draw_planes, make_outlines, place_neurons
from skysieve.som.lattice import Lattice

LATTICES = [
    Lattice((5,)),
    Lattice((4, 3)),
    Lattice((2, 2, 3)),
    Lattice((5, 5), hexagonal=True),
    Lattice((5, 5), hexagonal=True, periodic=True),
    Lattice((20, 20), periodic=True),
]


@pytest.mark.parametrize("lattice", LATTICES, ids=str)
@pytest.mark.parametrize("logarithmic", [False, True])
def test_every_lattice_is_drawn_with_a_cell_for_each_neuron(lattice, logarithmic):
    values = np.arange(lattice.n_neurons)
    panel = draw_lattice("Hits", "cap", values=values, lattice=lattice, label="images", logarithmic=logarithmic)
    assert panel.svg is not None
    cells = re.search(rb'<g id="PolyCollection_1">(.*?)</g>\s*<g id', panel.svg, re.DOTALL)
    assert cells[1].count(b"<path") + cells[1].count(b"<use") >= lattice.n_neurons
    assert (b"stroke-dasharray: 4.8,3.2" in panel.svg) == lattice.periodic


def test_numbers_are_written_on_small_maps_only():
    small = draw_lattice("", "", values=np.full(12, 321), lattice=Lattice((4, 3)), label="")
    large = draw_lattice("", "", values=np.full(400, 321), lattice=Lattice((20, 20)), label="")
    assert small.svg.count(b">321<") == 12
    assert large.svg.count(b">321<") == 0


@pytest.mark.parametrize("values", [np.full(3, np.nan), np.zeros(3)])
def test_nothing_known_is_said_not_drawn(values):
    panel = draw_lattice("Hits", "cap.", values=values, lattice=Lattice((3,)), label="", logarithmic=True)
    assert panel.svg is None
    assert "no value is known" in panel.caption


@pytest.mark.parametrize("lattice", LATTICES[:4], ids=str)
def test_cells_touch_and_do_not_overlap(lattice):
    corners = make_outlines(lattice)
    x, y = np.moveaxis(corners, -1, 0)
    area = 0.5 * np.abs((x * np.roll(y, 1, axis=1) - y * np.roll(x, 1, axis=1)).sum(axis=1))
    np.testing.assert_allclose(area, np.sqrt(0.75) if lattice.hexagonal else 1.0)
    places = place_neurons(lattice)
    apart = np.linalg.norm(places[:, None] - places, axis=-1)[~np.eye(len(places), dtype=bool)]
    assert apart.min() == pytest.approx(1.0)


def test_labels_are_parts_of_the_labeled_images():
    panels = draw_labels({"FRI": np.array([3, 0]), "FRII": np.array([1, 0])}, Lattice((2,)))
    assert [panel.title for panel in panels] == ["Label FRI", "Label FRII"]
    assert "3 of 4" in panels[0].caption
    assert b">0.75<" in panels[0].svg
    assert draw_labels({}, Lattice((2,))) == []


def test_each_channel_has_its_plane():
    neurons = np.ones((2, 2, 4, 4), np.float32)
    assert [one.title for one in draw_planes(neurons, Lattice((2,)), bands=("radio", "IR"))] == [
        "Component plane: radio",
        "Component plane: IR",
    ]
    assert draw_planes(neurons, Lattice((2,)))[1].title == "Component plane: channel 1"
